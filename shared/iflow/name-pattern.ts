/**
 * A pattern over whole header names, case ignored: the part of regular expressions that is matched
 * in time linear in the name's length, whatever its author and the caller who chooses the names have
 * in mind. It has literal characters, `.`, `[…]`, the escapes `\d \w \s \D \W \S`, escaped signs,
 * and `* + ? {n} {n,} {n,m}` after each of them. Groups may not be repeated, since nested repetition is
 * what makes a regular expression explode, nor have alternatives: `|` separates the entries of Allowed
 * Headers.
 */
export interface NamePattern {
  matches(name: string): boolean;
}

/** One character, and whether it may be left out or come again. */
interface Place {
  readonly takes: RegExp;
  readonly optional: boolean;
  readonly repeated: boolean;
}

export const MAX_PATTERN_CHARACTERS = 100;
/** Places of one pattern, with `{n}` written out. */
const MAX_PLACES = 200;

const PLACE =
  /(\\[dwsDWS]|\\[^A-Za-z0-9\s]|\[\^?(?:\\[dwsDWS]|\\[^A-Za-z0-9\s]|[^\\[\]])+\]|[^\\[\](){}*+?|^$])(?:([*+?])|\{(\d{1,3})(,?)(\d{0,3})\})?\??/y;

/** A group that is not repeated is what it holds. */
function withoutGroups(text: string): string {
  return text.replace(/(?<!\\)\((?:\?:)?([^()|\\]*)\)(?![*+?{])/g, '$1');
}

/** @returns undefined for what is no pattern, or one of more than this. */
export function parseNamePattern(text: string): NamePattern | undefined {
  if (text.length > MAX_PATTERN_CHARACTERS) return undefined;
  const inner = withoutGroups(text)
    .replace(/^\^/, '')
    .replace(/(?<!\\)\$$/, '');
  const places: Place[] = [];
  PLACE.lastIndex = 0;
  while (PLACE.lastIndex < inner.length) {
    const found = PLACE.exec(inner);
    if (found === null) return undefined;
    const takes = readCharacters(found[1] ?? '');
    const [least, most] = readRepetition(found);
    if (takes === undefined || most < least) return undefined;
    const written = most === Infinity ? Math.max(least, 1) : most;
    if (places.length + written > MAX_PLACES) return undefined;
    for (let i = 0; i < written; i++) {
      const repeated = most === Infinity && i === written - 1;
      places.push({ takes, optional: i >= least, repeated });
    }
  }
  return { matches: (name) => matchPlaces(places, name) };
}

function readCharacters(text: string): RegExp | undefined {
  try {
    return new RegExp(`^${text}$`, 'i');
  } catch (error) {
    // A range such as [z-a].
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function readRepetition(found: RegExpExecArray): [least: number, most: number] {
  const [, , sign, least, comma, most] = found;
  if (sign !== undefined) return [sign === '+' ? 1 : 0, sign === '?' ? 1 : Infinity];
  if (least === undefined) return [1, 1];
  if (comma === '') return most === '' ? [Number(least), Number(least)] : [1, 0];
  return [Number(least), most === '' || most === undefined ? Infinity : Number(most)];
}

/** All ways at once: `reached` holds every place that the characters so far may lead to. */
function matchPlaces(places: readonly Place[], name: string): boolean {
  let reached = new Set<number>([0]);
  skipOptional(places, reached);
  for (const character of name) {
    const next = new Set<number>();
    for (const at of reached) {
      const place = places[at];
      if (place?.takes.test(character) !== true) continue;
      if (place.repeated) next.add(at);
      next.add(at + 1);
    }
    if (next.size === 0) return false;
    skipOptional(places, next);
    reached = next;
  }
  return reached.has(places.length);
}

/** A set is walked in the order of insertion, what is added meanwhile included. */
function skipOptional(places: readonly Place[], reached: Set<number>): void {
  for (const at of reached) if (places[at]?.optional === true) reached.add(at + 1);
}
