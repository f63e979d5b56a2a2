import type { HttpHandler, HttpRequest, InvocationContext } from '@azure/functions';
import { countCall, spanAttributes } from '../telemetry/call-metrics.ts';
import {
  ForwardedTrace,
  type OpenCall,
  type Telemetry,
  type Trace,
} from '../telemetry/telemetry.ts';
import { once } from '../cache/once.ts';
import type { Handler, HttpCall, HttpReply } from './call.ts';
import { clientAddressOf } from './client-address.ts';
import { Fault } from './fault.ts';
import { FunctionResponse } from './function-response.ts';
import type { Guard } from './overload.ts';

/** Every method a route lists: the host answers 404 for one that is not listed, we answer 405. */
export const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** How one API words its errors. */
export interface Surface {
  /** Turns any error into that API's envelope; anything but a {@link Fault} gets fixed text. */
  toReply(fault: Fault, call: Pick<HttpCall, 'invocationId' | 'url' | 'headers'>): HttpReply;
}

export interface Prepared {
  readonly handle: Handler;
  /** Setting FLOWGATE_HTTP_STREAMING. */
  readonly streaming?: boolean;
  /** Setting FLOWGATE_TRUSTED_PROXY_HOPS. */
  readonly trustedProxyHops: number;
  /** Off where there is none. */
  readonly telemetry?: Telemetry | undefined;
  /** Sheds calls before any work; without one every call is let in, whatever the load. */
  readonly guard?: Guard | undefined;
}

/** A room that answers without any configuration, whatever the load. */
export const unconfigured =
  (handle: Handler): (() => Promise<Prepared>) =>
  () =>
    Promise.resolve({ handle, trustedProxyHops: 0 });

/**
 * Joins a function to the room that does the work: it translates the request, loads the room on
 * the first call, and holds the only `catch` that makes a response.
 *
 * @param load loads the room; called by the first request, and again until it succeeds.
 */
export function endpoint(surface: Surface, load: () => Promise<Prepared>): HttpHandler {
  const prepare = once(load);
  return async (request: HttpRequest, context: InvocationContext): Promise<FunctionResponse> => {
    const receivedAt = Date.now();
    const fields: Record<string, string | number | boolean> = {};
    const call = new RequestCall(request, context, receivedAt, fields);
    let reply: HttpReply;
    let telemetry: Telemetry | undefined;
    let open: OpenCall | undefined;
    try {
      const prepared = await prepare();
      const { handle, trustedProxyHops, guard } = prepared;
      const bodyBytes = announcedBytes(request.headers);
      const refusal = guard?.enter(bodyBytes);
      // Without event and span of its own: the guard counts and reports what it sheds.
      if (refusal !== undefined) return finish(refuse(surface, refusal, call), context);
      try {
        call.streaming = prepared.streaming === true;
        call.clientAddress = clientAddressOf(request.headers, trustedProxyHops);
        telemetry = prepared.telemetry;
        if (telemetry === undefined) reply = await handle(call);
        else {
          open = telemetry.startCall(context.functionName, context.traceContext, receivedAt);
          call.trace = open.trace;
          reply = await open.run(() => handle(call));
        }
      } finally {
        guard?.leave(bodyBytes);
      }
    } catch (error) {
      const fault = error instanceof Fault ? error : unexpected(error);
      fields['reason'] = fault.reason;
      if (isOurs(fault)) context.error(`${context.functionName}: ${fault.reason}`, error);
      reply = refuse(surface, fault, call);
    }
    if (call.streaming) void drop(request);
    const { traceId } = call.trace;
    const event = {
      event: context.functionName,
      method: request.method,
      status: reply.status,
      ms: Date.now() - receivedAt,
      ...(traceId === '' ? {} : { trace: traceId }),
      ...fields,
    };
    if (telemetry !== undefined) countCall(telemetry, event);
    open?.end({
      attributes: { ...spanAttributes(event), 'faas.invocation_id': context.invocationId },
      error: reply.status >= 500 ? String(fields['reason'] ?? reply.status) : undefined,
    });
    if (reply.status >= 400) context.warn(JSON.stringify(event));
    else context.info(JSON.stringify(event));
    return finish(reply, context);
  };
}

function refuse(surface: Surface, fault: Fault, call: HttpCall): HttpReply {
  const shown = surface.toReply(fault, call);
  // What was refused may be granted a moment later, and 404 and 405 may be kept unless they say
  // otherwise (RFC 9110 section 15.1).
  return { ...shown, headers: { 'Cache-Control': 'no-store', ...shown.headers, ...fault.headers } };
}

function finish(reply: HttpReply, { invocationId }: InvocationContext): FunctionResponse {
  return new FunctionResponse({
    ...reply,
    headers: { ...reply.headers, 'x-invocation-id': invocationId },
  });
}

/** 0 without a body, and for a chunked one, which the host does not hand over. */
function announcedBytes(headers: { get(name: string): string | null }): number {
  return Number(headers.get('content-length') ?? '0') || 0;
}

/**
 * Whether the operator has to look at it. 501, and the 500 that SAP's API has for a duplicate, are the
 * caller's doing all the same: they have no cause. Overload would fill the log when there is least
 * time for it.
 */
function isOurs(fault: Fault): boolean {
  if (fault.reason === 'overloaded') return false;
  return fault.status === 503 || (fault.status >= 500 && fault.cause !== undefined);
}

/**
 * Our own mistake, or a dependency that is away: the caller learns no more of it than whether trying
 * again makes sense.
 */
function unexpected(cause: unknown): Fault {
  if (cause instanceof Error && (cause.name === 'RestError' || cause.name === 'AbortError')) {
    // No expected answer of Azure storage leaves shared/storage/, so this one is an outage; the
    // second is a call of storage that took too long.
    return Fault.unavailable('Storage does not answer. Try again in a few seconds.', 5, cause);
  }
  return new Fault(
    500,
    'The server met an error of its own. Try again; if it stays, give the value of x-invocation-id to the operator.',
    { reason: 'unexpected', cause },
  );
}

const NO_BYTES = new Uint8Array();

/** A body that does not announce its length; the host hands it over in streaming mode. */
async function readStream(body: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Read to its end also when it is too large: to leave the loop would cut the connection that the
  // answer goes over. The host bounds what it lets in.
  for await (const chunk of body) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (size > limit) throw Fault.contentTooLarge(limit);
  return Buffer.concat(chunks, size);
}

/** A streamed body that nobody has read would be taken for the beginning of the next request. */
async function drop(request: HttpRequest): Promise<void> {
  if (request.body === null || request.bodyUsed) return;
  try {
    const chunks = request.body as AsyncIterable<Uint8Array> & ReadableStream<Uint8Array>;
    await chunks.pipeTo(new WritableStream());
  } catch {
    // The caller has gone.
  }
}

class RequestCall implements HttpCall {
  readonly method: string;
  readonly headers: Headers;
  readonly invocationId: string;
  readonly receivedAt: number;
  clientAddress = '';
  streaming = false;
  trace: Trace;
  #url: URL | undefined;
  readonly #request: HttpRequest;
  readonly #fields: Record<string, string | number | boolean>;

  constructor(
    request: HttpRequest,
    context: Pick<InvocationContext, 'invocationId' | 'traceContext'>,
    receivedAt: number,
    fields: Record<string, string | number | boolean>,
  ) {
    this.#request = request;
    this.#fields = fields;
    this.method = request.method;
    this.headers = request.headers;
    this.invocationId = context.invocationId;
    this.trace = new ForwardedTrace(context.traceContext);
    this.receivedAt = receivedAt;
  }

  /** Not read for a call that is shed. */
  get url(): URL {
    return (this.#url ??= this.#readUrl());
  }

  /** Streamed, a path has its escaped slashes escaped once more (docs/functions-host.md, rule 19). */
  #readUrl(): URL {
    const url = new URL(this.#request.url);
    if (this.streaming && /%252f/i.test(url.pathname)) {
      url.pathname = url.pathname.replace(/%252f/gi, '%2F');
    }
    return url;
  }

  async bytes(limit: number): Promise<Uint8Array> {
    if (announcedBytes(this.headers) > limit) throw Fault.contentTooLarge(limit);
    if (this.#request.body === null) {
      if (this.headers.get('transfer-encoding') !== null) throw Fault.lengthRequired();
      return NO_BYTES;
    }
    if (this.headers.get('transfer-encoding') !== null) {
      return readStream(this.#request.body as AsyncIterable<Uint8Array>, limit);
    }
    const body = new Uint8Array(await this.#request.arrayBuffer());
    if (body.length > limit) throw Fault.contentTooLarge(limit);
    return body;
  }

  async text(limit: number): Promise<string> {
    const body = await this.bytes(limit);
    if (body.length === 0) return '';
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  }

  annotate(fields: Readonly<Record<string, string | number | boolean>>): void {
    Object.assign(this.#fields, fields);
  }
}
