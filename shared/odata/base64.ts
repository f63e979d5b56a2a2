import { ODataError } from './errors.ts';

/** The bytes of a property that carries a zip. @throws {ODataError} 400 */
export function fromBase64(property: string, text: string): Uint8Array {
  // Buffer skips what is not base64: encoding it again shows whether anything was.
  const packed = /\s/.test(text) ? text.replace(/\s+/g, '') : text;
  const bytes = Buffer.from(packed, 'base64');
  if (bytes.length > 0 && bytes.toString('base64') === packed) return bytes;
  throw ODataError.badRequest(
    `Property '${property}' is a zip in base64 (RFC 4648 section 4), with its padding.`,
  );
}

/** How many characters base64 takes for so many bytes, in an envelope of JSON. */
export function inBase64(bytes: number): number {
  return Math.ceil(bytes / 3) * 4 + 64 * 1024;
}
