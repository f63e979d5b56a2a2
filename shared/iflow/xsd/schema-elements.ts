import type { XmlElement } from '../xml/nodes.ts';
import { SchemaFault, XSD_NAMESPACE } from './schema-fault.ts';
import type { SchemaFile } from './schema-files.ts';

/** An element that a schema declares. */
export interface SchemaElement {
  readonly name: string;
  /** '' for none. */
  readonly namespace: string;
  /** Text of its `xs:documentation`; '' without any. */
  readonly documentation: string;
  /** Where its type is found. */
  readonly declaration: Placed;
}

export interface SchemaStep {
  readonly localName: string;
  /** Undefined for any. */
  readonly namespace: string | undefined;
}

/** A part of a schema and the file that it stands in, which names resolve in. */
interface Placed {
  readonly node: XmlElement;
  readonly file: SchemaFile;
}

/** Of one schema: groups that use groups could otherwise grow without end. */
const MAX_PARTICLES = 20_000;
const MAX_DEPTH = 50;

type Kind = 'element' | 'complexType' | 'group';

/** Finds elements of a schema and what they contain, in the order of the schema. */
export class SchemaElements {
  readonly #globals = new Map<string, Placed>();
  readonly #roots: SchemaElement[] = [];
  #particles = 0;

  constructor(files: readonly SchemaFile[]) {
    for (const file of files) {
      for (const node of file.root.elements(undefined, XSD_NAMESPACE)) {
        const definitions = node.localName === 'redefine' ? node.elements() : [node];
        for (const definition of definitions) {
          const name = definition.attribute('name');
          const key = `${definition.localName} ${file.targetNamespace} ${name}`;
          if (name === '' || this.#globals.has(key)) continue;
          const placed = { node: definition, file };
          this.#globals.set(key, placed);
          if (definition.localName === 'element') {
            this.#roots.push(elementOf(placed, file.targetNamespace));
          }
        }
      }
    }
  }

  /**
   * The elements of a path from the root on, as far as the schema has them.
   * @throws {SchemaFault}
   */
  find(path: readonly SchemaStep[]): SchemaElement[] {
    const found: SchemaElement[] = [];
    for (const { localName, namespace } of path) {
      const last = found.at(-1);
      const candidates = last === undefined ? this.#roots : this.children(last);
      const element = candidates.find(
        ({ name, namespace: own }) => name === localName && (namespace ?? own) === own,
      );
      if (element === undefined) break;
      found.push(element);
    }
    return found;
  }

  /** The elements that may stand in an element. @throws {SchemaFault} */
  children({ declaration }: SchemaElement): SchemaElement[] {
    const found: SchemaElement[] = [];
    const { node, file } = declaration;
    const type = node.attribute('type');
    const inner = node.elements('complexType', XSD_NAMESPACE)[0];
    if (inner !== undefined) this.#addContent({ node: inner, file }, found, 0);
    else if (type !== '') this.#addReferred('complexType', type, declaration, found, 0);
    return found;
  }

  #addReferred(kind: Kind, name: string, from: Placed, into: SchemaElement[], depth: number): void {
    const placed = this.#globals.get(`${kind} ${resolve(name, from)}`);
    // What is absent may be a simple type, or stand in a file that the bundle does not have.
    if (placed !== undefined) this.#addContent(placed, into, depth + 1);
  }

  /** Adds the elements of a type, group or one of their parts. */
  #addContent({ node, file }: Placed, into: SchemaElement[], depth: number): void {
    if (depth > MAX_DEPTH || ++this.#particles > MAX_PARTICLES) {
      throw new SchemaFault('names a schema that has too many parts, or uses itself');
    }
    for (const child of node.elements(undefined, XSD_NAMESPACE)) {
      const placed = { node: child, file };
      switch (child.localName) {
        case 'element':
          into.push(this.#elementAt(placed));
          break;
        case 'group':
          this.#addReferred('group', child.attribute('ref'), placed, into, depth);
          break;
        case 'extension':
          this.#addReferred('complexType', child.attribute('base'), placed, into, depth);
          this.#addContent(placed, into, depth + 1);
          break;
        case 'sequence':
        case 'choice':
        case 'all':
        case 'complexContent':
        case 'restriction':
          this.#addContent(placed, into, depth + 1);
      }
    }
  }

  #elementAt(placed: Placed): SchemaElement {
    if (++this.#particles > MAX_PARTICLES) {
      throw new SchemaFault('names a schema that has too many parts');
    }
    const { node, file } = placed;
    const ref = node.attribute('ref');
    if (ref !== '') {
      const name = resolve(ref, placed);
      const global = this.#globals.get(`element ${name}`);
      if (global === undefined) {
        throw new SchemaFault(
          `names a schema that refers to the element ${JSON.stringify(ref.slice(0, 100))}, which none of its files in the bundle declares`,
        );
      }
      return elementOf(global, global.file.targetNamespace);
    }
    const form = node.attribute('form') || file.root.attribute('elementFormDefault');
    return elementOf(placed, form === 'qualified' ? file.targetNamespace : '');
  }
}

function elementOf(declaration: Placed, namespace: string): SchemaElement {
  const [annotation] = declaration.node.elements('annotation', XSD_NAMESPACE);
  const [documentation] = annotation?.elements('documentation', XSD_NAMESPACE) ?? [];
  return {
    name: declaration.node.attribute('name'),
    namespace,
    documentation: (documentation?.textContent ?? '').trim().replace(/\s+/g, ' '),
    declaration,
  };
}

/** A name with the namespace that its prefix has at that place, as `<namespace> <local name>`. */
function resolve(name: string, { node, file }: Placed): string {
  const colon = name.indexOf(':');
  const declares = colon < 0 ? 'xmlns' : `xmlns:${name.slice(0, colon)}`;
  let uri: string | undefined;
  for (let at: XmlElement['parentNode'] = node; at?.nodeType === 1; at = at.parentNode) {
    uri = at.attributes.find(({ nodeName }) => nodeName === declares)?.value;
    if (uri !== undefined) break;
  }
  // A schema without namespace that another one includes refers to what then is in its namespace.
  if ((uri ?? '') === '' && file.root.attribute('targetNamespace') === '')
    uri = file.targetNamespace;
  return `${uri ?? ''} ${name.slice(colon + 1)}`;
}
