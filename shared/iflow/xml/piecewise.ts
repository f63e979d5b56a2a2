import { MAX_BODY_SIZE } from '../exchange.ts';
import { GrowingText } from '../large-text.ts';
import { TaskFailure } from '../tasks/task.ts';

const PIECE = 64 * 1024;

/**
 * Changes a text piece by piece, none of which ends within a line end of two characters or a pair of
 * surrogates. To replace millions of signs at once takes many times the memory of the text, and a worker
 * thread can be held to neither its memory nor its time meanwhile.
 * @param change gives flat texts, as replace() by an expression does and replaceAll() by a text does not.
 * @param quote stands before and behind the whole.
 * @throws {TaskFailure} when it becomes longer than a body may be.
 */
export function piecewise(text: string, change: (piece: string) => string, quote = ''): string {
  if (text.length <= PIECE) return quote === '' ? change(text) : quote + change(text) + quote;
  const changed = new GrowingText(text.length);
  changed.write(quote);
  for (let from = 0, to = 0; from < text.length; from = to) {
    to = from + PIECE;
    if (isWithin(text, to)) to += 1;
    changed.write(change(text.slice(from, to)));
    if (changed.length > MAX_BODY_SIZE) {
      const why = `A text would become longer than ${MAX_BODY_SIZE} characters.`;
      throw new TaskFailure('too_large', why);
    }
  }
  changed.write(quote);
  return changed.text();
}

function isWithin(text: string, at: number): boolean {
  return /^(?:\r\n|[\uD800-\uDBFF][\uDC00-\uDFFF])$/.test(text.slice(at - 1, at + 1));
}
