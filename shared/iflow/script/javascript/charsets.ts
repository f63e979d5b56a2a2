/*
 * Text and bytes by Java's names of character sets, in capitals. What goes through a whole text are
 * loops: a worker that is in the middle of `replace` or `replaceAll` with very many matches cannot be
 * ended, and outgrows its heap.
 */

/** Undefined for a character set that nobody knows. */
export function decodeAs(bytes: Uint8Array, charset: string): string | undefined {
  return decoderOf(charset)?.(bytes);
}

/**
 * What a character set has no place for is a question mark, as in Java.
 * @param text well-formed
 * @returns undefined for one that texts cannot be written in.
 */
export function encodeAs(text: string, charset: string): Uint8Array | undefined {
  switch (charset) {
    case 'UTF-8':
      return Buffer.from(text);
    case 'ISO-8859-1':
      return toSingleBytes(text, 0xff);
    case 'US-ASCII':
      return toSingleBytes(text, 0x7f);
    case 'UTF-16LE':
      return Buffer.from(text, 'utf16le');
    case 'UTF-16BE':
      return Buffer.from(text, 'utf16le').swap16();
    case 'UTF-16':
      // Java writes a byte order mark unless the order is in the name.
      return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
    default:
      return undefined;
  }
}

function toSingleBytes(text: string, top: number): Uint8Array {
  const bytes = new Uint8Array(text.length);
  let at = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit <= top) bytes[at++] = unit;
    // Both halves of a pair are one character.
    else if (unit < 0xdc00 || unit > 0xdfff) bytes[at++] = QUESTION_MARK;
  }
  return bytes.subarray(0, at);
}

const QUESTION_MARK = 0x3f;
const SPACE = 0x20;
const PLUS = 0x2b;
const PERCENT = 0x25;
const HEX = Buffer.from('0123456789ABCDEF');
const STANDS_FOR_ITSELF = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9.*_-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** `application/x-www-form-urlencoded`, as HTML forms are sent: a space is +. */
export function toForm(bytes: Uint8Array): Uint8Array {
  const form = new Uint8Array(3 * bytes.length);
  let at = 0;
  for (const byte of bytes) {
    if (STANDS_FOR_ITSELF[byte] === 1) form[at++] = byte;
    else if (byte === SPACE) form[at++] = PLUS;
    else {
      form[at++] = PERCENT;
      form[at++] = HEX[byte >> 4] ?? 0;
      form[at++] = HEX[byte & 15] ?? 0;
    }
  }
  return form.subarray(0, at);
}

/** Undefined where a percent sign stands for no byte, or the character set is not known. */
export function fromForm(text: string, charset: string): string | undefined {
  const decode = decoderOf(charset);
  if (decode === undefined || /%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  // A byte comes to one character at most.
  const decoded = Buffer.allocUnsafe(2 * text.length);
  const run = new Uint8Array(Math.floor(text.length / 3));
  let [at, inRun] = [0, 0];
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === PERCENT) {
      run[inRun++] = 16 * digitOf(text.charCodeAt(i + 1)) + digitOf(text.charCodeAt(i + 2));
      i += 2;
      if (text.charCodeAt(i + 1) === PERCENT) continue;
      at += decoded.write(decode(run.subarray(0, inRun)), at, 'utf16le');
      inRun = 0;
    } else at = decoded.writeUInt16LE(unit === PLUS ? SPACE : unit, at);
  }
  return decoded.toString('utf16le', 0, at);
}

/** Of a hexadecimal digit, whose letters are 1 to 6 in their last four bits. */
const digitOf = (unit: number): number => (unit < 0x40 ? unit & 15 : (unit & 15) + 9);

function decoderOf(charset: string): ((bytes: Uint8Array) => string) | undefined {
  // What TextDecoder calls by these two names is windows-1252.
  if (charset === 'ISO-8859-1') return latin1;
  if (charset === 'US-ASCII') return ascii;
  if (charset === 'UTF-16') return utf16;
  try {
    const decoder = new TextDecoder(charset, { ignoreBOM: true });
    return (bytes) => decoder.decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}

function ascii(bytes: Uint8Array): string {
  const decoded = Buffer.allocUnsafe(2 * bytes.length);
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0;
    decoded.writeUInt16LE(byte < 0x80 ? byte : 0xfffd, 2 * i);
  }
  return decoded.toString('utf16le');
}

/** Its byte order mark tells the order; without one the first byte is the higher. */
function utf16(bytes: Uint8Array): string {
  const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isLittle ? 'utf-16le' : 'utf-16be').decode(bytes);
}
