import type { TextSearch } from './find.ts';

/** Of the realm whose functions are to be bounded. */
export interface Builtins {
  readonly Array: { readonly prototype: { join: Join } };
  readonly Intl: { Collator: new (locale?: string, options?: Intl.CollatorOptions) => Collator };
  readonly String: {
    readonly prototype: {
      includes: Search<boolean>;
      indexOf: Search<number>;
      normalize: (this: string, form?: string) => string;
      replace: (this: string, part: string | RegExp, by: string) => string;
    };
  };
  RegExp: RegExpConstructor;
}

type Join = (this: readonly unknown[], separator?: string) => string;
type Search<T> = (this: string, part: string, from?: number) => T;

interface Collator {
  compare(one: string, other: string): number;
}

export interface Bounds {
  /** Characters of a text that is joined of others, as `concat()`, `string-join()` and `replace()` do. */
  readonly maxJoined: number;
  /** Whether what asks is bounded: the realm may have other users. */
  readonly isBound: () => boolean;
  /** Called in the place of what would go beyond. */
  readonly refuse: () => never;
}

/**
 * Bounds what an XPath or XSLT processor makes of a message by functions of JavaScript that run in one go,
 * so that neither the end of its time nor that of its memory could stop them: a text that is joined of many,
 * a text looked for in another, the same by a regular expression, the compiling of one, and marks put in order.
 *
 * Its source is evaluated in the XSLT processor's realm too, as strict code: it refers to nothing that
 * stands outside of it.
 * @param indexIn that of `find.ts`
 */
export function boundBuiltins(
  realm: Builtins,
  indexIn: TextSearch['indexIn'],
  { maxJoined, isBound, refuse }: Bounds,
): void {
  /** Comparisons of characters that are done in no time whatever the texts are. */
  const MAX_COMPARISONS = 64 * 1024 * 1024;
  /** Longer than any that is written, and than what becomes of the classes of characters in it. */
  const MAX_PATTERN = 1024 * 1024;
  /** A pattern of these alone is looked for as a text. */
  const LITERAL = /^(?:[^\\^$.*+?()[\]{}|]|\\[^\dA-Za-z])*$/;
  const MAX_LITERAL = 1024;
  /**
   * Signs behind each other that a normalized text has in an order of their own, which takes the square of
   * their number, also where texts are compared by a collation. In writing there are some; UAX #15 section 13 has 30 for the most.
   */
  const MAX_MARKS = 256;
  /** Those of which the compatibility form is such a sign included. */
  const MARKS = /[\p{M}\uFF9E\uFF9F]{1,257}/gu;

  const array = realm.Array.prototype;
  const string = realm.String.prototype;
  const { RegExp } = realm;
  const { join } = array;
  const { indexOf, includes, normalize, replace } = string;

  const takesLong = (text: unknown, part: unknown, from: unknown): boolean =>
    typeof text === 'string' &&
    typeof part === 'string' &&
    text.length * part.length > MAX_COMPARISONS &&
    (from === undefined || (typeof from === 'number' && from >= 0));

  const joinedLength = (texts: readonly unknown[], separator: string): number => {
    let length = separator.length * (texts.length - 1);
    for (let at = 0; at < texts.length; at++) {
      const text = texts[at];
      if (typeof text === 'string') length += text.length;
    }
    return length;
  };

  const hasManyMarks = (text: unknown): boolean => {
    if (typeof text !== 'string' || text.length <= MAX_MARKS) return false;
    for (const [marks] of text.matchAll(MARKS)) if (marks.length > MAX_MARKS) return true;
    return false;
  };

  /** By its compatibility form: one sign becomes 18, others 8 or fewer. */
  const growsLong = (text: string): boolean => {
    let more = 0;
    for (const [signs] of text.matchAll(/\uFDFA{1,999}/g)) more += 17 * signs.length;
    return more > maxJoined;
  };

  const becomesLong = (text: unknown, pattern: unknown, by: unknown): boolean =>
    typeof text === 'string' &&
    typeof by === 'string' &&
    text.length * by.length > maxJoined &&
    pattern instanceof RegExp &&
    replacedLength(text, pattern, by) > maxJoined;
  /** How long a text becomes in which what a pattern matches is replaced: by a text that may refer to groups. */
  const replacedLength = (text: string, pattern: RegExp, by: string): number => {
    const references = [...by.matchAll(/\$(?:[$&]|\d\d?)/g)].map(([reference]) => reference);
    let length = text.length;
    const add = (match: string, ...more: unknown[]): string => {
      length += by.length - match.length;
      // Behind the groups are the place and the whole text.
      const groups = more.slice(0, -2);
      for (const reference of references) {
        length += referredLength(reference, match, groups) - reference.length;
      }
      return '';
    };
    pattern[Symbol.replace](text, add);
    return length;
  };
  const referredLength = (reference: string, match: string, groups: unknown[]): number => {
    if (reference === '$$') return 1;
    if (reference === '$&') return match.length;
    const all = Number(reference.slice(1));
    const number = all > groups.length ? Number(reference[1]) : all;
    const digits = all > groups.length ? reference.length - 2 : 0;
    if (number < 1 || number > groups.length) return reference.length;
    const group = groups[number - 1];
    return digits + (typeof group === 'string' ? group.length : 0);
  };

  array.join = function (separator) {
    if (isBound() && joinedLength(this, separator ?? ',') > maxJoined) refuse();
    return join.call(this, separator);
  };
  string.indexOf = function (part, from) {
    return takesLong(this, part, from) ? indexIn(this, part, from) : indexOf.call(this, part, from);
  };
  string.includes = function (part, from) {
    return takesLong(this, part, from)
      ? indexIn(this, part, from) >= 0
      : includes.call(this, part, from);
  };
  string.normalize = function (form) {
    if (isBound() && (hasManyMarks(this) || growsLong(this))) refuse();
    return normalize.call(this, form);
  };
  string.replace = function (part, by) {
    if (isBound() && becomesLong(this, part, by)) refuse();
    return replace.call(this, part, by);
  };
  realm.Intl.Collator = class extends realm.Intl.Collator {
    override compare(one: string, other: string): number {
      if (isBound() && (hasManyMarks(one) || hasManyMarks(other))) refuse();
      return super.compare(one, other);
    }
  };
  realm.RegExp = new Proxy(RegExp, {
    construct(target, args: [unknown, unknown?], newTarget) {
      const [pattern] = args;
      if (typeof pattern === 'string' && pattern.length > MAX_LITERAL && isBound()) {
        if (pattern.length > MAX_PATTERN || LITERAL.test(pattern)) refuse();
      }
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
}
