import { joinTexts } from '../../../large-text.ts';
/** What a message is cut into, in the least that has to cross from the thread that cuts it. */
export interface Pieces {
  /** Stands before, between and behind the pieces of one group. */
  readonly prefix: string;
  readonly separator: string;
  readonly suffix: string;
  /** All pieces, one behind the other. */
  readonly text: string;
  /** Where each ends in the text. */
  readonly ends: Uint32Array;
}

/** More cannot be split, whatever their size. */
export const MAX_PIECES = 1_000_000;
/** Characters of all pieces with what stands around them. */
export const MAX_CHARACTERS = 256 * 1024 * 1024;

export function piecesOf(
  pieces: readonly string[],
  around: Pick<Pieces, 'prefix' | 'separator' | 'suffix'>,
): Pieces {
  const ends = new Uint32Array(pieces.length);
  let end = 0;
  for (const [index, piece] of pieces.entries()) {
    end += piece.length;
    ends[index] = end;
  }
  return { ...around, text: joinTexts(pieces), ends };
}

/** How many messages come of pieces that are taken so many at a time. */
export function groupCount({ ends }: Pieces, size: number): number {
  return Math.ceil(ends.length / size);
}

/** Characters that all messages have together. */
export function totalLength(pieces: Pieces, size: number): number {
  const { prefix, suffix, separator, text, ends } = pieces;
  const groups = groupCount(pieces, size);
  return (
    text.length +
    groups * (prefix.length + suffix.length) +
    (ends.length - groups) * separator.length
  );
}

/** The message of a group. */
export function groupAt(pieces: Pieces, size: number, index: number): string {
  const { prefix, suffix, separator, text, ends } = pieces;
  const first = index * size;
  const last = Math.min(ends.length, first + size);
  const start = (piece: number): number => (piece === 0 ? 0 : (ends[piece - 1] ?? 0));
  if (separator === '') return prefix + text.slice(start(first), start(last)) + suffix;
  const parts: string[] = [];
  for (let piece = first; piece < last; piece++) {
    parts.push(text.slice(start(piece), start(piece + 1)));
  }
  return prefix + parts.join(separator) + suffix;
}
