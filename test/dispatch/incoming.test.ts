import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeExchange } from '../../shared/iflow/dispatch/incoming.ts';
import { makeCall } from '../support/call.ts';

const arrival = {
  messageGuid: 'A'.repeat(28),
  correlationId: 'B'.repeat(28),
  user: 'oauth_client_a',
  address: '/v1/orders/*',
  wildcardTail: '17/items',
};

function headersOf(path: string, headers: Record<string, string>, allowedHeaders: string[] = []) {
  const call = makeCall({ method: 'POST', path, headers });
  const exchange = makeExchange(call, Buffer.from('x'), arrival, { allowedHeaders });
  return Object.fromEntries(exchange.headers);
}

test('the adapter sets the headers that SAP names, and the caller cannot', () => {
  const forged = {
    camelhttpmethod: 'DELETE',
    CamelHttpResponseCode: '200',
    SapAuthenticatedUserName: 'oauth_client_admin',
    SAP_MessageProcessingLogID: 'forged',
  };
  const query = new URLSearchParams(forged).toString();
  const headers = headersOf(`/http/v1/orders/17/items?${query}`, forged, ['*']);
  assert.equal(headers['CamelHttpMethod'], 'POST');
  assert.equal(headers['CamelHttpPath'], '17/items');
  assert.equal(headers['CamelServletContextPath'], '/v1/orders/*');
  assert.equal(headers['CamelHttpQuery'], query);
  assert.equal(headers['CamelHttpUrl'], 'http://localhost:7071/http/v1/orders/17/items');
  assert.equal(headers['SapAuthenticatedUserName'], 'oauth_client_a');
  assert.equal(headers['SAP_MessageProcessingLogID'], 'A'.repeat(28));
  assert.equal(headers['SAP_MplCorrelationId'], 'B'.repeat(28));
  assert.equal(headers['CamelHttpResponseCode'], undefined);
});

test('without a certificate nothing of one reaches a flow, however it is sent (SAP Help, Specify the Runtime Configuration)', () => {
  const forged = { SSL_CLIENT_CERT: 'forged', ssl_client_user: 'CN=forged' };
  const query = new URLSearchParams(forged).toString();
  for (const list of [['*'], ['SSL_CLIENT_CERT', 'SSL_CLIENT_USER'], ['ssl.*']]) {
    const names = Object.keys(headersOf(`/http/x?${query}`, forged, list));
    assert.deepEqual(
      names.filter((name) => /ssl/i.test(name)),
      [],
    );
  }
});

test('every query parameter is a header; a repeated one and a header of its name are appended', () => {
  const headers = headersOf('/http/x?a=1&b=2&b=3&x-trace=q', { 'x-trace': 'h' }, ['X-Trace']);
  assert.equal(headers['a'], '1');
  assert.deepEqual(headers['b'], ['2', '3']);
  assert.deepEqual(headers['X-Trace'], ['h', 'q']);
});

test('other request headers come in only if the flow allows them', () => {
  const sent = { 'x-order': '1', 'x-other': '2', 'content-type': 'text/xml', cookie: 'c=1' };
  assert.equal(headersOf('/http/x', sent)['x-order'], undefined);
  assert.equal(headersOf('/http/x', sent)['Content-Type'], 'text/xml');
  const some = headersOf('/http/x', sent, ['X-Order', 'y-.*']);
  assert.equal(some['X-Order'], '1');
  assert.equal(some['x-other'], undefined);
  const pattern = headersOf('/http/x', sent, ['x-o[rt].*']);
  assert.equal(pattern['x-order'], '1');
  assert.equal(pattern['x-other'], '2');
  assert.equal(headersOf('/http/x', sent, ['*'])['x-other'], '2');
});

test('neither cookies nor the access token and its proof ever reach a flow', () => {
  const sent = { authorization: 'Bearer secret', dpop: 'proof', cookie: 'session=1' };
  const headers = headersOf('/http/x?authorization=q&Cookie=q', sent, ['*']);
  assert.equal(headers['authorization'], undefined);
  assert.equal(headers['cookie'], undefined);
  assert.equal(headers['dpop'], undefined);
  assert.equal(headers['Cookie'], undefined);
});

test('an allowed header that is no regular expression lets nothing in', () => {
  assert.equal(headersOf('/http/x', { 'x-order': '1' }, ['x-order('])['x-order'], undefined);
});

test('a query parameter that comes again and again is one header with a list', () => {
  const query = Array.from({ length: 1000 }, (_, i) => `${i % 2 === 0 ? 'A' : 'a'}=${i}`).join('&');
  const headers = headersOf(`/http/v1/orders/1?${query}`, {});
  assert.equal((headers['A'] as unknown[]).length, 1000);
  assert.equal(headers['a'], undefined);
});

test('more than 1,000 query parameters are refused', () => {
  assert.throws(() => headersOf(`/http/v1/orders/1?${'a&'.repeat(1001)}`, {}), {
    name: 'Fault',
    status: 400,
    reason: 'too_many_parameters',
  });
});

test('entries of Allowed Headers are names, patterns or all; a caller cannot make one explode', () => {
  const sent = { 'x-order': '1', 'x-other': '2', 'y-z': '3', [`${'a'.repeat(90)}!`]: '4' };
  assert.deepEqual(
    Object.keys(headersOf('/http/a', sent, ['X-Order', 'y.*'])).filter(
      (n) => !/^(Camel|S)/.test(n),
    ),
    ['X-Order', 'y-z'],
  );
  const none = headersOf('/http/a', sent, ['(a+)+', '[']);
  assert.deepEqual(
    Object.keys(none).filter((n) => !/^(Camel|S)/.test(n)),
    [],
  );
});
