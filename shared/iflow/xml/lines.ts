import { piecewise } from './piecewise.ts';

/**
 * XML 1.0 section 2.11: every line end is one line feed; and there is no byte order mark. Where two stand
 * there, neither is one, so that a text which has been through here stays as it is.
 */
export function unixLines(text: string): string {
  const unix = text.includes('\r')
    ? piecewise(text, (piece) => piece.replace(/\r\n/g, '\n').replace(/\r/g, '\n'))
    : text;
  return /^\uFEFF(?!\uFEFF)/.test(unix) ? unix.slice(1) : unix;
}

/** The number of the line that a place is in, from 1 on, whichever line ends a text has. */
export function lineAt(text: string, place: number): number {
  const ends = /\r\n|\n|\r/g;
  let line = 1;
  while (ends.test(text) && ends.lastIndex <= place) line += 1;
  return line;
}
