import type { ServerResponse } from 'node:http';
import type { CookieData, HttpData, InvocationResponse } from './rpc.ts';

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** Writes what the library has made of a function's result; a function that returns nothing is 204. */
export function writeHttpResponse(response: ServerResponse, answer: InvocationResponse): void {
  const http = answer.returnValue?.http;
  if (http === undefined) {
    writeEmpty(response, 204);
    return;
  }
  const status = Number(http.statusCode ?? 200);
  const body = http.body?.bytes ?? new Uint8Array();
  // HEAD alone may announce the length of a body that it does not have.
  const isHead = response.req.method === 'HEAD';
  const headers = headersOf(http, isHead);
  if (!isHead && status !== 204 && status !== 304) {
    headers.push('content-length', String(body.byteLength));
  }
  response.writeHead(status, headers);
  if (isHead) response.end();
  // Node sends head and text in one write, head and bytes in two.
  else if (body.byteLength <= SMALL_BODY) response.end(latin1(body), 'latin1');
  else response.end(body);
}

/** Bytes up to which a copy costs less than a further write. */
const SMALL_BODY = 16_384;

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/** An answer of the host's own. */
export function writeEmpty(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 204 ? [] : ['content-length', '0']).end();
}

/** Names and values in turn, as Node takes them without a look at each. */
function headersOf(http: HttpData, keepLength: boolean): string[] {
  const headers: string[] = [];
  for (const [name, value] of Object.entries(http.headers ?? {})) {
    if (HOP_BY_HOP.has(name) || (name === 'content-length' && !keepLength)) continue;
    headers.push(name, value);
  }
  for (const cookie of http.cookies ?? []) headers.push('set-cookie', formatCookie(cookie));
  return headers;
}

/** RFC 6265 section 4.1, in the order and with the defaults of ASP.NET Core. */
function formatCookie(cookie: CookieData): string {
  const parts = [`${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`];
  if (cookie.expires) {
    parts.push(`expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`);
  }
  if (cookie.maxAge) parts.push(`max-age=${Math.trunc(cookie.maxAge.value)}`);
  if (cookie.domain) parts.push(`domain=${cookie.domain.value}`);
  parts.push(`path=${cookie.path?.value ?? '/'}`);
  if (cookie.secure?.value) parts.push('secure');
  const sameSite = { none: undefined, lax: 'lax', strict: 'strict', explicitNone: 'none' }[
    cookie.sameSite ?? 'none'
  ];
  if (sameSite !== undefined) parts.push(`samesite=${sameSite}`);
  if (cookie.httpOnly?.value) parts.push('httponly');
  return parts.join('; ').replace(/[\r\n]/g, '');
}
