import { TaskFailure } from '../../../tasks/task.ts';
import type { Body } from '../../../exchange.ts';
import { piecewise } from '../../../xml/piecewise.ts';

/**
 * A body as text: bytes are in the encoding of their byte order mark, else in `charset`.
 * @throws {TaskFailure}
 */
export function decodeText(body: Body, charset: string): string {
  if (typeof body === 'string') return body;
  const mark = Buffer.from(body.subarray(0, 2)).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : charset;
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(body);
  } catch (cause) {
    if (!(cause instanceof TypeError) && !(cause instanceof RangeError)) throw cause;
    const shown = encoding.slice(0, 50);
    throw new TaskFailure('encoding', `The message body is not ${shown} text.`, cause);
  }
}

/** Java's names of the encodings that JSON can be written in, in lower case. */
const WRITERS: Readonly<Record<string, (json: string) => Body>> = {
  'utf-8': (json) => json,
  utf8: (json) => json,
  'utf-16': (json) => Buffer.from(`\uFEFF${json}`, 'utf16le').swap16(),
  'utf-16be': (json) => Buffer.from(json, 'utf16le').swap16(),
  'utf-16le': (json) => Buffer.from(json, 'utf16le'),
  'iso-8859-1': (json) => Buffer.from(escapeAbove(json, /[^\0-\xFF]/g), 'latin1'),
  'us-ascii': (json) => Buffer.from(escapeAbove(json, /[^\0-\x7F]/g), 'latin1'),
};

export function isJsonCharset(charset: string): boolean {
  return Object.hasOwn(WRITERS, charset.toLowerCase());
}

/**
 * Encodes JSON: what the encoding has no sign for becomes an escape, which all JSON readers know.
 * @throws {TaskFailure}
 */
export function encodeJson(json: string, charset: string): Body {
  const name = charset.toLowerCase();
  const write = Object.hasOwn(WRITERS, name) ? WRITERS[name] : undefined;
  if (write !== undefined) return write(json);
  throw new TaskFailure(
    'encoding',
    `JSON cannot be written in the encoding ${JSON.stringify(charset.slice(0, 50))}; use UTF-8.`,
  );
}

/** Only within strings does JSON hold such signs. */
function escapeAbove(json: string, signs: RegExp): string {
  const escaped = (sign: string): string =>
    `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return piecewise(json, (piece) => piece.replace(signs, escaped));
}
