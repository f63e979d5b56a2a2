import type { LookupAddress } from 'node:dns';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { FetchFault } from './fetch-fault.ts';
import { type Lookup, lookupByNameServer, lookupBySystem } from './lookup.ts';
import { faultOfOutboundUrl, hostOf, IS_PRIVATE } from './outbound-url.ts';
import { isPrivateHost, type PrivateHosts } from './private-hosts.ts';
import { isPublicAddress } from './public-address.ts';

/** Fetches JSON documents from addresses that administrators and clients have given. */
export interface JsonClient {
  /**
   * The document, if the answer is 200.
   * @throws {FetchFault}
   */
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<unknown>;
  /**
   * The answer to a form, whatever its status, as long as it is JSON.
   * @throws {FetchFault}
   */
  postForm(
    url: string,
    form: URLSearchParams,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** From the look-up of the name to the last byte. */
const TIME_LIMIT_MS = 5000;
const LARGEST_DOCUMENT = 256 * 1024;

/**
 * A name is looked up once, each of its addresses is checked, and the connection goes to one of
 * those and nowhere else: a name that changes its address in between gains nothing. Redirects are
 * not followed, connections are not kept.
 */
export function createJsonClient(deps: {
  readonly privateHosts: PrivateHosts;
  /** In the place of {@link lookupByNameServer}, and for hosts inside of {@link lookupBySystem}. */
  readonly lookup?: Lookup;
  readonly timeLimitMs?: number;
  readonly largestDocument?: number;
}): JsonClient {
  const limits = {
    timeLimitMs: deps.timeLimitMs ?? TIME_LIMIT_MS,
    largestDocument: deps.largestDocument ?? LARGEST_DOCUMENT,
  };
  const exchange = async (text: string, sent: Sent) => {
    const fault = faultOfOutboundUrl(text, deps.privateHosts);
    if (fault !== undefined) throw new FetchFault('url', text, fault);
    const url = new URL(text);
    const signal = AbortSignal.timeout(limits.timeLimitMs);
    try {
      const addresses = await within(signal, findAddresses(url, deps));
      const response = await send(url, sent, addresses, signal);
      return await readAnswer(url, response, limits.largestDocument);
    } catch (error) {
      if (error instanceof FetchFault) throw error;
      if (signal.aborted) {
        throw new FetchFault('timeout', text, `gave no answer in ${limits.timeLimitMs} ms.`, error);
      }
      throw FetchFault.ofConnection(text, error);
    }
  };
  return {
    async get(url, headers = {}) {
      const { status, body } = await exchange(url, { method: 'GET', headers });
      if (status !== 200) throw FetchFault.ofStatus(url, status);
      return body;
    },
    postForm: (url, form, headers = {}) =>
      exchange(url, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
      }),
  };
}

interface Sent {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A look-up cannot be ended, only left behind. */
async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(new Error('The time is over', { cause: signal.reason }));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function findAddresses(
  url: URL,
  { privateHosts, lookup }: { readonly privateHosts: PrivateHosts; readonly lookup?: Lookup },
): Promise<readonly LookupAddress[]> {
  const host = hostOf(url);
  const family = isIP(host);
  // An address in the URL has been checked with it.
  if (family !== 0) return [{ address: host, family }];
  const isInside = isPrivateHost(url, privateHosts);
  const find = lookup ?? (isInside ? lookupBySystem : lookupByNameServer());
  const addresses = await find(host).catch((cause: unknown) => {
    throw new FetchFault('dns', url.href, 'has a host whose name has no address.', cause);
  });
  const refused = addresses.find(({ address }) => !isPublicAddress(address));
  if (refused !== undefined && !isInside) {
    const found = `leads to ${refused.address}, which ${IS_PRIVATE}`;
    throw new FetchFault('private_address', url.href, found);
  }
  if (addresses.length === 0) {
    throw new FetchFault('dns', url.href, 'has a host whose name has no address.');
  }
  return addresses;
}

function send(
  url: URL,
  sent: Sent,
  addresses: readonly LookupAddress[],
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options: RequestOptions = {
    method: sent.method,
    headers: {
      Accept: 'application/json',
      'Accept-Encoding': 'identity',
      'User-Agent': 'Flowgate',
      ...sent.headers,
    },
    lookup: answerWith(addresses),
    // A connection of its own: one that is kept would have been checked for another call.
    agent: false,
    signal,
  };
  const request =
    url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
  request.on('response', resolve).on('error', reject);
  request.end(sent.body);
  return promise;
}

/** In the place of the resolver: the addresses that have been checked. */
function answerWith(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}

async function readAnswer(
  url: URL,
  response: IncomingMessage,
  largest: number,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    if (status >= 300 && status < 400) {
      throw new FetchFault(
        'redirect',
        url.href,
        'answers with a redirect. Give the address it leads to.',
      );
    }
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > largest) {
        throw new FetchFault('too_large', url.href, `answers with more than ${largest} bytes.`);
      }
      chunks.push(chunk);
    }
  } finally {
    response.destroy();
  }
  try {
    return { status, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
  } catch {
    // The parser's message would quote the answer.
    if (status !== 200) throw FetchFault.ofStatus(url.href, status);
    throw new FetchFault('not_json', url.href, 'answers with something that is not JSON.');
  }
}
