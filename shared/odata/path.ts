import { ODataError } from './errors.ts';

/** One part of a resource path: `IntegrationPackages('P')` or `$value`. */
export interface PathSegment {
  readonly name: string;
  /** Key predicate, if there is one: a lone literal has the name ''. */
  readonly keys: ReadonlyMap<string, KeyLiteral> | undefined;
}

interface KeyLiteral {
  readonly type: 'text' | 'number';
  readonly value: string;
}

const LONGEST_PATH = 4096;
const MOST_SEGMENTS = 8;

/**
 * Reads the path behind `/api/v1` (OData V2, URI Conventions sections 2 and 3). Quotes in a key
 * are doubled; a slash within quotes belongs to the key, percent-encoded or not.
 */
export function parsePath(rawPath: string): PathSegment[] {
  if (rawPath.length > LONGEST_PATH) {
    throw ODataError.badRequest(`The address may have ${LONGEST_PATH} characters.`);
  }
  const segments = splitPath(rawPath);
  if (segments.length > MOST_SEGMENTS) throw ODataError.notFound('There is no such resource.');
  return segments.map((raw) => parseSegment(decode(raw)));
}

/** The path without its keys, by which routes are looked up: `IntegrationPackages()/$value`. */
export function shapeOf(segments: readonly PathSegment[]): string {
  return segments.map(({ name, keys }) => (keys === undefined ? name : `${name}()`)).join('/');
}

/**
 * The values of a key predicate of texts, in the order of `names`. A lone literal will do for a key of
 * one property.
 */
export function keyValues(segment: PathSegment | undefined, names: readonly string[]): string[] {
  const literals = keyLiterals(segment, names);
  if (literals?.every(({ type }) => type === 'text') === true) {
    return literals.map(({ value }) => value);
  }
  const expected = names.map((name) => `${name}='…'`).join(',');
  throw ODataError.badRequest(`The key of ${segment?.name ?? 'the resource'} is (${expected}).`);
}

/** The value of a key of one `Edm.Int64`: `(1L)`; some tools leave out the L, or write it as a text. */
export function keyNumber(segment: PathSegment | undefined, name: string): number {
  const value = keyLiterals(segment, [name])?.[0]?.value ?? '';
  if (/^\d{1,15}L?$/i.test(value)) return Number.parseInt(value, 10);
  throw ODataError.badRequest(`The key of ${segment?.name ?? 'the resource'} is (${name}=1L).`);
}

function keyLiterals(
  segment: PathSegment | undefined,
  names: readonly string[],
): readonly KeyLiteral[] | undefined {
  const keys = segment?.keys;
  if (keys?.size !== names.length) return undefined;
  const lone = keys.get('');
  if (lone !== undefined && names.length === 1) return [lone];
  const literals = names.map((name) => keys.get(name)).filter((one) => one !== undefined);
  return literals.length === names.length ? literals : undefined;
}

/** A string literal of a query or a key: in single quotes, with quotes in it doubled. */
export function parseStringLiteral(text: string): string | undefined {
  if (!/^'(?:[^']|'')*'$/.test(text)) return undefined;
  return text.slice(1, -1).replaceAll("''", "'");
}

function splitPath(rawPath: string): string[] {
  const segments: string[] = [];
  let current = '';
  let quoted = false;
  for (const part of rawPath.split(/('|%27|\/)/)) {
    if (part === '/' && !quoted) {
      if (current !== '') segments.push(current);
      current = '';
      continue;
    }
    if (part === "'" || part === '%27') quoted = !quoted;
    current += part;
  }
  if (current !== '') segments.push(current);
  return segments;
}

function decode(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw ODataError.badRequest('The address is not percent-encoded UTF-8.');
  }
}

function parseSegment(segment: string): PathSegment {
  const found = /^([$A-Za-z_][A-Za-z0-9_.]*)(?:\(([\s\S]*)\))?$/.exec(segment);
  if (found?.[1] === undefined) throw ODataError.notFound('There is no such resource.');
  const predicate = found[2]?.trim();
  const name = found[1];
  return { name, keys: predicate ? parsePredicate(name, predicate) : undefined };
}

function parsePredicate(name: string, predicate: string): Map<string, KeyLiteral> {
  const keys = new Map<string, KeyLiteral>();
  const part = /\s*(?:([A-Za-z_]\w*)\s*=\s*)?(?:'((?:[^']|'')*)'|(\d{1,15}L?))\s*(,|$)/iy;
  for (let more = true; more;) {
    const found = part.exec(predicate);
    const key = found?.[1] ?? '';
    if (found === null || keys.has(key)) {
      throw ODataError.badRequest(
        `The key of ${name} cannot be read. Write ${name}('value') or ${name}(Name='value',Other='value'); double every quote in a value.`,
      );
    }
    const [, , text, number = ''] = found;
    keys.set(
      key,
      text === undefined
        ? { type: 'number', value: number }
        : { type: 'text', value: text.replaceAll("''", "'") },
    );
    more = found[4] === ',';
  }
  return keys;
}
