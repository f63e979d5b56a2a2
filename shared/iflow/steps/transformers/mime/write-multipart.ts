import { type Attachment, type Body, bodyBytes, MAX_BODY_SIZE } from '../../../exchange.ts';
import { TaskFailure } from '../../../tasks/task.ts';
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
 * @throws {TaskFailure} for more than a body may hold.
 */
export function writeMultipart(content: MultipartContent, boundary: string): Buffer {
  const { body, contentType, attachments } = content;
  const pieces: Buffer[] = [];
  let size = 0;
  const add = (type: string, partBody: Body, headers: readonly MimeHeader[]): void => {
    const isText = parseContentType(type)?.type.startsWith('text/') === true;
    const partSize = typeof partBody === 'string' ? Buffer.byteLength(partBody) : partBody.length;
    size += isText ? partSize : wrappedSize(partSize);
    if (size > MAX_BODY_SIZE) throw tooLarge();
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

function tooLarge(): TaskFailure {
  const text = `The MIME multipart would become larger than ${MAX_BODY_SIZE} bytes.`;
  return new TaskFailure('too_large', text);
}

export function writeHeaders(headers: readonly MimeHeader[]): string {
  return headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

/** Signs of 6 bits: 76 of them. */
const LINE_BYTES = 57;

function wrappedSize(bytes: number): number {
  const lines = Math.ceil(bytes / LINE_BYTES);
  return 4 * Math.ceil(bytes / 3) + 2 * Math.max(0, lines - 1);
}

/** Lines of 76 signs (RFC 2045 section 6.8). */
function wrapBase64(bytes: Buffer): Buffer {
  const wrapped = Buffer.allocUnsafe(wrappedSize(bytes.length));
  let to = 0;
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    if (at > 0) to += wrapped.write('\r\n', to, 'latin1');
    const line = bytes.toString('base64', at, Math.min(at + LINE_BYTES, bytes.length));
    to += wrapped.write(line, to, 'latin1');
  }
  return wrapped;
}
