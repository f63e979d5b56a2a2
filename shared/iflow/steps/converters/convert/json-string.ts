import { piecewise } from '../../../xml/piecewise.ts';

/** As `JSON.stringify(text)`, which a worker has no memory for where the text is large. */
export function jsonString(text: string): string {
  return piecewise(text, (piece) => JSON.stringify(piece).slice(1, -1), '"');
}
