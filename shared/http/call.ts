import type { Trace } from '../telemetry/telemetry.ts';

/** A request as the rooms see it: nothing of the Functions library in it. */
export interface HttpCall {
  /** As sent, upper case. */
  readonly method: string;
  /** Parsed once. Route and query values are taken from here: the host joins repeated query keys. */
  readonly url: URL;
  /** Names are case-insensitive; the host has joined repeated headers with a comma. */
  readonly headers: Headers;
  /** Identifies the call in every log and in `x-invocation-id`. */
  readonly invocationId: string;
  /** The caller's address as far as `FLOWGATE_TRUSTED_PROXY_HOPS` can vouch for it; '' if unknown. */
  readonly clientAddress: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly trace: Trace;
  /**
   * The body, empty if there is none.
   * @throws {Fault} 413 above `limit` bytes; 411 for a chunked body that the host has dropped.
   */
  bytes(limit: number): Promise<Uint8Array>;
  /** The body as UTF-8 text; same limits as {@link HttpCall.bytes}. */
  text(limit: number): Promise<string>;
  /**
   * Adds fields to the one log event of this call (client id, outcome, reason…).
   * Never a secret, a token, a form, a payload or a whole URL.
   */
  annotate(fields: Readonly<Record<string, string | number | boolean>>): void;
}

/** What a room answers with. */
export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Only pages for people have any. */
  readonly cookies?: readonly Cookie[];
  readonly body?: string | Uint8Array;
}

/** A cookie to set (RFC 6265 section 4.1); no script ever reads one of ours. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: true;
  readonly sameSite: 'Lax' | 'Strict';
  /** Seconds; 0 removes the cookie, left out it goes with the browser's session. */
  readonly maxAge?: number;
}

export type Handler = (call: HttpCall) => Promise<HttpReply> | HttpReply;

/** A JSON reply; `headers` may replace the content type. */
export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(value),
  };
}
