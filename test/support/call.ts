import { randomUUID } from 'node:crypto';
import type { Handler, HttpCall, HttpReply } from '../../shared/http/call.ts';
import type { Surface } from '../../shared/http/endpoint.ts';
import { Fault } from '../../shared/http/fault.ts';
import { ForwardedTrace } from '../../shared/telemetry/telemetry.ts';
import { problemSurface } from '../../shared/http/problem.ts';

export interface CallOptions {
  readonly method?: string;
  /** Path and query, percent-encoded as a caller would send them. */
  readonly path: string;
  /** Bytes and text go as they are; any other value goes as JSON, with its content type. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly clientAddress?: string;
  readonly receivedAt?: number;
}

export interface TestCall extends HttpCall {
  /** What the handler has added to the log event of the call. */
  readonly annotations: Readonly<Record<string, string | number | boolean>>;
}

/** A request as `http/endpoint.ts` hands it to a room, with its limits on the body. */
export function makeCall(options: CallOptions): TestCall {
  const headers = new Headers(options.headers);
  const content = bodyOf(options.body, headers);
  const annotations: Record<string, string | number | boolean> = {};
  const bytes = (limit: number): Promise<Uint8Array> => {
    const announced = Number(headers.get('content-length') ?? '0');
    if (Math.max(announced, content.length) > limit) {
      return Promise.reject(Fault.contentTooLarge(limit));
    }
    if (content.length === 0 && headers.get('transfer-encoding') !== null) {
      return Promise.reject(Fault.lengthRequired());
    }
    return Promise.resolve(content);
  };
  return {
    method: options.method ?? 'GET',
    url: new URL(`http://localhost:7071${options.path}`),
    headers,
    invocationId: randomUUID(),
    clientAddress: options.clientAddress ?? '127.0.0.1',
    receivedAt: options.receivedAt ?? Date.now(),
    trace: new ForwardedTrace(undefined),
    bytes,
    text: async (limit) => Buffer.from(await bytes(limit)).toString('utf8'),
    annotate: (fields) => void Object.assign(annotations, fields),
    annotations,
  };
}

function bodyOf(body: unknown, headers: Headers): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  return Buffer.from(JSON.stringify(body), 'utf8');
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly bytes: Buffer;
  /** The body read as JSON; throws for a body that is none. */
  json(): Record<string, unknown>;
}

/**
 * Runs a handler as its endpoint would: a {@link Fault} becomes the surface's reply
 * (problem+json unless told), anything else is thrown.
 */
export async function answerOf(
  handle: Handler,
  call: HttpCall,
  surface: Surface = problemSurface,
): Promise<Answer> {
  let reply: HttpReply;
  try {
    reply = await handle(call);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const shown = surface.toReply(error, call);
    reply = { ...shown, headers: { ...shown.headers, ...error.headers } };
  }
  const bytes = Buffer.from(reply.body ?? '');
  const text = bytes.toString('utf8');
  return {
    bytes,
    status: reply.status,
    headers: new Headers(reply.headers),
    text,
    json: () => JSON.parse(text) as Record<string, unknown>,
  };
}
