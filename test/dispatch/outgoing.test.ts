import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidReply, makeReply, snapshotHeaders } from '../../shared/iflow/dispatch/outgoing.ts';
import { type Exchange, HeaderMap, type Value } from '../../shared/iflow/exchange.ts';
import { processorMs } from '../support/processor-time.ts';

function exchangeOf(body: string | Uint8Array, headers: Record<string, Value> = {}): Exchange {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) map.set(name, value);
  return { body, headers: map, properties: new Map(), attachments: new Map() };
}

const none = new Map<string, Value>();

test('the answer is 200 with the body of the exchange at End', () => {
  const reply = makeReply(exchangeOf('hello', { 'Content-Type': 'text/xml' }), none);
  assert.equal(reply.status, 200);
  assert.equal(Buffer.from(reply.body ?? '').toString(), 'hello');
  assert.deepEqual(reply.headers, {
    'X-Content-Type-Options': 'nosniff',
    'Content-Type': 'text/xml',
  });
});

test('without a content type text is text/plain and bytes are octets', () => {
  assert.match(makeReply(exchangeOf('a'), none).headers?.['Content-Type'] ?? '', /^text\/plain/);
  const bytes = makeReply(exchangeOf(Buffer.from([1])), none);
  assert.equal(bytes.headers?.['Content-Type'], 'application/octet-stream');
});

test('an empty body is 204 unless CamelHttpResponseCode says otherwise', () => {
  assert.equal(makeReply(exchangeOf(''), none).status, 204);
  assert.equal(makeReply(exchangeOf('', { CamelHttpResponseCode: 202 }), none).status, 202);
  assert.equal(makeReply(exchangeOf('x', { CamelHttpResponseCode: '404' }), none).status, 404);
});

test('a CamelHttpResponseCode that is no status fails the message', () => {
  for (const code of [99999, 199, 600, '2e2.5', 'abc', -1, 200.5, true, [200]]) {
    assert.throws(
      () => makeReply(exchangeOf('x', { CamelHttpResponseCode: code }), none),
      InvalidReply,
    );
  }
});

test('headers that the flow has set go out, those that came in with the request do not', () => {
  const exchange = exchangeOf('x', { a: '1', b: '2' });
  const arrived = snapshotHeaders(exchange.headers);
  exchange.headers.set('b', 'changed');
  exchange.headers.set('c', 3);
  const { headers } = makeReply(exchange, arrived);
  assert.deepEqual([headers?.['a'], headers?.['b'], headers?.['c']], [undefined, 'changed', '3']);
});

test('a flow cannot split the response, set cookies or touch the connection', () => {
  const { headers } = makeReply(
    exchangeOf('x', {
      'X-Split': 'a\r\nSet-Cookie: b=1',
      'Set-Cookie': 'c=1',
      'Transfer-Encoding': 'chunked',
      'Content-Length': '999',
      CamelHttpUrl: 'x',
      'bad name': 'x',
      'X-Wide': 'snow☃man ÿ',
      'X-List': ['a', 1, { b: 2 }],
      'X-Null': null,
    }),
    none,
  );
  assert.deepEqual(headers, {
    'X-Content-Type-Options': 'nosniff',
    'X-Split': 'a Set-Cookie: b=1',
    'X-Wide': 'snow?man ÿ',
    'X-List': 'a, 1, {"b":2}',
    'Content-Type': 'text/plain;charset=UTF-8',
  });
});

test('a header that came several times is not sent back in the copy that a script hands over', () => {
  const arrived = new Map<string, Value>([['a', ['1', '2']]]);
  const headers = makeReply(exchangeOf('x', { a: ['1', '2'], b: ['1', '2'] }), arrived).headers;
  assert.equal(headers?.['a'], undefined);
  assert.equal(headers?.['b'], '1, 2');
});

test('headers above what clients take fail the message with a sentence', () => {
  const headers = Object.fromEntries([1, 2, 3].map((n) => [`x-${n}`, 'v'.repeat(8000)]));
  assert.throws(() => makeReply(exchangeOf('x', headers), none), {
    name: 'InvalidReply',
    message: /exceed 16384 characters/,
  });
});

test('a header that a flow has made of a large body is cut before it is looked through', () => {
  const exchange = exchangeOf('x', { 'X-Body': '\n☃'.repeat(10_000_000) });
  const start = processorMs();
  const { headers } = makeReply(exchange, none);
  assert.equal(headers?.['X-Body'], ' ?'.repeat(4096).trim());
  assert.ok(processorMs() - start < 500);
});
