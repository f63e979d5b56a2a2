import { checkedLookup } from './checked-lookup.ts';
import { ACCEPTED_ENCODINGS, decodeBody } from './decode-body.ts';
import { FetchFault } from './fetch-fault.ts';
import {
  type CountBytes,
  exchange,
  ExchangeFailure,
  faultOf,
  type Incoming,
  type Outgoing,
} from './http-exchange.ts';
import { keepConnections } from './kept-connections.ts';
import type { Lookup } from './lookup.ts';
import { faultOfOutboundUrl } from './outbound-url.ts';
import type { PrivateHosts } from './private-hosts.ts';

/** Sends requests to addresses that flows give. */
export interface HttpClient {
  /**
   * The answer, whatever its status. No redirect is followed.
   * @throws {FetchFault} which names the URL without its query.
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends the connections that are kept. */
  close(): void;
}

export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  /** As they are sent, but for `Host`, `Content-Length` and what is left to its default. */
  readonly headers: Readonly<Record<string, string>>;
  /** undefined for none. */
  readonly body?: Uint8Array;
  /** From the look-up of the name to the last byte. */
  readonly timeLimitMs: number;
  /** Of the answer's body, decoded. */
  readonly largestBody: number;
  /** Whether it holds a secret: then only TLS takes it to a public host. */
  readonly confidential: boolean;
  readonly identity?: ClientIdentity;
}

/** A certificate that the client shows, with its key. */
export interface ClientIdentity {
  /** What faults call it. */
  readonly name: string;
  /** Another one whenever the key or the certificate is. */
  readonly id: string;
  /** PEM. */
  readonly key: string;
  /** PEM, its own certificate first. */
  readonly cert: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: AnswerHeaders;
  /** Without its content coding, if that is one of {@link ACCEPTED_ENCODINGS}. */
  readonly body: Buffer;
}

/** By lower-case name: the spelling of the first, and the values in their order. */
export type AnswerHeaders = ReadonlyMap<
  string,
  { readonly name: string; readonly values: readonly string[] }
>;

const LONGEST_URL = 16 * 1024;
const MAX_HEADER_BYTES = 64 * 1024;
/** Of all answers that are being read at one time: more than that may not fit into the process. */
const MAX_READING = 256 * 1024 * 1024;

/** RFC 9110 section 9.2.2: sent twice, they do what they do sent once. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

export interface HttpClientDeps {
  readonly privateHosts: PrivateHosts;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** As in `checked-lookup.ts`. */
  readonly lookup?: Lookup;
  readonly maxConnectionAgeMs?: number;
  readonly maxReading?: number;
}

/** Connections are kept for a while (`kept-connections.ts`) and were checked when they were made. */
export function createHttpClient(deps: HttpClientDeps): HttpClient {
  const kept = keepConnections(deps.now, deps.maxConnectionAgeMs);
  const maxReading = deps.maxReading ?? MAX_READING;
  let reading = 0;

  /** Counts what one answer holds in memory, as it is read and as it is decoded. */
  const openAnswer = (largest: number, shown: string) => {
    let held = 0;
    const countAnew = (): CountBytes => {
      let size = 0;
      return (bytes) => {
        size += bytes;
        held += bytes;
        reading += bytes;
        if (size > largest) {
          throw new FetchFault('too_large', shown, `answers with more than ${largest} bytes.`);
        }
        // One answer may be as large as it may be when it is the only one.
        if (reading > maxReading && reading > held) {
          const what = 'answers with more than can be read now, beside other answers.';
          throw new FetchFault('busy', shown, what);
        }
      };
    };
    return { countAnew, close: () => void (reading -= held) };
  };

  return {
    async send(request) {
      const { url, shown } = checkUrl(request, deps.privateHosts);
      const { method, body, timeLimitMs, largestBody, identity } = request;
      const signal = AbortSignal.timeout(timeLimitMs);
      const outgoing: Outgoing = {
        url,
        shown,
        method,
        headers: withDefaults(request),
        lookup: checkedLookup(url, shown, deps),
        agent: kept.agentOf(url, identity?.id ?? ''),
        signal,
        maxHeaderBytes: MAX_HEADER_BYTES,
        ...(body === undefined ? {} : { body }),
        ...(identity === undefined ? {} : { identity: { key: identity.key, cert: identity.cert } }),
      };
      const { countAnew, close } = openAnswer(largestBody, shown);
      try {
        const incoming = await exchange(outgoing, countAnew()).catch((error: unknown) => {
          // RFC 9112 section 9.3.1: the connection has ended while it was not used.
          if (!isStale(error) || !isIdempotent(method)) throw error;
          return exchange({ ...outgoing, agent: false }, countAnew());
        });
        return await makeAnswer(incoming, countAnew(), shown);
      } catch (error) {
        if (error instanceof FetchFault) throw error;
        throw faultOfIdentity(error, shown, identity) ?? faultOf(error, shown, signal, timeLimitMs);
      } finally {
        close();
      }
    },
    close: () => kept.close(),
  };
}

function checkUrl(
  { url: text, confidential }: HttpRequest,
  privateHosts: PrivateHosts,
): { readonly url: URL; readonly shown: string } {
  const options = { plainHttp: !confidential, longest: LONGEST_URL };
  const fault = faultOfOutboundUrl(text, privateHosts, options);
  if (fault !== undefined) throw new FetchFault('url', text, fault);
  const url = new URL(text);
  return { url, shown: shownUrl(url) };
}

/** A query may hold secrets. */
export function shownUrl(url: URL): string {
  return (url.origin + url.pathname).slice(0, 500);
}

function withDefaults({ headers, method, body }: HttpRequest): Readonly<Record<string, string>> {
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const defaults: Record<string, string> = {
    Accept: '*/*',
    'Accept-Encoding': ACCEPTED_ENCODINGS,
    'User-Agent': 'Flowgate',
  };
  const all: Record<string, string> = { ...headers };
  for (const [name, value] of Object.entries(defaults)) {
    if (!given.has(name.toLowerCase())) all[name] = value;
  }
  // Always said, so that no server has to know chunks (SAP Help, HTTP Receiver Adapter).
  if (body !== undefined) all['Content-Length'] = String(body.length);
  else if (!['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'].includes(method)) {
    all['Content-Length'] = '0';
  }
  return all;
}

/** OpenSSL cannot read the key or the certificate, or they are no pair. */
function faultOfIdentity(
  error: unknown,
  shown: string,
  identity: ClientIdentity | undefined,
): FetchFault | undefined {
  const cause = error instanceof ExchangeFailure ? error.cause : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (identity === undefined || typeof code !== 'string' || !code.startsWith('ERR_OSSL')) return;
  const what = `cannot be called with ${identity.name}, whose key and certificate cannot be used (${code}).`;
  return new FetchFault('identity', shown, what, cause);
}

function isStale(error: unknown): boolean {
  if (!(error instanceof ExchangeFailure) || !error.reused || error.progress !== 'sent')
    return false;
  const code = (error.cause as { code?: unknown } | null)?.code;
  return code === 'ECONNRESET' || code === 'EPIPE';
}

async function makeAnswer(
  incoming: Incoming,
  count: CountBytes,
  shown: string,
): Promise<HttpAnswer> {
  const headers = groupHeaders(incoming.rawHeaders);
  const { status, statusText } = incoming;
  const [coding, ...more] = headers.get('content-encoding')?.values ?? [];
  const decoded =
    coding === undefined || more.length > 0
      ? undefined
      : await decodeBody(incoming.body, coding, count, shown);
  if (decoded === undefined) return { status, statusText, headers, body: incoming.body };
  headers.delete('content-encoding');
  headers.set('content-length', { name: 'Content-Length', values: [String(decoded.length)] });
  return { status, statusText, headers, body: decoded };
}

function groupHeaders(raw: readonly string[]): Map<string, { name: string; values: string[] }> {
  const headers = new Map<string, { name: string; values: string[] }>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    const entry = headers.get(name.toLowerCase());
    if (entry === undefined) headers.set(name.toLowerCase(), { name, values: [value] });
    else entry.values.push(value);
  }
  return headers;
}
