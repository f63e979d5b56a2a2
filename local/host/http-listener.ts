import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { App } from './app.ts';
import type { HttpFunction } from './http-functions.ts';
import { readBody, readTarget, RefusedRequest, type Target, toHttpData } from './http-request.ts';
import { writeEmpty, writeHttpResponse } from './http-response.ts';
import { callStreaming } from './http-stream.ts';
import { invoke } from './invocation.ts';
import { describe } from './log.ts';
import { traceContextOf } from './trace-context.ts';
import { createRequestQueue } from './request-queue.ts';
import type { Triggers } from './triggers.ts';

/** Azure's default for the setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT, in bytes. */
const BODY_LIMIT = 104_857_600;

/**
 * Answers HTTP requests with the app's functions, in the host's buffered mode unless the app asks for
 * streaming.
 * @param background holds what goes on after its request was answered.
 */
export function httpListener(
  app: App,
  triggers: Triggers,
  background: Set<Promise<unknown>>,
): RequestListener {
  const homepage = process.env['AzureWebJobsDisableHomepage'] === 'false';
  const queue = createRequestQueue(app.settings.http);
  const passesCertificates = (process.env['FLOWGATE_MTLS'] ?? '') !== '';
  const bodyLimit = Number(process.env['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'] ?? BODY_LIMIT);

  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
  ): Promise<void> => {
    const found = triggers.router(request.method ?? 'GET', target.path);
    if (found === undefined) {
      writeEmpty(response, 404);
      return;
    }
    await call(found.fn, found.params, target, request, response);
  };

  const call = async (
    fn: HttpFunction,
    params: Record<string, string>,
    target: Target,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const invocationId = randomUUID();
    const { streamTo } = app;
    if (streamTo !== undefined) {
      const streamed = { fn, params, target, invocationId, passesCertificates };
      await callStreaming(streamed, request, response, { ...app, streamTo });
      return;
    }
    const body = await readBody(request, bodyLimit);
    const http = toHttpData(request, target, params, body, passesCertificates);
    try {
      const traceContext = traceContextOf(request.headers);
      const inputData = [{ name: fn.trigger, data: { http } }];
      writeHttpResponse(response, await invoke(fn, { invocationId, inputData, traceContext }, app));
    } catch (error) {
      app.log(
        'error',
        'system',
        `${fn.metadata.name} failed (${invocationId}): ${describe(error)}`,
      );
      if (!response.headersSent) writeEmpty(response, 500);
    }
  };

  const fail = (request: IncomingMessage, response: ServerResponse, error: unknown): void => {
    // The client has gone while it sent its body.
    if (request.destroyed && !request.complete) return;
    if (!(error instanceof RefusedRequest)) app.log('error', 'system', describe(error));
    if (!request.complete) response.setHeader('connection', 'close');
    writeEmpty(response, error instanceof RefusedRequest ? error.status : 500);
  };

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = readTarget(request.url ?? '/');
    if (/^\/admin(\/|$)/i.test(target.path)) {
      await answerAdmin(request, response, target, triggers, background);
      return;
    }
    if (homepage && target.path === '/') {
      const text = 'Your Functions app is up and running.\n';
      response.writeHead(200, { 'content-type': 'text/plain' }).end(text);
      return;
    }
    const work = (): Promise<void> =>
      answer(request, response, target).catch((error: unknown) => fail(request, response, error));
    // As HttpThrottleMiddleware.cs answers: no text, and no Retry-After.
    if (!queue.post(work)) {
      response.setHeader('X-FUNCTION-SCALEOUT', '1');
      writeEmpty(response, 429);
    }
  };

  return (request, response) => {
    receive(request, response).catch((error: unknown) => fail(request, response, error));
  };
}

/** The host's own API, without its key: the local host is reached from this machine alone. */
async function answerAdmin(
  request: IncomingMessage,
  response: ServerResponse,
  { path }: Target,
  { onDemand, faults }: Triggers,
  background: Set<Promise<unknown>>,
): Promise<void> {
  if (request.method === 'GET' && /^\/admin\/host\/status\/?$/i.test(path)) {
    const body = JSON.stringify({ state: 'Running', version: '4.1037.0', errors: faults });
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    return;
  }
  const name = /^\/admin\/functions\/([^/]+)\/?$/i.exec(path)?.[1];
  const run = name === undefined ? undefined : onDemand.get(name.toLowerCase());
  if (request.method !== 'POST' || run === undefined) {
    writeEmpty(response, 404);
    return;
  }
  // A form or plain text, which any web page may post here unasked, is refused.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    writeEmpty(response, 415);
    return;
  }
  const input = inputOf(await readBody(request, 1_048_576));
  if (input === undefined) {
    writeEmpty(response, 400);
    return;
  }
  const running = run(input).finally(() => background.delete(running));
  background.add(running);
  writeEmpty(response, 202);
}

/** `{"input": "…"}`; undefined for anything else. */
function inputOf(body: Buffer | undefined): string | undefined {
  try {
    const json: unknown = JSON.parse(body?.toString('utf8') ?? '');
    if (typeof json !== 'object' || json === null) return undefined;
    const input = 'input' in json ? json.input : '';
    return typeof input === 'string' ? input : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
