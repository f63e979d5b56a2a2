import { checkedLookup } from './checked-lookup.ts';
import { FetchFault } from './fetch-fault.ts';
import { exchange, faultOf, type Incoming } from './http-exchange.ts';
import type { Lookup } from './lookup.ts';
import { faultOfOutboundUrl } from './outbound-url.ts';
import type { PrivateHosts } from './private-hosts.ts';

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

/** Checked as in `checked-lookup.ts`. Redirects are not followed, connections are not kept. */
export function createJsonClient(deps: {
  readonly privateHosts: PrivateHosts;
  /** As in `checked-lookup.ts`. */
  readonly lookup?: Lookup;
  readonly timeLimitMs?: number;
  readonly largestDocument?: number;
}): JsonClient {
  const timeLimitMs = deps.timeLimitMs ?? TIME_LIMIT_MS;
  const largest = deps.largestDocument ?? LARGEST_DOCUMENT;
  const ask = async (text: string, sent: Sent) => {
    const fault = faultOfOutboundUrl(text, deps.privateHosts);
    if (fault !== undefined) throw new FetchFault('url', text, fault);
    const url = new URL(text);
    const signal = AbortSignal.timeout(timeLimitMs);
    let size = 0;
    const count = (bytes: number): void => {
      size += bytes;
      if (size <= largest) return;
      throw new FetchFault('too_large', text, `answers with more than ${largest} bytes.`);
    };
    try {
      const outgoing = {
        ...sent,
        url,
        shown: text,
        headers: {
          Accept: 'application/json',
          'Accept-Encoding': 'identity',
          'User-Agent': 'Flowgate',
          ...sent.headers,
        },
        lookup: checkedLookup(url, text, deps),
        // A connection of its own: one that is kept would have been checked for another call.
        agent: false as const,
        signal,
      };
      return readDocument(text, await exchange(outgoing, count));
    } catch (error) {
      throw error instanceof FetchFault ? error : faultOf(error, text, signal, timeLimitMs);
    }
  };
  return {
    async get(url, headers = {}) {
      const { status, body } = await ask(url, { method: 'GET', headers });
      if (status !== 200) throw FetchFault.ofStatus(url, status);
      return body;
    },
    postForm: (url, form, headers = {}) =>
      ask(url, {
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

function readDocument(
  url: string,
  { status, body }: Incoming,
): { readonly status: number; readonly body: unknown } {
  if (status >= 300 && status < 400) {
    const what = 'answers with a redirect. Give the address it leads to.';
    throw new FetchFault('redirect', url, what);
  }
  try {
    return { status, body: JSON.parse(body.toString('utf8')) as unknown };
  } catch {
    // The parser's message would quote the answer.
    if (status !== 200) throw FetchFault.ofStatus(url, status);
    throw new FetchFault('not_json', url, 'answers with something that is not JSON.');
  }
}
