export interface TextSearch {
  /**
   * As `text.indexOf(part, from)`, whose time is the product of the two lengths in the worst case: minutes
   * for texts that a sender chooses, in which nothing can interrupt it. This one's is their sum
   * (Knuth, Morris, Pratt: Fast Pattern Matching in Strings).
   */
  readonly indexIn: (text: string, part: string, from?: number) => number;
  /** As `text.lastIndexOf(part)`, within the sum of their lengths. */
  readonly lastIndexIn: (text: string, part: string) => number;
  /** As `text.split(separator, most)`, within the sum of their lengths. */
  readonly splitIn: (text: string, separator: string, most: number) => string[];
}

interface IndexOf {
  readonly indexOf: (this: string, part: string, from: number) => number;
}

export const { indexIn, lastIndexIn, splitIn } = textSearch();

/** Its source is evaluated in the XSLT processor's realm too: it refers to nothing that stands outside of it. */
export function textSearch(): TextSearch {
  /** Comparisons of characters that are done in no time whatever the texts are. */
  const MAX_COMPARISONS = 64 * 1024 * 1024;
  /** Of this realm's beginning: `bounded-builtins.ts` puts another in its place. */
  const string: IndexOf = String.prototype;
  const { indexOf } = string;

  function indexIn(text: string, part: string, from = 0): number {
    if ((text.length - from) * part.length <= MAX_COMPARISONS)
      return indexOf.call(text, part, from);
    const end = endOfFirst(part, text.length, (at) => text.charCodeAt(at), from);
    return end < 0 ? -1 : end - part.length;
  }

  function lastIndexIn(text: string, part: string): number {
    if (part.length > text.length) return -1;
    if (text.length * part.length <= MAX_COMPARISONS) return text.lastIndexOf(part);
    const reversed = Array.from({ length: part.length }, (_, i) => part[part.length - 1 - i]).join(
      '',
    );
    const last = text.length - 1;
    const end = endOfFirst(reversed, text.length, (at) => text.charCodeAt(last - at), 0);
    return end < 0 ? -1 : text.length - end;
  }

  function splitIn(text: string, separator: string, most: number): string[] {
    if (text.length * separator.length <= MAX_COMPARISONS) return text.split(separator, most);
    const parts: string[] = [];
    let from = 0;
    for (let at = indexIn(text, separator); at >= 0 && parts.length < most;) {
      parts.push(text.slice(from, at));
      from = at + separator.length;
      at = indexIn(text, separator, from);
    }
    if (parts.length < most) parts.push(text.slice(from));
    return parts;
  }

  /** Where the first place of a part that is not empty ends; -1 without any. */
  function endOfFirst(
    part: string,
    length: number,
    codeAt: (at: number) => number,
    from: number,
  ): number {
    if (part.length > length - from) return -1;
    const borders = bordersOf(part);
    let matched = 0;
    for (let at = from; at < length; at++) {
      const code = codeAt(at);
      while (matched > 0 && part.charCodeAt(matched) !== code) matched = borders[matched - 1] ?? 0;
      if (part.charCodeAt(matched) === code) matched += 1;
      if (matched === part.length) return at + 1;
    }
    return -1;
  }

  /** For each length of its beginning, how long a part that is both its beginning and its end can be. */
  function bordersOf(part: string): Int32Array {
    const borders = new Int32Array(part.length);
    let length = 0;
    for (let at = 1; at < part.length; at++) {
      const code = part.charCodeAt(at);
      while (length > 0 && part.charCodeAt(length) !== code) length = borders[length - 1] ?? 0;
      if (part.charCodeAt(length) === code) length += 1;
      borders[at] = length;
    }
    return borders;
  }

  return { indexIn, lastIndexIn, splitIn };
}
