import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { HttpConfig } from '../../../shared/iflow/receivers/http/config.ts';
import { type Outcome, pauseBeforeRetry } from '../../../shared/iflow/receivers/http/retry.ts';
import { closedPort, serve } from '../../support/loopback-server.ts';
import { exchangeOf, NOW, runBundle } from '../running.ts';
import {
  callingFlow,
  type ChannelProperties,
  environmentWith,
  failureOf,
  httpService,
} from './http-under-test.ts';

const RETRY = {
  retryOnConnectionFailure: 'true',
  httpErrorResponseCodes: '500,503',
  retryIteration: '2',
  retryInterval: '0',
};

/** Answers with these statuses in turn, then 200. */
async function answering(t: TestContext, ...statuses: number[]) {
  const seen: string[] = [];
  const origin = await serve(t, (request, response) => {
    seen.push(request.method ?? '');
    response.statusCode = statuses[seen.length - 1] ?? 200;
    request.resume().on('end', () => response.end());
  });
  return { origin, seen };
}

async function call(
  t: TestContext,
  properties: ChannelProperties,
  headers: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const flow = callingFlow({ ...RETRY, allowedRequestHeaders: '*', ...properties });
  const exchange = exchangeOf('x', headers);
  await runBundle(flow, exchange, environmentWith(httpService(t))).catch(() => undefined);
  return exchange.headers.get('CamelHttpResponseCode') as number | undefined;
}

for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
  test(`a ${method} is tried again for the codes that the channel names`, async (t) => {
    const { origin, seen } = await answering(t, 500, 503);
    const properties = { httpAddressWithoutQuery: origin, httpMethod: method };
    assert.equal(await call(t, properties), 200);
    assert.equal(seen.length, 3);
  });
}

test('a code that is not named is not tried again, nor is any where the channel has no retry', async (t) => {
  const { origin, seen } = await answering(t, 502, 500);
  const properties = { httpAddressWithoutQuery: origin, httpMethod: 'GET' };
  assert.equal(await call(t, properties), undefined);
  assert.equal(seen.length, 1);
  assert.equal(await call(t, { ...properties, retryOnConnectionFailure: 'false' }), undefined);
  assert.equal(seen.length, 2);
});

for (const method of ['POST', 'PATCH']) {
  test(`a ${method} that may have done something is not sent again (RFC 9110 section 9.2.2)`, async (t) => {
    const { origin, seen } = await answering(t, 500);
    const properties = { httpAddressWithoutQuery: origin, httpMethod: method };
    assert.equal(await call(t, properties), undefined);
    assert.deepEqual(seen, [method]);
  });

  test(`a ${method} is sent again when the receiver says that it has done nothing`, async (t) => {
    const { origin, seen } = await answering(t, 503);
    const properties = { httpAddressWithoutQuery: origin, httpMethod: method };
    assert.equal(await call(t, properties), 200);
    assert.deepEqual(seen, [method, method]);
  });

  test(`a ${method} is sent again when it carries an Idempotency-Key`, async (t) => {
    const { origin, seen } = await answering(t, 500);
    const properties = { httpAddressWithoutQuery: origin, httpMethod: method };
    assert.equal(await call(t, properties, { 'Idempotency-Key': 'k' }), 200);
    assert.deepEqual(seen, [method, method]);
  });
}

test('the number of tries is the channel’s, and the last answer is what the call fails with', async (t) => {
  const { origin, seen } = await answering(t, 500, 503, 500, 503);
  const flow = callingFlow({ ...RETRY, httpAddressWithoutQuery: origin, httpMethod: 'GET' });
  const failure = await failureOf(flow, exchangeOf(), environmentWith(httpService(t)));
  assert.equal(failure.caught.statusCode, 500);
  assert.equal(seen.length, 3);
});

test('a connection that cannot be made is tried again with every method', async (t) => {
  const port = await closedPort();
  const address = `http://127.0.0.1:${port}/`;
  let lookups = 0;
  const lookup = () => {
    lookups += 1;
    return Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  };
  const environment = environmentWith(httpService(t, { inside: 'receiver.example', lookup }));
  const properties = { httpAddressWithoutQuery: address.replace('127.0.0.1', 'receiver.example') };
  const failure = await failureOf(
    callingFlow({ ...RETRY, ...properties }),
    exchangeOf('x'),
    environment,
  );
  assert.equal(failure.reason, 'receiver_connection');
  assert.equal(failure.caught.class, 'java.net.ConnectException');
  assert.doesNotMatch(failure.message, /may have got/);
  assert.equal(lookups, 3);
});

test('Retry-After of the receiver counts in the place of the interval (SAP Help), as long as the flow has time', async (t) => {
  let calls = 0;
  const origin = await serve(t, (request, response) => {
    calls += 1;
    if (calls === 1) response.writeHead(503, { 'Retry-After': '1' }).end();
    else if (request.url === '/long') response.writeHead(503, { 'Retry-After': '300' }).end();
    else response.end();
  });
  const properties = { ...RETRY, httpMethod: 'GET', retryInterval: '60' };
  const begun = performance.now();
  assert.equal(await call(t, { ...properties, httpAddressWithoutQuery: origin }), 200);
  const took = performance.now() - begun;
  assert.ok(took >= 990 && took < 5000, `${took} ms`);
  // The flow has 210 s.
  assert.equal(
    await call(t, { ...properties, httpAddressWithoutQuery: `${origin}/long` }),
    undefined,
  );
  assert.equal(calls, 3);
});

test('no try begins for which the flow has no time', async (t) => {
  const { origin, seen } = await answering(t, 500);
  const now = (): number => NOW + 205_000;
  const flow = callingFlow({
    ...RETRY,
    httpAddressWithoutQuery: origin,
    httpMethod: 'GET',
    retryInterval: '6',
  });
  const environment = environmentWith(httpService(t), {}, { now });
  assert.equal((await failureOf(flow, exchangeOf(), environment)).caught.statusCode, 500);
  assert.equal(seen.length, 1);
});

test('Retry on Exception tries again what the table names, and all when it names nothing', () => {
  const rule = (exceptions: string[]): NonNullable<HttpConfig['retry']> => ({
    statuses: [],
    connection: false,
    exceptions,
    iterations: 1,
    intervalMs: 7,
  });
  const broken: Outcome = { exception: 'java.io.IOException', mayHaveArrived: true };
  const refused: Outcome = { exception: 'java.net.ConnectException', mayHaveArrived: false };
  const get = { method: 'GET', headers: {} };
  const post = { method: 'POST', headers: {} };
  assert.equal(pauseBeforeRetry(rule([]), 1, get, broken), 7);
  assert.equal(pauseBeforeRetry(rule([]), 1, post, refused), 7);
  assert.equal(pauseBeforeRetry(rule([]), 2, get, broken), undefined);
  assert.equal(pauseBeforeRetry(rule([]), 1, post, broken), undefined);
  assert.equal(pauseBeforeRetry(rule(['java.io.IOException']), 1, get, broken), 7);
  assert.equal(pauseBeforeRetry(rule(['java.io.IOException']), 1, get, refused), undefined);
  assert.equal(pauseBeforeRetry(null, 1, get, broken), undefined);
});
