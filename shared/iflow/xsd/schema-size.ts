import type { XmlElement } from '../xml/nodes.ts';
import { XSD_NAMESPACE } from './schema-fault.ts';

/** A definition that stands, with all that it refers to, wherever another refers to it. */
interface Definition {
  own: number;
  readonly refers: string[];
}

/** What refers to a definition whose parts come to stand in its place, and by which attribute. */
const REFERENCES: Readonly<Record<string, readonly [attribute: string, kind: string]>> = {
  group: ['ref', 'group'],
  attributeGroup: ['ref', 'attributeGroup'],
  element: ['ref', 'element'],
  extension: ['base', 'complexType'],
};
/** Definitions that refer to each other in a row: longer than any that a person has written. */
const MAX_DEPTH = 500;
const DEFINITIONS = new Set(['group', 'attributeGroup', 'complexType']);

/**
 * How many parts a schema has when each of its types is written out: groups that use groups, and heads
 * of substitution groups that are used often, make far more of them than the files have elements.
 * Infinity for definitions that refer to each other in too long a row.
 * @param roots of the schema and the files that it includes or imports
 */
export function writtenOutSize(roots: readonly XmlElement[]): number {
  const definitions = new Map<string, Definition>();
  const all = definitionOf('', definitions);
  for (const root of roots) {
    for (const child of root.elements()) collect(child, root, all, definitions);
  }
  // A definition that nobody refers to is compiled as well.
  for (const key of definitions.keys()) if (key !== '') all.refers.push(key);
  return sizeOf('', definitions, new Map(), 0);
}

function collect(
  element: XmlElement,
  root: XmlElement,
  around: Definition,
  definitions: Map<string, Definition>,
): void {
  if (element.namespaceURI !== XSD_NAMESPACE) return;
  const kind = element.localName;
  const name = element.attribute('name');
  const target = root.attribute('targetNamespace');
  const isDefinition = name !== '' && DEFINITIONS.has(kind);
  const into = isDefinition ? definitionOf(`${kind} ${target} ${name}`, definitions) : around;
  into.own += 1;
  const [attribute, referred] = REFERENCES[kind] ?? ['', ''];
  const reference = attribute === '' ? '' : element.attribute(attribute);
  if (reference !== '') into.refers.push(`${referred} ${resolve(reference, element)}`);
  const head = kind === 'element' ? element.attribute('substitutionGroup') : '';
  if (head !== '') {
    const members = definitionOf(`element ${resolve(head, element)}`, definitions);
    members.own += 1;
    members.refers.push(`element ${target} ${name}`);
  }
  for (const child of element.elements()) collect(child, root, into, definitions);
}

function definitionOf(key: string, definitions: Map<string, Definition>): Definition {
  const known = definitions.get(key);
  if (known !== undefined) return known;
  const made: Definition = { own: 0, refers: [] };
  definitions.set(key, made);
  return made;
}

/** Those that refer to themselves are refused by libxml2, and count once. */
function sizeOf(
  key: string,
  definitions: ReadonlyMap<string, Definition>,
  sizes: Map<string, number>,
  depth: number,
): number {
  if (depth > MAX_DEPTH) return Infinity;
  const known = sizes.get(key);
  if (known !== undefined) return known;
  sizes.set(key, 1);
  // What a file without a namespace defines is in the one of the file that includes it.
  const definition =
    definitions.get(key) ?? definitions.get(key.replace(/^(\S*) \S* /, (_, kind) => `${kind}  `));
  let size = definition?.own ?? 1;
  for (const other of definition?.refers ?? []) {
    size += sizeOf(other, definitions, sizes, depth + 1);
  }
  sizes.set(key, size);
  return size;
}

/** A name with the namespace that its prefix has at that place, as `<namespace> <local name>`. */
function resolve(name: string, at: XmlElement): string {
  const colon = name.indexOf(':');
  const declares = colon < 0 ? 'xmlns' : `xmlns:${name.slice(0, colon)}`;
  let uri: string | undefined;
  for (let above: XmlElement['parentNode'] = at; above?.nodeType === 1; above = above.parentNode) {
    uri = above.attributes.find(({ nodeName }) => nodeName === declares)?.value;
    if (uri !== undefined) break;
  }
  return `${uri ?? ''} ${name.slice(colon + 1)}`;
}
