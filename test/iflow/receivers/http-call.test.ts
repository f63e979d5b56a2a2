import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test, type TestContext } from 'node:test';
import type { Value } from '../../../shared/iflow/exchange.ts';
import { failureOf as failureOfAnswer } from '../../../shared/iflow/receivers/http/take-answer.ts';
import { ForwardedTrace } from '../../../shared/telemetry/telemetry.ts';
import { flowBundle, line, setBody } from '../../support/flow-bundle.ts';
import { serve, serveBytes } from '../../support/loopback-server.ts';
import { exchangeOf, NOW, runBundle } from '../running.ts';
import {
  bodyOf,
  callingFlow,
  type ChannelProperties,
  environmentWith,
  failureOf,
  httpService,
} from './http-under-test.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function echo(t: TestContext): Promise<{ origin: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const origin = await serve(t, (request, response) => {
    void bodyOf(request).then((body) => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body });
      response.end('answer');
    });
  });
  return { origin, seen };
}

async function sent(
  t: TestContext,
  properties: ChannelProperties,
  exchange: ReturnType<typeof exchangeOf>,
  environment = environmentWith(httpService(t)),
): Promise<Seen> {
  const { origin, seen } = await echo(t);
  const all = { httpAddressWithoutQuery: `${origin}/x`, ...properties };
  await runBundle(callingFlow(all), exchange, environment);
  const [only, ...more] = seen;
  assert.ok(only !== undefined && more.length === 0);
  return only;
}

test('a POST has the body, its type and its length, and the answer takes the place of the message', async (t) => {
  const exchange = exchangeOf('grün', { 'Content-Type': 'text/plain' });
  const seen = await sent(t, { httpAddressQuery: 'a=b' }, exchange);
  assert.equal(seen.method, 'POST');
  assert.equal(seen.url, '/x?a=b');
  assert.equal(Buffer.from(seen.body, 'latin1').toString(), 'grün');
  assert.equal(seen.headers['content-type'], 'text/plain');
  assert.equal(seen.headers['content-length'], '5');
  assert.equal(seen.headers['transfer-encoding'], undefined);
  assert.equal(seen.headers['user-agent'], 'Flowgate');
  assert.equal(Buffer.from(exchange.body).toString(), 'answer');
  assert.equal(exchange.headers.get('CamelHttpResponseCode'), 200);
  assert.equal(exchange.headers.get('CamelHttpResponseText'), 'OK');
  assert.equal(exchange.headers.get('Content-Type'), undefined);
});

for (const method of ['GET', 'HEAD', 'DELETE'] as const) {
  test(`a ${method} has no body unless the channel says so (SAP Help, HTTP Receiver Adapter)`, async (t) => {
    const headers = { 'Content-Type': 'text/plain' };
    const without = await sent(t, { httpMethod: method }, exchangeOf('body', headers));
    assert.equal(without.method, method);
    assert.equal(without.body, '');
    assert.equal(without.headers['content-type'], undefined);
    const properties = { httpMethod: method, httpShouldSendBody: 'true' };
    const withBody = await sent(t, properties, exchangeOf('body', headers));
    assert.equal(withBody.body, 'body');
    assert.equal(withBody.headers['content-type'], 'text/plain');
  });
}

test('a dynamic method is what its expression says, POST when that is empty', async (t) => {
  const properties = { httpMethod: 'DYNAMIC', methodSourceExpression: '${header.CamelHttpMethod}' };
  for (const [value, method] of [
    ['put', 'PUT'],
    ['MERGE', 'MERGE'],
    ['', 'POST'],
  ] as const) {
    const seen = await sent(t, properties, exchangeOf('x', { CamelHttpMethod: value }));
    assert.equal(seen.method, method);
  }
  const { origin, seen } = await echo(t);
  for (const value of ['CONNECT', 'GET / HTTP/1.1\r\nHost: a', 'ü']) {
    const flow = callingFlow({ ...properties, httpAddressWithoutQuery: origin });
    const exchange = exchangeOf('x', { CamelHttpMethod: value });
    const failure = await failureOf(flow, exchange, environmentWith(httpService(t)));
    assert.equal(failure.reason, 'method');
  }
  assert.equal(seen.length, 0);
});

test('CamelHttpMethod of the sender does not change a method that is fixed', async (t) => {
  const seen = await sent(t, { httpMethod: 'PUT' }, exchangeOf('x', { CamelHttpMethod: 'GET' }));
  assert.equal(seen.method, 'PUT');
});

const HEADERS: Readonly<Record<string, Value>> = {
  Authorization: 'Bearer own',
  'X-Key': 'k',
  'X-Other': 'o',
  Accept: 'application/json',
  CamelHttpQuery: '',
  CamelHttpPath: '',
  'org.apache.camel.x': '1',
  SapAuthenticatedUserName: 'somebody',
  SAP_MessageProcessingLogID: 'guid',
  SAP_MplCorrelationId: 'guid',
  Host: 'evil.example',
  'Content-Length': '999',
  'Transfer-Encoding': 'chunked',
  Connection: 'upgrade',
  Upgrade: 'h2c',
  Expect: '100-continue',
  'Proxy-Authorization': 'Basic eA==',
  'Cache-Control': 'no-cache',
  Via: 'x',
  'a header': 'x',
  'X-List': ['1', '2'],
  'X-Null': null,
};

test('* sends the headers of the message, but those of the connection, of Camel and of the runtime', async (t) => {
  const { headers } = await sent(t, { allowedRequestHeaders: '*' }, exchangeOf('x', HEADERS));
  const { host, connection, 'content-length': length, ...rest } = headers;
  assert.match(host ?? '', /^127\.0\.0\.1:/);
  assert.equal(connection, 'keep-alive');
  assert.equal(length, '1');
  assert.deepEqual(rest, {
    authorization: 'Bearer own',
    'x-key': 'k',
    'x-other': 'o',
    accept: 'application/json',
    'x-list': '1, 2',
    'accept-encoding': 'gzip, deflate, br',
    'user-agent': 'Flowgate',
  });
});

test('a list sends what it names, without regard to case, and names what the runtime knows if it wants it', async (t) => {
  const properties = {
    allowedRequestHeaders: 'x-KEY|SapAuthenticatedUserName|Host|CamelHttpMethod|*',
  };
  const { headers } = await sent(t, properties, exchangeOf('x', HEADERS));
  assert.equal(headers['x-key'], 'k');
  assert.equal(headers['sapauthenticatedusername'], 'somebody');
  assert.match(headers.host ?? '', /^127\.0\.0\.1:/);
  for (const name of ['x-other', 'authorization', 'camelhttpmethod', 'sap_mplcorrelationid']) {
    assert.equal(headers[name], undefined, name);
  }
  assert.equal(headers.accept, '*/*');
});

test('a property may list the headers', async (t) => {
  const exchange = exchangeOf('x', HEADERS, { list: 'X-Key|X-Other' });
  const { headers } = await sent(t, { allowedRequestHeaders: '${property.list}' }, exchange);
  assert.equal(headers['x-key'], 'k');
  assert.equal(headers['x-other'], 'o');
  assert.equal(headers.authorization, undefined);
});

test('line breaks in a header do not become headers', async (t) => {
  const { headers } = await sent(
    t,
    { allowedRequestHeaders: '*' },
    exchangeOf('x', {
      'X-A': 'a\r\nX-Evil: 1\r\n\r\nGET /y HTTP/1.1',
      'Content-Type': 'a\nX-Evil: 2',
    }),
  );
  assert.equal(headers['x-evil'], undefined);
  assert.equal(headers['x-a'], 'a X-Evil: 1 GET /y HTTP/1.1');
});

test('headers that no server takes are refused before anything is sent', async (t) => {
  const { origin, seen } = await echo(t);
  const flow = callingFlow({ httpAddressWithoutQuery: origin, allowedRequestHeaders: '*' });
  const many = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`X-${i}`, 'x'.repeat(4000)]),
  );
  for (const headers of [{ 'X-Long': 'x'.repeat(9000) }, many]) {
    const failure = await failureOf(flow, exchangeOf('', headers), environmentWith(httpService(t)));
    assert.equal(failure.reason, 'headers');
  }
  assert.equal(seen.length, 0);
});

test('the trace of the message goes on at the receiver, whatever the message has in its headers', async (t) => {
  const traceParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const trace = new ForwardedTrace({ traceParent, traceState: 'a=1' });
  const environment = environmentWith(httpService(t), {}, { trace });
  const exchange = exchangeOf('x', { Traceparent: 'other' });
  const { headers } = await sent(t, { allowedRequestHeaders: '*' }, exchange, environment);
  assert.match(String(headers['traceparent']), /^00-0af7651916cd43dd8448eb211c80319c-/);
});

test('text is sent in the encoding that CamelCharsetName says', async (t) => {
  const exchange = exchangeOf('ä€', {}, { CamelCharsetName: 'ISO-8859-1' });
  assert.equal((await sent(t, {}, exchange)).body, 'ä?');
  const utf16 = exchangeOf('ä', { CamelCharsetName: 'UTF-16' });
  assert.equal((await sent(t, {}, utf16)).body, '\xfe\xff\0\xe4');
  const { origin, seen } = await echo(t);
  const flow = callingFlow({ httpAddressWithoutQuery: origin });
  const unknown = exchangeOf('ä', { CamelCharsetName: 'EBCDIC' });
  const failure = await failureOf(flow, unknown, environmentWith(httpService(t)));
  assert.equal(failure.reason, 'charset');
  assert.equal(seen.length, 0);
});

const ANSWER = {
  'Content-Type': 'application/json',
  'X-One': 'a',
  'Set-Cookie': ['a=1; Path=/', 'b=2'],
  'X-Two': ['1', '2'],
  CamelHttpUri: 'http://evil.example/',
  SapAuthenticatedUserName: 'administrator',
  ETag: '"v1"',
};

async function answered(
  t: TestContext,
  properties: ChannelProperties,
  before: Readonly<Record<string, Value>> = {},
): Promise<Record<string, Value>> {
  const origin = await serve(t, (_request, response) => {
    for (const [name, value] of Object.entries(ANSWER)) response.setHeader(name, value);
    response.end('{}');
  });
  const exchange = exchangeOf('x', before);
  const flow = callingFlow({ httpAddressWithoutQuery: origin, ...properties });
  await runBundle(flow, exchange, environmentWith(httpService(t)));
  return Object.fromEntries(exchange.headers);
}

test('the headers of the answer come into the message, but what would steer the runtime', async (t) => {
  const { Date: date, ...headers } = await answered(
    t,
    {},
    {
      SapAuthenticatedUserName: 'somebody',
      'X-Mine': 'm',
      'X-One': 'before',
      'If-Match': '"v0"',
      'User-Agent': 'caller',
      Authorization: 'Bearer own',
    },
  );
  assert.equal(typeof date, 'string');
  assert.deepEqual(headers, {
    SapAuthenticatedUserName: 'somebody',
    'X-Mine': 'm',
    'X-One': 'a',
    Authorization: 'Bearer own',
    'Content-Type': 'application/json',
    'Set-Cookie': ['a=1; Path=/', 'b=2'],
    'X-Two': '1, 2',
    ETag: '"v1"',
    'Content-Length': '2',
    CamelHttpResponseCode: 200,
    CamelHttpResponseText: 'OK',
  });
});

test('a list of response headers lets in those alone, and the content type', async (t) => {
  const headers = await answered(t, { allowedResponseHeaders: 'x-one|CamelHttpUri' });
  assert.deepEqual(headers, {
    'X-One': 'a',
    'Content-Type': 'application/json',
    CamelHttpResponseCode: 200,
    CamelHttpResponseText: 'OK',
  });
});

test('an answer in another encoding than UTF-8 is handed on as text', async (t) => {
  const origin = await serve(t, (request, response) => {
    const type = request.url?.slice(1) ?? '';
    response
      .setHeader('Content-Type', decodeURIComponent(type))
      .end(Buffer.from('gr\xfcn', 'latin1'));
  });
  const bodyFor = async (type: string): Promise<{ body: unknown; type: unknown }> => {
    const exchange = exchangeOf();
    const flow = callingFlow({ httpAddressWithoutQuery: `${origin}/${encodeURIComponent(type)}` });
    await runBundle(flow, exchange, environmentWith(httpService(t)));
    return { body: exchange.body, type: exchange.headers.get('Content-Type') };
  };
  assert.deepEqual(await bodyFor('text/csv; charset=ISO-8859-1'), {
    body: 'grün',
    type: 'text/csv; charset=UTF-8',
  });
  assert.deepEqual(await bodyFor('application/xml;charset="windows-1252"; a=b'), {
    body: 'grün',
    type: 'application/xml;charset=UTF-8; a=b',
  });
  for (const type of ['image/png; charset=ISO-8859-1', 'text/csv', 'text/csv; charset=klingon']) {
    const { body } = await bodyFor(type);
    assert.deepEqual(body, Buffer.from('gr\xfcn', 'latin1'), type);
  }
});

const ERROR = Buffer.from('{"error":"no such order"}');

async function failing(t: TestContext, status = 404): Promise<string> {
  return serve(t, (_request, response) => {
    response.statusMessage = 'No Such Order';
    response.writeHead(status, {
      'Content-Type': 'application/json',
      Location: '/other?key=secret',
    });
    response.end(ERROR);
  });
}

test('an error answer fails the step as Camel’s exception, without the query of the URL', async (t) => {
  const origin = await failing(t);
  const properties = {
    httpAddressWithoutQuery: `${origin}/orders`,
    httpAddressQuery: 'key=secret',
  };
  const exchange = exchangeOf('order', { 'X-Mine': 'm' });
  const failure = await failureOf(
    callingFlow(properties),
    exchange,
    environmentWith(httpService(t)),
  );
  assert.equal(failure.reason, 'receiver_answer');
  assert.equal(
    failure.message,
    `HTTP operation failed invoking ${origin}/orders with statusCode: 404`,
  );
  assert.deepEqual(failure.caught, {
    class: 'org.apache.camel.component.ahc.AhcOperationFailedException',
    statusCode: 404,
    statusText: 'No Such Order',
    responseBody: ERROR.toString(),
  });
  // A step that fails leaves the message as it was.
  assert.equal(exchange.body, 'order');
  assert.deepEqual(Object.fromEntries(exchange.headers), { 'X-Mine': 'm' });
});

test('of a huge answer to a failed call no more than its beginning is decoded and kept', () => {
  const body = Buffer.alloc(100 * 1024 * 1024, 'ä');
  const before = process.memoryUsage().external;
  const { caught } = failureOfAnswer(
    { status: 500, statusText: '', headers: new Map(), body },
    'https://receiver.example/',
  );
  assert.ok(process.memoryUsage().external - before < 50 * 1024 * 1024);
  assert.equal(caught.responseBody, 'ä'.repeat(1024 * 1024));
});

test('a redirect fails and tells where it would lead, and nothing goes there', async (t) => {
  const origin = await failing(t, 302);
  const flow = callingFlow({ httpAddressWithoutQuery: `${origin}/orders` });
  const failure = await failureOf(flow, exchangeOf(), environmentWith(httpService(t)));
  assert.equal(
    failure.message,
    `HTTP operation failed invoking ${origin}/orders with statusCode: 302, redirectLocation: ${origin}/other`,
  );
  assert.equal(failure.caught.statusCode, 302);
});

test('an error answer is an answer where the channel throws no exception', async (t) => {
  const origin = await failing(t, 500);
  const properties = { httpAddressWithoutQuery: origin, throwExceptionOnFailure: 'false' };
  const exchange = exchangeOf();
  await runBundle(callingFlow(properties), exchange, environmentWith(httpService(t)));
  assert.equal(exchange.headers.get('CamelHttpResponseCode'), 500);
  assert.deepEqual(exchange.body, ERROR);
});

test('an exception subprocess sees the status, the text and the body of a failed call', async (t) => {
  const origin = await failing(t, 409);
  const zip = flowBundle({
    receivers: [{ from: 'Call', adapter: 'HTTP', properties: { httpAddressWithoutQuery: origin } }],
    processes: [
      {
        ...line({ id: 'Call', cname: 'ExternalCall' }),
        exception: {
          nodes: [
            { id: 'Caught', cname: 'ErrorStartEvent' },
            setBody('Tell', '${header.CamelHttpResponseCode} ${exception.message}'),
            { id: 'End', cname: 'MessageEndEvent' },
          ],
        },
      },
    ],
  });
  const exchange = exchangeOf('order');
  await runBundle(zip, exchange, environmentWith(httpService(t)));
  assert.equal(exchange.body, `409 HTTP operation failed invoking ${origin}/ with statusCode: 409`);
  const caught = exchange.properties.get('CamelExceptionCaught') as Record<string, unknown>;
  assert.equal(caught['responseBody'], ERROR.toString());
  assert.equal(caught['statusText'], 'No Such Order');
});

test('Send hands the message over and goes on with it as it was', async (t) => {
  const { origin, seen } = await echo(t);
  const zip = flowBundle({
    receivers: [{ from: 'Call', adapter: 'HTTP', properties: { httpAddressWithoutQuery: origin } }],
    processes: [line({ id: 'Call', cname: 'Send' })],
  });
  const exchange = exchangeOf('mine', { 'X-Mine': 'm' });
  await runBundle(zip, exchange, environmentWith(httpService(t)));
  assert.equal(seen[0]?.body, 'mine');
  assert.equal(exchange.body, 'mine');
  assert.deepEqual(Object.fromEntries(exchange.headers), { 'X-Mine': 'm' });
});

test('the time limit of the channel ends a call, and the exception subprocess may handle it', async (t) => {
  const origin = await serveBytes(t, () => undefined);
  const properties = { httpAddressWithoutQuery: origin, httpRequestTimeout: '150' };
  const failure = await failureOf(
    callingFlow(properties),
    exchangeOf(),
    environmentWith(httpService(t)),
  );
  assert.equal(failure.reason, 'receiver_timeout');
  assert.equal(failure.caught.class, 'java.util.concurrent.TimeoutException');
  assert.match(
    failure.message,
    /gave no answer in 150 ms\. The receiver may have got the request\.$/,
  );
});

test('the time limit of the flow ends a call that would last longer', async (t) => {
  const origin = await serveBytes(t, () => undefined);
  const service = httpService(t);
  // 200 ms before the deadline of the test's flows.
  const now = (): number => NOW + 209_800;
  const flow = callingFlow({ httpAddressWithoutQuery: origin });
  const begun = performance.now();
  const failure = await failureOf(flow, exchangeOf(), environmentWith(service, {}, { now }));
  assert.equal(failure.reason, 'receiver_timeout');
  assert.ok(performance.now() - begun < 20_000);
});

for (const address of [
  'http://169.254.169.254/latest/meta-data',
  'https://2130706433/',
  'http://0x7f.0.0.1/',
  'http://0177.0.0.1:8080/',
  'http://①②⑦.0.0.1/',
  'http://%31%32%37.0.0.1/',
  'https://[::ffff:169.254.169.254]/',
  'http://[fd00:ec2::254]/',
]) {
  test(`a message cannot have the receiver call ${address}`, async (t) => {
    const flow = callingFlow({ httpAddressWithoutQuery: 'https://${header.host}' });
    const whole = callingFlow({ httpAddressWithoutQuery: '${header.url}' });
    const environment = environmentWith(httpService(t, { inside: '' }));
    const host = address.replace(/^https?:\/\//, '');
    for (const [zip, headers] of [
      [flow, { host }],
      [whole, { url: address }],
      [callingFlow({ httpAddressWithoutQuery: 'https://a.example/' }), { CamelHttpUri: address }],
    ] as const) {
      const failure = await failureOf(zip, exchangeOf('', headers), environment);
      assert.equal(failure.reason, 'url');
      assert.match(failure.message, /FLOWGATE_PRIVATE_HOSTS/);
    }
  });
}

test('a name that leads inside is refused when it is called, and the receiver gets nothing', async (t) => {
  const { origin, seen } = await echo(t);
  const { port } = new URL(origin);
  const lookup = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  const environment = environmentWith(httpService(t, { inside: '', lookup }));
  const flow = callingFlow({ httpAddressWithoutQuery: `http://name.example:${port}/` });
  const failure = await failureOf(flow, exchangeOf(), environment);
  assert.equal(failure.reason, 'private_address');
  assert.equal(seen.length, 0);
});
