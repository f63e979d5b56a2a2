import { TaskFailure } from '../../../tasks/task.ts';

/** A header of a MIME message or of one of its parts. */
export type MimeHeader = readonly [name: string, value: string];

/** RFC 2045 section 5.1. */
export interface ContentType {
  /** Type and subtype, in lower case. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const TYPE = new RegExp(`^\\s*(${TOKEN}/${TOKEN})\\s*(?=;|$)`);
const PARAMETER = new RegExp(
  `\\s*;\\s*(?:(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;"\\s]*)))?\\s*`,
  'ys',
);
const HEADER_NAME = new RegExp(`^${TOKEN}$`);

/** No header of a multipart is longer when it is read. */
const MAX_VALUE = 64 * 1024;

/** A media type with its parameters; undefined for what is none, or is too long for one. */
export function parseContentType(text: string): ContentType | undefined {
  if (text.length > MAX_VALUE) return undefined;
  const type = TYPE.exec(text)?.[0];
  if (type === undefined) return undefined;
  return { type: type.trim().toLowerCase(), parameters: parseParameters(text.slice(type.length)) };
}

/** Parameters by their name in lower case, from `; a=b; c="d"`; it ends where that form does. */
export function parseParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = 0;
  for (let at = 0; at < text.length; at = PARAMETER.lastIndex) {
    const found = PARAMETER.exec(text);
    if (found === null) break;
    const [, name, quoted, plain = ''] = found;
    if (name === undefined || parameters.has(name.toLowerCase())) continue;
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/gs, '$1') ?? plain);
  }
  return parameters;
}

export function isHeaderName(name: string): boolean {
  return HEADER_NAME.test(name);
}

/**
 * A value on one line: what is not ASCII as encoded words (RFC 2047), line ends as spaces.
 * @throws {TaskFailure} for one that is too long.
 */
export function encodeValue(value: string): string {
  if (value.length > MAX_VALUE) {
    const text = `The message cannot become a MIME multipart: a header of it has more than ${MAX_VALUE} characters.`;
    throw new TaskFailure('encoding', text);
  }
  const line = value.replace(/[\r\n\0]+/g, ' ').trim();
  if (!/[^\t -~]/.test(line)) return line;
  const words: string[] = [];
  let word = '';
  for (const character of line) {
    if (Buffer.byteLength(word + character) > 45) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  words.push(word);
  return words.map((text) => `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`).join(' ');
}

/** Reads encoded words (RFC 2047); those that cannot be read stay as they are. */
export function decodeValue(value: string): string {
  if (!value.includes('=?')) return value;
  return value
    .replace(/(\?=)\s+(?==\?)/g, '$1')
    .replace(
      /=\?([\w-]{1,40})(?:\*[\w-]*)?\?([BbQq])\?([^?\s]*)\?=/g,
      (word, charset: string, encoding: string, text: string) => {
        const bytes =
          encoding.toLowerCase() === 'b'
            ? Buffer.from(text, 'base64')
            : decodeQuoted(Buffer.from(text.replaceAll('_', ' '), 'latin1'));
        try {
          return new TextDecoder(charset).decode(bytes);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          return word;
        }
      },
    );
}

/**
 * Quoted-printable (RFC 2045 section 6.7): an `=` that begins nothing stays as it is. What comes of it
 * keeps nothing of the memory that it was read from or written to.
 */
export function decodeQuoted(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (!text.includes('=')) return new Uint8Array(bytes);
  const plain = Buffer.allocUnsafe(text.length);
  let at = 0;
  let from = 0;
  const escape = /=(?:([0-9A-Fa-f]{2})|[ \t]{0,20}\r?\n)/g;
  for (let found = escape.exec(text); found !== null; found = escape.exec(text)) {
    at += plain.write(text.slice(from, found.index), at, 'latin1');
    const [whole, hex] = found;
    if (hex !== undefined) plain[at++] = parseInt(hex, 16);
    from = found.index + whole.length;
  }
  at += plain.write(text.slice(from), at, 'latin1');
  return new Uint8Array(plain.subarray(0, at));
}
