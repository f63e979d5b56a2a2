import type { IncomingMessage } from 'node:http';
import type { HttpData } from './rpc.ts';

/** The Functions host answers this itself, with an empty body, and runs no function. */
export class RefusedRequest extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`The request is answered ${status} by the host.`);
    this.status = status;
  }
}

export interface Target {
  /** Decoded but for `%2F`, without dot segments: what routes are tried on. */
  readonly path: string;
  /** The path as it stands in the URL that the function gets. */
  readonly encodedPath: string;
  /** As sent, with its `?`; or ''. */
  readonly query: string;
}

/** @throws {RefusedRequest} 400 for a target that is no path, or holds `%00` or raw non-ASCII. */
export function readTarget(target: string): Target {
  const relative = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]+/i, '');
  const mark = relative.indexOf('?');
  const raw = mark < 0 ? relative : relative.slice(0, mark);
  const query = mark < 0 ? '' : relative.slice(mark);
  if (!PRINTABLE.test(relative) || (raw !== '' && !raw.startsWith('/')))
    throw new RefusedRequest(400);
  if (PLAIN.test(raw) && !raw.includes('/.')) return { path: raw, encodedPath: raw, query };
  const path = removeDotSegments(decodePath(raw === '' ? '/' : raw));
  if (path.includes('\0')) throw new RefusedRequest(400);
  return { path, encodedPath: encodePath(path), query };
}

const PRINTABLE = /^[\x21-\x7e]*$/;
const PLAIN = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;

/** Decodes UTF-8 escapes but for `%2F`; an escape that is no UTF-8 stays as it is. */
function decodePath(raw: string): string {
  return raw.replace(/(?:%(?!2f)[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

/** RFC 3986 section 5.2.4. */
function removeDotSegments(path: string): string {
  if (!path.includes('/.')) return path;
  const kept: string[] = [];
  const segments = path.slice(1).split('/');
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    if (segment === '..') kept.pop();
    if (segment !== '.' && segment !== '..') kept.push(segment);
    else if (isLast) kept.push('');
  });
  return `/${kept.join('/')}`;
}

/** Escapes what a path may not hold; what looks like an escape is taken for one. */
function encodePath(path: string): string {
  return path.replace(/%(?![0-9a-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]+/gi, (text) =>
    encodeURIComponent(text),
  );
}

/**
 * The request as the library is given it.
 * @param passesCertificates whether a client certificate that comes in a header is handed on, as Azure
 *   does for an app that takes them.
 * @param params values of the route's parameters.
 * @throws {RefusedRequest} 400 for a `Host` or a header that the host could not read.
 */
export function toHttpData(
  request: IncomingMessage,
  target: Target,
  params: Record<string, string>,
  body: Buffer | undefined,
  passesCertificates: boolean,
): HttpData {
  const headers = readHeaders(request.rawHeaders);
  // Anyone could forge it here, where no proxy of Azure's has written it.
  headers['x-forwarded-for'] = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  if (!passesCertificates) delete headers['x-arr-clientcert'];
  const scheme = headers['x-forwarded-proto']?.toLowerCase() === 'https' ? 'https' : 'http';
  const host = headers['host'] ?? `localhost:${request.socket.localPort ?? 80}`;
  checkHost(host);
  return {
    method: request.method ?? 'GET',
    url: `${scheme}://${host}${target.encodedPath}${target.query}`,
    headers,
    query: readQuery(target.query),
    params,
    body: body === undefined ? null : { bytes: body },
  };
}

/** Names in lower case, repeated ones joined with a comma; values are UTF-8. */
function readHeaders(raw: readonly string[]): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    let value = raw[i + 1] ?? '';
    if (/[\x80-\xff]/.test(value)) value = decodeUtf8(value);
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before},${value}`;
  }
  return headers;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(latin1: string): string {
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    throw new RefusedRequest(400);
  }
}

let lastGoodHost = '';

function checkHost(host: string): void {
  if (host === lastGoodHost) return;
  if (!/^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(host)) {
    throw new RefusedRequest(400);
  }
  if (!URL.canParse(`http://${host}`)) throw new RefusedRequest(400);
  lastGoodHost = host;
}

/** Repeated keys, whatever their case, are joined with a comma under the first one's name. */
function readQuery(query: string): Record<string, string> {
  const values = Object.create(null) as Record<string, string>;
  if (query.length < 2) return values;
  const names = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(query)) {
    const name = names.get(key.toLowerCase());
    if (name === undefined) {
      names.set(key.toLowerCase(), key);
      values[key] = value;
    } else {
      values[name] = `${values[name] ?? ''},${value}`;
    }
  }
  return values;
}

/**
 * The body of a request that announces its length; undefined without one: the host passes no
 * chunked body on.
 * @throws {RefusedRequest} 500, as Azure has it, above `limit` bytes.
 */
export async function readBody(
  request: IncomingMessage,
  limit: number,
): Promise<Buffer | undefined> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > limit) throw new RefusedRequest(500);
  if (length === 0) return undefined;
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', resolve);
    request.on('error', reject);
  });
  const [first] = chunks;
  return chunks.length === 1 ? first : Buffer.concat(chunks, length);
}
