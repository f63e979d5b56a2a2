import { decodeQuoted, isHeaderName, type MimeHeader } from './mime-headers.ts';

/** A message that is no MIME multipart, or a larger one than allowed. `message` is a clause. */
export class MimeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MimeError';
  }
}

export interface MimePart {
  readonly headers: readonly MimeHeader[];
  readonly body: Uint8Array;
}

const MAX_PARTS = 1000;
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_HEADERS = 500;
/** RFC 2046 section 5.1.1 has 70; some senders do not know it. */
const MAX_BOUNDARY = 200;
const CR = 13;
const LF = 10;

/**
 * The parts between the boundaries (RFC 2046 section 5.1); what stands before the first and after the
 * last is left out, and the last may be missing. Parts are not looked into, so that nothing nests.
 * @throws {MimeError}
 */
export function readParts(body: Uint8Array, boundary: string): MimePart[] {
  if (boundary === '' || boundary.length > MAX_BOUNDARY || /[^ -~]/.test(boundary)) {
    throw new MimeError('its Content-Type has no boundary that can separate parts');
  }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parts: MimePart[] = [];
  let start: number | undefined;
  for (const line of boundaryLines(bytes, `--${boundary}`)) {
    if (start !== undefined) parts.push(readPart(bytes.subarray(start, line.from)));
    if (parts.length > MAX_PARTS) throw new MimeError(`it has more than ${MAX_PARTS} parts`);
    start = line.isLast ? undefined : line.to;
    if (line.isLast) break;
  }
  if (start !== undefined) parts.push(readPart(bytes.subarray(start)));
  if (parts.length === 0) throw new MimeError('the boundary of its Content-Type is not in it');
  return parts;
}

/** Header lines until an empty one, unfolded, and what follows. @throws {MimeError} */
export function readHeaders(bytes: Buffer): { headers: MimeHeader[]; rest: Buffer } {
  const lines: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const found = bytes.indexOf(LF, at);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.subarray(at, bytes[end - 1] === CR && end > at ? end - 1 : end);
    at = Math.min(end + 1, bytes.length);
    if (line.length === 0) break;
    if (at > MAX_HEADER_BYTES || lines.length > MAX_HEADERS) {
      throw new MimeError('a part has more headers than allowed, or no empty line behind them');
    }
    const text = decodeHeader(line);
    if (/^[ \t]/.test(text) && lines.length > 0) lines.push((lines.pop() ?? '') + text);
    else lines.push(text);
  }
  const headers = lines.flatMap((line): MimeHeader[] => {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trimEnd();
    return isHeaderName(name) ? [[name, line.slice(colon + 1).trim()]] : [];
  });
  return { headers, rest: bytes.subarray(at) };
}

/** The first header of a name; '' without any. */
export function headerOf(headers: readonly MimeHeader[], name: string): string {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
}

function readPart(bytes: Buffer): MimePart {
  const { headers, rest } = readHeaders(bytes);
  const encoding = headerOf(headers, 'content-transfer-encoding').toLowerCase();
  switch (encoding) {
    case '':
    case '7bit':
    case '8bit':
    case 'binary':
      // A view would keep the whole message, and be copied with it, but count as its own size.
      return { headers, body: new Uint8Array(rest) };
    case 'base64':
      // Line ends have had room as well.
      return { headers, body: new Uint8Array(Buffer.from(rest.toString('latin1'), 'base64')) };
    case 'quoted-printable':
      return { headers, body: decodeQuoted(rest) };
    default:
      throw new MimeError(
        `a part is in the transfer encoding ${JSON.stringify(encoding.slice(0, 50))}, which is not available`,
      );
  }
}

/** Lines that consist of the delimiter; `from` is before the line end that belongs to it. */
function* boundaryLines(
  bytes: Buffer,
  delimiter: string,
): Generator<{ from: number; to: number; isLast: boolean }> {
  const whole = Buffer.from(delimiter, 'latin1');
  // To look for something long may take as many times longer, and nothing can end that.
  const start = whole.subarray(0, 8);
  let search = 0;
  for (;;) {
    const at = bytes.indexOf(start, search);
    if (at < 0) return;
    let end = at + whole.length;
    search = at + 1;
    if (!bytes.subarray(at, end).equals(whole)) continue;
    search = end;
    if (at > 0 && bytes[at - 1] !== LF) continue;
    const isLast = bytes[end] === 0x2d && bytes[end + 1] === 0x2d;
    if (isLast) end += 2;
    while (bytes[end] === 0x20 || bytes[end] === 0x09) end++;
    if (bytes[end] === CR) end++;
    if (end < bytes.length && bytes[end] !== LF) continue;
    const beforeLf = Math.max(0, at - 1);
    const from = beforeLf > 0 && bytes[beforeLf - 1] === CR ? beforeLf - 1 : beforeLf;
    search = Math.min(end + 1, bytes.length);
    yield { from, to: search, isLast };
  }
}

function decodeHeader(line: Buffer): string {
  const text = line.toString('utf8');
  return text.includes('\uFFFD') ? line.toString('latin1') : text;
}
