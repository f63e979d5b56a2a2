import type { Body } from '../exchange.ts';
import { XmlError } from './xml-handler.ts';

/**
 * A body as XML text, in the encoding that its byte order mark or its XML declaration names (XML 1.0
 * appendix F).
 * @throws {XmlError}
 */
export function decodeXml(body: Body, maxCharacters: number): string {
  if (typeof body === 'string') return body;
  if (body.length > 4 * maxCharacters) {
    throw new XmlError(`it has more than ${maxCharacters} characters`);
  }
  const encoding = xmlEncoding(body);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(body);
  } catch (cause) {
    if (!(cause instanceof TypeError) && !(cause instanceof RangeError)) throw cause;
    throw new XmlError(`it is not ${encoding} text`);
  }
}

/** The name of the encoding that XML bytes are in, as they tell it. */
export function xmlEncoding(body: Uint8Array): string {
  const start = Buffer.from(body.buffer, body.byteOffset, Math.min(200, body.byteLength));
  const mark = start.subarray(0, 2).toString('hex');
  if (mark === 'fffe') return 'utf-16le';
  if (mark === 'feff') return 'utf-16be';
  const declared = /^<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']/.exec(start.toString('latin1'));
  return declared?.[1]?.toLowerCase() ?? 'utf-8';
}
