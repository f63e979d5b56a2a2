import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { App } from './app.ts';
import type { HttpFunction } from './http-functions.ts';
import { type Target, toHttpData } from './http-request.ts';
import { invoke } from './invocation.ts';
import { describe } from './log.ts';
import type { TypedData } from './rpc.ts';
import { traceContextOf } from './trace-context.ts';

/** What never crosses a proxy (RFC 9110 section 7.6.1), and what it writes itself. */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-ms-invocation-id',
]);

export interface StreamedCall {
  readonly fn: HttpFunction;
  readonly params: Readonly<Record<string, string>>;
  readonly target: Target;
  readonly invocationId: string;
  readonly passesCertificates: boolean;
}

/**
 * Answers a request in the host's streaming mode (`enableHttpStream`): the raw request goes to the
 * worker's own port, its answer comes back from there, and the invocation carries only headers and
 * parameters. The library answers nothing where the function throws: the host waits as long as it
 * would in Azure (docs/functions-host.md, rules 16 to 19).
 */
export async function callStreaming(
  call: StreamedCall,
  request: IncomingMessage,
  response: ServerResponse,
  app: App & { readonly streamTo: string },
): Promise<void> {
  const { fn, params, target, invocationId } = call;
  const http = toHttpData(request, target, {}, undefined, call.passesCertificates);
  const headers = http.headers ?? {};
  const triggerMetadata: Record<string, TypedData> = {
    Headers: { json: JSON.stringify(headers) },
    ...strings(http.query ?? {}),
    ...strings(params),
  };
  const running = invoke(
    fn,
    {
      invocationId,
      inputData: [{ name: fn.trigger, data: {} }],
      traceContext: traceContextOf(request.headers),
      triggerMetadata,
    },
    app,
  ).catch((error: unknown) => {
    app.log('error', 'system', `${fn.metadata.name} failed (${invocationId}): ${describe(error)}`);
  });
  const url = new URL(app.streamTo);
  const forwarded = httpRequest({
    host: url.hostname,
    port: url.port,
    method: request.method,
    path: target.encodedPath.replace(/%2f/gi, '%252F') + target.query,
    headers: {
      ...Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_FORWARDED.has(name))),
      'x-forwarded-host': headers['host'] ?? `localhost:${request.socket.localPort ?? 80}`,
      'x-forwarded-proto': headers['x-forwarded-proto'] ?? 'http',
      // A client that sends one gets no answer: the worker looks for the invocation by both.
      'x-ms-invocation-id': [headers['x-ms-invocation-id'], invocationId]
        .filter((id) => id !== undefined)
        .join(', '),
    },
  });
  response.once('close', () => forwarded.destroy());
  request.pipe(forwarded);
  const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
  response.writeHead(
    answer.statusCode ?? 500,
    Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !NOT_FORWARDED.has(name))),
  );
  await pipeline(answer, response);
  if (!forwarded.writableFinished) {
    // Answered before the whole body was sent: what is left of it is read and dropped.
    request.unpipe(forwarded);
    request.resume();
    forwarded.destroy();
  }
  await running;
}

function strings(values: Readonly<Record<string, string>>): Record<string, TypedData> {
  return Object.fromEntries(Object.entries(values).map(([name, string]) => [name, { string }]));
}
