import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest, type RequestOptions as TlsRequestOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import { FetchFault } from './fetch-fault.ts';

/** One request, ready to be sent. */
export interface Outgoing {
  readonly url: URL;
  /** How faults name the URL. */
  readonly shown: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly lookup: LookupFunction;
  /** false for a connection of its own. */
  readonly agent: Agent | false;
  /** PEM, for a client that shows a certificate. */
  readonly identity?: { readonly key: string; readonly cert: string };
  readonly signal: AbortSignal;
  readonly maxHeaderBytes?: number;
}

/** An answer as it came over the wire. */
export interface Incoming {
  readonly status: number;
  readonly statusText: string;
  /** Name and value in turn, as `IncomingMessage.rawHeaders` has them. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** Counts what is read; throws a {@link FetchFault} where it is too much. */
export type CountBytes = (bytes: number) => void;

/** What an exchange went wrong with, and whether it went over a connection that others had used. */
export class ExchangeFailure extends Error {
  readonly progress: 'connecting' | 'sent' | 'answering';
  readonly reused: boolean;

  constructor(cause: unknown, progress: ExchangeFailure['progress'], reused: boolean) {
    super('The exchange failed.', { cause });
    this.name = 'ExchangeFailure';
    this.progress = progress;
    this.reused = reused;
  }
}

/**
 * Sends a request and reads its answer to the end. No redirect is followed.
 * @throws {ExchangeFailure} with what the socket, `lookup`, `count` or the signal said as its cause.
 */
export async function exchange(outgoing: Outgoing, count: CountBytes): Promise<Incoming> {
  const request = openRequest(outgoing);
  const isConnected = watchConnection(request, outgoing.url);
  let response: IncomingMessage | undefined;
  try {
    response = await responseTo(request, outgoing.body);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) {
      count(chunk.length);
      chunks.push(chunk);
    }
    return {
      status: response.statusCode ?? 0,
      statusText: response.statusMessage ?? '',
      rawHeaders: response.rawHeaders,
      body: Buffer.concat(chunks),
    };
  } catch (error) {
    request.destroy();
    const progress =
      response !== undefined ? 'answering' : isConnected() ? 'sent' : ('connecting' as const);
    throw new ExchangeFailure(error, progress, request.reusedSocket);
  }
}

function responseTo(
  request: ClientRequest,
  body: Uint8Array | string | undefined,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  let isSettled = false;
  request.on('response', (response) => {
    isSettled = true;
    resolve(response);
  });
  request.on('error', (error) => {
    isSettled = true;
    reject(error);
  });
  // An answer of status 101 ends the connection without any of the two.
  request.on('close', () => {
    if (!isSettled) reject(new Error('The connection was closed.'));
  });
  request.end(body);
  return promise;
}

/** Throws at once where OpenSSL cannot read the key or the certificate to be shown. */
function openRequest(outgoing: Outgoing): ClientRequest {
  try {
    return makeRequest(outgoing);
  } catch (error) {
    throw new ExchangeFailure(error, 'connecting', false);
  }
}

function makeRequest(outgoing: Outgoing): ClientRequest {
  const { url, method, headers, lookup, agent, signal, maxHeaderBytes, identity } = outgoing;
  const options: RequestOptions = {
    method,
    headers,
    lookup,
    agent,
    signal,
    ...(maxHeaderBytes === undefined ? {} : { maxHeaderSize: maxHeaderBytes }),
  };
  if (url.protocol !== 'https:') return httpRequest(url, options);
  const tls: TlsRequestOptions = { ...options, ...identity };
  return httpsRequest(url, tls);
}

/** A connection that was there before is connected; a new one when the handshake is done. */
function watchConnection(request: ClientRequest, url: URL): () => boolean {
  let connected = false;
  request.on('socket', (socket) => {
    if (!socket.connecting) connected = true;
    else {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        connected = true;
      });
    }
  });
  return () => connected;
}

/** Says what went wrong in a sentence about the URL. */
export function faultOf(
  error: unknown,
  shown: string,
  signal: AbortSignal,
  ms: number,
): FetchFault {
  const failure = error instanceof ExchangeFailure ? error : undefined;
  const cause = failure === undefined ? error : failure.cause;
  if (cause instanceof FetchFault) return cause;
  if (signal.aborted) {
    const mayHaveArrived = failure === undefined || failure.progress !== 'connecting';
    const what = `gave no answer in ${ms} ms.`;
    return new FetchFault('timeout', shown, what, cause, mayHaveArrived);
  }
  return FetchFault.ofConnection(shown, cause, failure?.progress);
}
