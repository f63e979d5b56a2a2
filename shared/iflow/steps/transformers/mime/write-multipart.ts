import { type Attachment, type Body, bodyBytes } from '../../../exchange.ts';
import { encodeValue, isHeaderName, type MimeHeader, parseContentType } from './mime-headers.ts';

export interface MultipartContent {
  readonly body: Body;
  /** Of the body. */
  readonly contentType: string;
  readonly attachments: readonly (readonly [name: string, attachment: Attachment])[];
}

/** Headers of a part that tell how it is written here, whatever they have said of it before. */
const OWN_HEADERS = new Set(['content-type', 'content-transfer-encoding', 'content-length']);

/**
 * Body and attachments as the parts of a multipart message (RFC 2046 section 5.1): text as it is,
 * everything else in Base64.
 */
export function writeMultipart(content: MultipartContent, boundary: string): Buffer {
  const { body, contentType, attachments } = content;
  const pieces: Buffer[] = [];
  const add = (type: string, partBody: Body, headers: readonly MimeHeader[]): void => {
    const isText = parseContentType(type)?.type.startsWith('text/') === true;
    const bytes = bodyBytes(partBody);
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const head: readonly MimeHeader[] = [
      ['Content-Type', encodeValue(type)],
      ['Content-Transfer-Encoding', isText ? '8bit' : 'base64'],
      ...headers,
    ];
    pieces.push(
      Buffer.from(`--${boundary}\r\n${writeHeaders(head)}\r\n`),
      isText ? buffer : wrapBase64(buffer),
      Buffer.from('\r\n'),
    );
  };
  add(contentType, body, []);
  for (const [name, attachment] of attachments) {
    const own = Object.entries(attachment.headers).filter(
      ([header]) => isHeaderName(header) && !OWN_HEADERS.has(header.toLowerCase()),
    );
    const isNamed = own.some(([header]) => header.toLowerCase() === 'content-disposition');
    const fileName = encodeValue(name).replace(/["\\]/g, '\\$&');
    const disposition: MimeHeader[] = isNamed
      ? []
      : [['Content-Disposition', `attachment; filename="${fileName}"`]];
    const type = attachment.contentType.trim() || 'application/octet-stream';
    const headers = own.map(([header, value]): MimeHeader => [header, encodeValue(value)]);
    add(type, attachment.body, [...disposition, ...headers]);
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return Buffer.concat(pieces);
}

export function writeHeaders(headers: readonly MimeHeader[]): string {
  return headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

/** Lines of 76 signs (RFC 2045 section 6.8). */
function wrapBase64(bytes: Buffer): Buffer {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 57) {
    lines.push(bytes.toString('base64', at, Math.min(at + 57, bytes.length)));
  }
  return Buffer.from(lines.join('\r\n'), 'latin1');
}
