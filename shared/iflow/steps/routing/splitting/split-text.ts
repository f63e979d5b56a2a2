import { splitIn } from '../../../expressions/find.ts';
import { piecewise } from '../../../xml/piecewise.ts';
import { MAX_PIECES, type Pieces, piecesOf } from './pieces.ts';

/** A text cannot be split; `message` is a clause. */
export class SplitFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SplitFault';
  }
}

/**
 * Cuts a text at its line ends, of whichever kind. With an envelope the first line is put before every
 * piece (SAP Help, General and Iterating Splitter: Examples). A line end at the end of the text is
 * none between two lines.
 * @throws {SplitFault}
 */
export function splitLines(text: string, envelope: boolean): Pieces {
  const unix = piecewise(text, (piece) => piece.replace(/\r\n?/g, '\n'));
  const lines = split(unix.endsWith('\n') ? unix.slice(0, -1) : unix, '\n');
  const [header = '', ...rest] = lines;
  return envelope
    ? piecesOf(rest, { prefix: `${header}\n`, separator: '\n', suffix: '' })
    : piecesOf(lines, { prefix: '', separator: '\n', suffix: '' });
}

/** Cuts a text at each place where a token stands in it. @throws {SplitFault} */
export function splitAtToken(text: string, token: string): Pieces {
  const pieces = split(text, token);
  if (pieces.at(-1) === '') pieces.pop();
  return piecesOf(pieces, { prefix: '', separator: token, suffix: '' });
}

function split(text: string, separator: string): string[] {
  if (text === '') return [];
  const pieces = splitIn(text, separator, MAX_PIECES + 1);
  if (pieces.length > MAX_PIECES) throw new SplitFault(`it has more than ${MAX_PIECES} pieces`);
  return pieces;
}
