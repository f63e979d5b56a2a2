import functions from '@azure/functions';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Handler } from '../../shared/http/call.ts';
import { json } from '../../shared/http/call.ts';
import { endpoint } from '../../shared/http/endpoint.ts';
import { Fault } from '../../shared/http/fault.ts';
import { Problem, problemSurface } from '../../shared/http/problem.ts';
import { BearerFault } from '../../shared/oauth/gate.ts';

const ID = '5b0c7b4e-2f43-4a3f-8c4d-0d6a6a7f2a11';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

async function invoke(
  handle: Handler,
  init: Partial<ConstructorParameters<typeof functions.HttpRequest>[0]> = {},
) {
  const logs: string[] = [];
  const context = new functions.InvocationContext({
    invocationId: ID,
    traceContext: { traceParent: TRACEPARENT, traceState: 'a=1' },
    functionName: 'example',
    logHandler: (level, ...args) =>
      logs.push(
        `${level} ${args.map((a) => (a instanceof Error ? a.message : String(a))).join(' ')}`,
      ),
  });
  const request = new functions.HttpRequest({
    url: 'http://localhost/registry/v1/x?secret=hunter2',
    method: 'GET',
    ...init,
  });
  const handler = endpoint(problemSurface, () => Promise.resolve({ handle, trustedProxyHops: 1 }));
  const reply = (await handler(request, context)) as functions.HttpResponse;
  const body = Buffer.from(await reply.arrayBuffer()).toString('utf8');
  return { status: reply.status, headers: reply.headers, body, logs };
}

test('every answer carries x-invocation-id', async () => {
  const { status, headers } = await invoke(() => json(200, {}));
  assert.equal(status, 200);
  assert.equal(headers.get('x-invocation-id'), ID);
});

test('the log event names the trace that the host has named, and its headers can be sent on', async () => {
  let sent: unknown;
  const { logs } = await invoke((call) => {
    sent = call.trace.headers();
    return json(200, {});
  });
  assert.ok(logs.join().includes(`"trace":"${TRACE_ID}"`), logs.join());
  assert.deepEqual(sent, { traceparent: TRACEPARENT, tracestate: 'a=1' });
});

test('a fault becomes problem+json with its status, text and headers (RFC 9457 section 3)', async () => {
  const { status, headers, body } = await invoke(() => {
    throw Fault.methodNotAllowed(['GET', 'PUT']);
  });
  assert.equal(status, 405);
  assert.equal(headers.get('Allow'), 'GET, PUT');
  assert.equal(headers.get('Content-Type'), 'application/problem+json');
  assert.deepEqual(JSON.parse(body), {
    type: 'about:blank',
    title: 'Method Not Allowed',
    status: 405,
    detail: 'This address answers GET, PUT.',
    instance: `urn:uuid:${ID}`,
    reason: 'method_not_allowed',
  });
});

test('no refusal may be kept on the way: what is missing may be there a moment later (RFC 9110 section 15.1)', async () => {
  for (const fault of [
    Problem.notFound('x'),
    Fault.methodNotAllowed(['GET']),
    new TypeError('x'),
  ]) {
    const { headers } = await invoke(() => {
      throw fault;
    });
    assert.equal(headers.get('Cache-Control'), 'no-store');
  }
});

test('a refused bearer token has the names of RFC 6750 section 3.1 in its problem as well', async () => {
  const { status, headers, body } = await invoke(() => {
    throw new BearerFault('expired', 'The access token has expired.');
  });
  assert.equal(status, 401);
  assert.match(headers.get('WWW-Authenticate') ?? '', /^Bearer .*error="invalid_token"/);
  const { error, error_description, reason } = JSON.parse(body) as Record<string, string>;
  assert.deepEqual(
    { error, error_description, reason },
    {
      error: 'invalid_token',
      error_description: 'The access token has expired.',
      reason: 'expired',
    },
  );
});

test('a problem lists what is invalid by JSON pointer', async () => {
  const errors = [{ pointer: '/enabled', detail: 'enabled must be true or false.' }];
  const { status, body } = await invoke(() => {
    throw Problem.invalid(errors);
  });
  assert.equal(status, 422);
  assert.deepEqual((JSON.parse(body) as { errors: unknown }).errors, errors);
});

test('a problem lists no more than 50 faults, however many a body has', async () => {
  const errors = Array.from({ length: 20_000 }, (_, i) => ({ pointer: `/m${i}`, detail: 'x' }));
  const { body } = await invoke(() => {
    throw Problem.invalid(errors);
  });
  assert.equal((JSON.parse(body) as { errors: unknown[] }).errors.length, 50);
});

test('an error that nobody expected is answered with fixed text and logged with its cause', async () => {
  const { status, body, logs } = await invoke(() => {
    throw new TypeError('undefined is not a function of SomeLibrary');
  });
  assert.equal(status, 500);
  assert.doesNotMatch(body, /SomeLibrary|TypeError/);
  assert.ok(logs.some((line) => line.startsWith('error') && line.includes('SomeLibrary')));
});

test('what a caller has brought about is no error of ours, whatever its status', async () => {
  const { logs } = await invoke(() => {
    throw new Fault(501, 'This is not supported.', { reason: 'not_implemented' });
  });
  assert.equal(logs.length, 1);
  assert.match(logs[0] ?? '', /^warn.*"status":501/);
});

test('an outage of storage is 503 with Retry-After', async () => {
  const { status, headers, body } = await invoke(() => {
    const outage = new Error('connect ECONNREFUSED 127.0.0.1:10002');
    outage.name = 'RestError';
    throw outage;
  });
  assert.equal(status, 503);
  assert.equal(headers.get('Retry-After'), '5');
  assert.doesNotMatch(body, /ECONNREFUSED|RestError/);
});

test('the log event of a call holds what was noted, and nothing of query or headers', async () => {
  const { logs } = await invoke(
    (call) => {
      call.annotate({ client_id: 'a', reason: 'checked' });
      return json(404, {});
    },
    { headers: { authorization: 'Bearer very.secret.token' } },
  );
  assert.equal(logs.length, 1);
  assert.match(logs[0] ?? '', /"event":"example".*"status":404.*"client_id":"a"/);
  assert.doesNotMatch(logs.join(), /hunter2|very\.secret/);
});

test('a body above the limit is 413 and does not reach the room', async () => {
  let seen = false;
  const { status } = await invoke(
    async (call) => {
      await call.bytes(10);
      seen = true;
      return json(200, {});
    },
    { method: 'POST', body: { string: 'x'.repeat(11) } },
  );
  assert.equal(status, 413);
  assert.equal(seen, false);
});

test('a chunked body, which the host drops, is 411 and never an empty message', async () => {
  const { status, body } = await invoke(async (call) => json(200, await call.text(10)), {
    method: 'POST',
    headers: { 'transfer-encoding': 'chunked' },
  });
  assert.equal(status, 411);
  assert.match(body, /Content-Length/);
});

test('a body is read as UTF-8', async () => {
  const { body } = await invoke(async (call) => json(200, await call.text(100)), {
    method: 'POST',
    body: { bytes: Buffer.from('schön ✓') },
  });
  assert.equal(body, JSON.stringify('schön ✓'));
});
