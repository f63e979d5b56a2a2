import type { HttpReply } from '../../http/call.ts';
import { OWN_HEADERS } from '../allowed-headers.ts';
import { bodyBytes, type Exchange, type HeaderMap, isCopyOf, type Value } from '../exchange.ts';

/** A flow has set headers that no answer can be made of; `message` is a sentence. */
export class InvalidReply extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvalidReply';
  }
}

/** Names and values together; beyond it common clients and proxies give an answer up. */
const MOST_HEADER_CHARACTERS = 16 * 1024;

/** Headers that belong to the connection or to the host, whatever a flow says. */
const NOT_THE_FLOWS = new Set([
  'connection',
  'content-length',
  'content-type',
  'date',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'server',
  'set-cookie',
  'authorization',
  'cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-invocation-id',
  'x-correlationid',
  ...OWN_HEADERS,
]);

/**
 * Answers the sender with what the exchange holds at the end of the flow: status 200, 204 for an
 * empty body, or what `CamelHttpResponseCode` says; and the headers that the flow has set. A header
 * that came in with the request is not sent back unless the flow has changed it.
 * @param arrived the headers as they were when the message arrived.
 * @throws {InvalidReply}
 */
export function makeReply(exchange: Exchange, arrived: ReadonlyMap<string, Value>): HttpReply {
  const body = bodyBytes(exchange.body);
  const headers: Record<string, string> = { 'X-Content-Type-Options': 'nosniff' };
  for (const [name, value] of exchange.headers) {
    const lower = name.toLowerCase();
    if (lower.startsWith('camel') || NOT_THE_FLOWS.has(lower)) continue;
    if (isAsArrived(arrived, lower, value) || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(name))
      continue;
    if (value !== null) headers[name] = headerText(value);
  }
  const contentType = exchange.headers.get('Content-Type');
  const status = responseCode(exchange.headers) ?? (body.length === 0 ? 204 : 200);
  if (body.length > 0) {
    headers['Content-Type'] =
      contentType === undefined || contentType === null || contentType === ''
        ? defaultContentType(exchange)
        : headerText(contentType);
  }
  const length = Object.entries(headers).flat().join('').length;
  if (length > MOST_HEADER_CHARACTERS) {
    throw new InvalidReply(
      `The headers that the flow has set exceed ${MOST_HEADER_CHARACTERS} characters. Delete those that are not for the sender.`,
    );
  }
  return { status, headers, body };
}

/** Remembers header values so that {@link makeReply} can tell what the flow has set. */
export function snapshotHeaders(headers: HeaderMap): ReadonlyMap<string, Value> {
  const snapshot = new Map<string, Value>();
  for (const [name, value] of headers) snapshot.set(name.toLowerCase(), value);
  return snapshot;
}

/** Whether a header still has the value that it arrived with: scripts hand back copies. */
export function isAsArrived(
  arrived: ReadonlyMap<string, Value>,
  lowerCaseName: string,
  value: Value,
): boolean {
  const before = arrived.get(lowerCaseName);
  return before === value || isCopyOf(before, value);
}

function responseCode(headers: HeaderMap): number | undefined {
  const value = headers.get('CamelHttpResponseCode');
  if (value === undefined || value === null || value === '') return undefined;
  const code = typeof value === 'number' ? value : Number(typeof value === 'string' ? value : NaN);
  // The Functions library cannot send what is outside this range.
  if (!Number.isInteger(code) || code < 200 || code > 599) {
    throw new InvalidReply(
      'The header CamelHttpResponseCode must be a whole number from 200 to 599.',
    );
  }
  return code;
}

function defaultContentType(exchange: Exchange): string {
  return typeof exchange.body === 'string'
    ? 'text/plain;charset=UTF-8'
    : 'application/octet-stream';
}

const LONGEST_HEADER = 8192;

/** RFC 9110 section 5.5: no CR, LF or NUL; the Functions library sends ISO-8859-1 only. */
export function headerText(value: Value): string {
  const text =
    typeof value === 'string'
      ? value
      : Array.isArray(value)
        ? value
            .slice(0, LONGEST_HEADER)
            .map((v) => headerText(v as Value))
            .join(', ')
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value);
  // A flow may have put a whole body there.
  return text
    .slice(0, LONGEST_HEADER)
    .replace(/[\r\n\0]+/g, ' ')
    .replace(/[^\t\x20-\x7e\xa0-\xff]/g, '?')
    .trim();
}
