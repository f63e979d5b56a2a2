import { escapeAttribute } from './write-xml.ts';
import { type ParsedAttribute, XmlError, XMLNS_NAMESPACE } from './xml-handler.ts';

/** Namespaces that hold in an element, by prefix; '' for the default one. */
export type Scope = ReadonlyMap<string, string>;

export type Declaration = readonly [prefix: string, uri: string];

/** An element as it stands in a text; `to` is behind its end tag. */
export interface PlacedElement {
  readonly from: number;
  readonly to: number;
  /** Behind the name in its start tag. */
  readonly behindName: number;
  /** Namespaces that hold around it, and those that it declares itself. */
  readonly outer: Scope;
  readonly own: readonly Declaration[];
}

export const NO_NAMESPACES: Scope = new Map();

const NONE: readonly Declaration[] = [];

/** An element that is put elsewhere may have to declare them all. */
const MAX_NAMESPACES = 100;

/** The namespaces that an element declares. */
export function declarationsOf(attributes: readonly ParsedAttribute[]): readonly Declaration[] {
  const declaring = attributes.filter(({ namespaceURI }) => namespaceURI === XMLNS_NAMESPACE);
  return declaring.length === 0
    ? NONE
    : declaring.map(({ prefix, localName, value }) => [prefix === null ? '' : localName, value]);
}

/** What holds in an element; the very scope around it where it declares nothing. @throws {XmlError} */
export function scopeIn(outer: Scope, own: readonly Declaration[]): Scope {
  if (own.length === 0) return outer;
  const scope = new Map(outer);
  for (const [prefix, uri] of own) {
    if (uri === '') scope.delete(prefix);
    else scope.set(prefix, uri);
  }
  if (scope.size > MAX_NAMESPACES) {
    throw new XmlError(`an element has more than ${MAX_NAMESPACES} namespace prefixes`);
  }
  return scope;
}

/** The text of an element, with the namespace declarations that its new place does not give it. */
export function textElsewhere(source: string, element: PlacedElement, around: Scope): string {
  const { from, to, behindName, outer } = element;
  if (outer === around) return source.slice(from, to);
  const declared = missingIn(around, element);
  return source.slice(from, behindName) + declared + source.slice(behindName, to);
}

function missingIn(around: Scope, { outer, own }: PlacedElement): string {
  let declared = '';
  for (const prefix of new Set([...outer.keys(), ...around.keys()])) {
    const uri = outer.get(prefix) ?? '';
    if (uri === (around.get(prefix) ?? '') || (uri === '' && prefix !== '')) continue;
    if (own.some(([ownPrefix]) => ownPrefix === prefix)) continue;
    declared += ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(uri)}"`;
  }
  return declared;
}
