import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FORM, TOKEN_PATH } from '../conformance/deployment.ts';
import { ADMIN, fetchToken } from '../support/instance.ts';
import { openSocket, parseAnswer, readAll, sendRaw, wire } from '../support/raw-http.ts';
import { assertClear, deployOnTwo, type TwoInstances } from './two-instances.ts';

export const LOCAL_ONLY = 'sends what is no HTTP, which a front end answers in words of its own';

const GRANT = 'grant_type=client_credentials';
const QUERY = `${TOKEN_PATH}?${GRANT}`;

type Header = readonly [string, string];

let deployment: TwoInstances;
let client: Header;
let bearer: Header;
let admin: Header;

before(async () => {
  deployment = await deployOnTwo();
  client = ['Authorization', deployment.authorization];
  bearer = ['Authorization', `Bearer ${deployment.token}`];
  const token = await fetchToken(deployment.url, ADMIN.id, ADMIN.secret);
  admin = ['Authorization', `Bearer ${token}`];
});

/**
 * Sends a request to both instances: each answers with one of the statuses and without a token in
 * it; nothing is stored, and the next good request works.
 * @param bare answered by the HTTP server itself, before any function runs: the body may be empty.
 */
async function refused(request: string, statuses: readonly number[], bare = false): Promise<void> {
  const before = await deployment.stored();
  for (const url of deployment.urls) {
    const answer = await sendRaw(url, request);
    const about = request.slice(0, 120);
    assert.ok(answer, about);
    assert.ok(statuses.includes(answer.status), `${answer.status} ${answer.text} ${about}`);
    assert.doesNotMatch(answer.text, /access_token"/);
    if (!bare) {
      assertClear(answer.status, answer.text, about);
      assert.ok(answer.headers.has('x-invocation-id'), about);
    }
  }
  assert.equal(await deployment.stored(), before);
}

test('two Authorization headers, at every surface, in any mixture', async () => {
  const other: Header = ['Authorization', 'Basic eDp5'];
  for (const pair of [
    [client, client],
    [client, other],
    [other, client],
    [client, bearer],
    [bearer, client],
  ]) {
    await refused(wire('POST', QUERY, pair), [400]);
  }
  for (const pair of [
    [bearer, bearer],
    [bearer, other],
    [other, bearer],
    [bearer, ['authorization', 'Bearer x'] as const],
  ]) {
    await refused(wire('POST', '/http/hello', pair), [401]);
  }
  for (const pair of [
    [admin, admin],
    [admin, bearer],
    [bearer, admin],
  ]) {
    await refused(wire('DELETE', `/registry/v1/clients/${deployment.client.id}`, pair), [401]);
    await refused(wire('DELETE', "/api/v1/IntegrationPackages('TestPackage')", pair), [401]);
  }
  await deployment.works();
});

test('two credentials in one header', async () => {
  const [, good] = client;
  for (const value of [`${good}, ${good}`, `${good},Basic eDp5`, `${good} ${good}`, `${good};x`]) {
    await refused(wire('POST', QUERY, [['Authorization', value]]), [400, 401]);
  }
  for (const value of [`${bearer[1]}, ${bearer[1]}`, `${bearer[1]} x`, `${bearer[1]},`]) {
    await refused(wire('GET', '/http/hello', [['Authorization', value]]), [401]);
  }
});

test('repeated parameters, in query and body, spelt alike or not', async () => {
  const form: Header = ['Content-Type', FORM];
  const body = `${GRANT}&${GRANT}`;
  await refused(wire('POST', TOKEN_PATH, [client, form], body), [400]);
  await refused(wire('POST', TOKEN_PATH, [client, form], `${GRANT}&grant%5Ftype=x`), [400]);
  await refused(wire('POST', `${QUERY}&${GRANT}`, [client]), [400]);
  await refused(wire('POST', `${QUERY}&gr%61nt_type=client_credentials`, [client]), [400]);
  await refused(wire('POST', QUERY, [client, form], 'grant_type=password'), [400]);
  const many = `${GRANT}&${Array.from({ length: 3000 }, () => 'scope=a').join('&')}`;
  await refused(wire('POST', TOKEN_PATH, [client, form], many), [400]);
  await refused(wire('GET', '/registry/v1/clients?limit=1&limit=2', [admin]), [400]);
  await refused(wire('GET', '/registry/v1/clients?q=a&q=b', [admin]), [400]);
  await refused(wire('GET', '/api/v1/IntegrationPackages?$top=1&$top=2', [admin]), [400]);
});

test('other content types than an address takes', async () => {
  const types = ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'x', '/', ';'];
  for (const type of types) {
    const header: Header = ['Content-Type', type];
    await refused(wire('POST', TOKEN_PATH, [client, header], GRANT), [400]);
    await refused(wire('POST', '/registry/v1/clients', [admin, header], '{}'), [415]);
    await refused(
      wire('POST', '/api/v1/IntegrationPackages', [admin, header], '{"Id":"x"}'),
      [415],
    );
  }
  const json: Header = ['Content-Type', 'application/json'];
  await refused(wire('POST', TOKEN_PATH, [client, json], `{"grant_type":"x"}`), [400]);
  await refused(
    wire('POST', '/registry/v1/clients', [admin, json, ['Content-Type', 'text/xml']], '{}'),
    [415],
  );
  await refused(wire('POST', TOKEN_PATH, [client], GRANT), [400]);
});

test('encoded slashes, dots, NUL and broken escapes in a path', async () => {
  for (const path of [
    'a%2Fb',
    'a%5Cb',
    '%2e%2e%2fx',
    'a%25',
    '%',
    '%zz',
    '%c0%80',
    '%f0%9f%98%80',
  ]) {
    await refused(wire('GET', `/http/${path}`, [bearer]), [404]);
    await refused(wire('DELETE', `/registry/v1/clients/${path}`, [admin]), [400, 404]);
    await refused(wire('GET', `/api/v1/IntegrationPackages('${path}')`, [admin]), [400, 404]);
  }
  await refused(wire('GET', '/http/%00', [bearer]), [400], true);
  await refused(wire('GET', '/http//hello', [bearer]), [404]);
  await refused(wire('GET', '/oauth2%2Fapi/v1/token', []), [404]);
});

test('a path that climbs out of its surface meets the gate of the other', async () => {
  for (const path of ['/http/../registry/v1/clients', '/http/%2e%2e/registry/v1/clients']) {
    await refused(wire('GET', path, [bearer]), [401]);
  }
  await refused(wire('GET', '/oauth2/../api/v1/IntegrationPackages', [bearer]), [401]);
  await refused(
    wire('POST', '/http/../admin/functions/rotate-signing-keys', [bearer]),
    [404, 415],
    true,
  );
});

test('headers of 17 KB, one or many, and a target of 17 KB', async () => {
  const large = 'a'.repeat(17 * 1024);
  await refused(wire('POST', QUERY, [client, ['X-Large', large]]), [431], true);
  await refused(wire('POST', QUERY, [['Authorization', `Basic ${large}`]]), [431], true);
  const many = Array.from({ length: 2000 }, (_, i): Header => [`x-${i}`, 'a'.repeat(10)]);
  await refused(wire('POST', QUERY, [client, ...many]), [431], true);
  await refused(wire('POST', `${QUERY}&x=${large}`, [client]), [431], true);
  await deployment.works();
});

test('a request that two servers would read differently (RFC 9112 section 6.3)', async () => {
  const chunked: Header = ['Transfer-Encoding', 'chunked'];
  const smuggled = `0\r\n\r\n${wire('DELETE', `/registry/v1/clients/${deployment.client.id}`, [admin, ['If-Match', '*']])}`;
  for (const headers of [
    [['Content-Length', '5'], chunked],
    [chunked, ['Content-Length', '5']],
    [
      ['Content-Length', '5'],
      ['Content-Length', '6'],
    ],
    [['Content-Length', '5, 5']],
    [['Content-Length', '-1']],
    [['Content-Length', '+5']],
    [['Content-Length', '0x5']],
    [chunked, chunked],
    [['Transfer-Encoding', 'chunked, identity']],
    [['Transfer-Encoding', 'xchunked']],
    [['Transfer-Encoding ', 'chunked']],
  ] as readonly (readonly Header[])[]) {
    await refused(
      wire('POST', '/http/hello', [bearer, ...headers]) + smuggled,
      [400, 411, 501],
      true,
    );
  }
  await deployment.works();
});

test('lines that are no HTTP: bare line feeds, folded and nameless headers, control characters', async () => {
  const head = 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n';
  const end = 'Connection: close\r\n\r\n';
  for (const request of [
    'GET /health/live HTTP/1.1\nHost: localhost\nConnection: close\n\n',
    `${head}X: a\r\n b\r\n${end}`,
    `${head}X : a\r\n${end}`,
    `${head}: a\r\n${end}`,
    `${head}X: a\u0000b\r\n${end}`,
    `${head}X\u0000: a\r\n${end}`,
    `GET /health/live HTTP/9.9\r\nHost: localhost\r\n${end}`,
    `GET /health/\u0001 HTTP/1.1\r\nHost: localhost\r\n${end}`,
    `FOO /health/live HTTP/1.1\r\nHost: localhost\r\n${end}`,
    `GET /health/live HTTP/1.1\r\nHost: a b\r\n${end}`,
    `GET /health/live HTTP/1.1\r\nHost: user@evil\r\n${end}`,
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'.padEnd(200, 'x'),
  ]) {
    await refused(request, [400], true);
  }
  await deployment.works();
});

test('headers that a proxy or the platform would set are not believed', async () => {
  const forged: readonly Header[] = [
    ['X-Forwarded-For', '10.0.0.1'],
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Proto', 'gopher'],
    ['X-Original-URL', '/registry/v1/clients'],
    ['X-HTTP-Method-Override', 'DELETE'],
    ['X-MS-Client-Principal', Buffer.from('{"userId":"x"}').toString('base64')],
    ['X-MS-Client-Principal-Id', 'x'],
    ['X-Invocation-Id', 'mine'],
    ['X-MS-Invocation-Id', 'mine'],
    ['SapAuthenticatedUserName', 'oauth_client_test-admin'],
    ['CamelHttpResponseCode', '418'],
    ['Cookie', 'JSESSIONID=x; access_token=y'],
  ];
  for (const url of deployment.urls) {
    const answer = await sendRaw(url, wire('GET', '/.well-known/openid-configuration', forged));
    assert.equal(answer?.status, 200);
    assert.doesNotMatch(answer.text, /evil|gopher/);
    assert.match(answer.headers.get('x-invocation-id') ?? '', /^[0-9a-f-]{36}$/);
  }
  await refused(wire('POST', '/registry/v1/clients', forged), [401]);
  await refused(wire('POST', '/http/hello', forged), [401]);
});

test('header values beyond ISO-8859-1 fail in the Functions library before any function, and do no more', async () => {
  const value = Buffer.from('✓ 😀', 'utf8').toString('latin1');
  for (const name of ['X-Any', 'Origin', 'User-Agent', 'If-Match']) {
    await refused(wire('POST', QUERY, [client, [name, value]]), [500], true);
  }
  await deployment.works();
});

test('an Origin of any kind changes who may read an answer, and nothing else', async () => {
  for (const origin of ['null', 'https://evil.example', 'x', '*', 'a, b', '\u00fc', '"']) {
    for (const url of deployment.urls) {
      const answer = await sendRaw(url, wire('POST', QUERY, [client, ['Origin', origin]]));
      // The character outside of UTF-8 is refused by the host itself.
      assert.equal(answer?.status, origin === '\u00fc' ? 400 : 200, origin);
      assert.equal(answer.headers.get('access-control-allow-origin'), null);
    }
  }
});

test('a body that is cut short reaches nobody, and holds up nobody', async () => {
  const before = await deployment.stored();
  const json: Header = ['Content-Type', 'application/json'];
  const requests = [
    wire('POST', '/registry/v1/clients', [admin, json], '{"client_id":"cut-short"}'),
    wire('POST', '/http/hello', [bearer], 'half of a message'),
    wire('POST', TOKEN_PATH, [client, ['Content-Type', FORM]], GRANT),
    wire(
      'DELETE',
      `/registry/v1/clients/${deployment.client.id}`,
      [admin, ['If-Match', '*'], json],
      '{"x":1}',
    ),
  ];
  for (const url of deployment.urls) {
    for (const request of requests) {
      const socket = await openSocket(url);
      const answered = readAll(socket);
      await new Promise<void>((sent) => socket.write(request.slice(0, -3), () => sent()));
      socket.end();
      const answer = parseAnswer(await answered);
      assert.ok(answer === undefined || answer.status === 400, answer?.text);
      const reset = await openSocket(url);
      await new Promise<void>((sent) => reset.write(request.slice(0, -3), () => sent()));
      reset.resetAndDestroy();
    }
  }
  assert.equal(await deployment.stored(), before);
  await deployment.works();
});

test('a body that comes a byte at a time is waited for, and others are not kept waiting', async () => {
  const socket = await openSocket(deployment.url);
  const answered = readAll(socket);
  const request = wire('POST', TOKEN_PATH, [client, ['Content-Type', FORM]], GRANT);
  const headEnd = request.indexOf('\r\n\r\n') + 4;
  socket.write(request.slice(0, headEnd));
  for (const [at, byte] of Buffer.from(request.slice(headEnd)).entries()) {
    socket.write(Buffer.of(byte));
    if (at % 6 === 0) await deployment.works();
  }
  const answer = parseAnswer(await answered);
  assert.equal(answer?.status, 200);
  assert.match(answer.text, /"access_token":/);
});

test('connections that are opened and say nothing, or half of a head, hold up nobody', async () => {
  const silent = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const socket = await openSocket(deployment.urls[index % 2] ?? '');
      if (index % 3 !== 0) socket.write('POST /oauth2/api/v1/token HTTP/1.1\r\nHost: lo');
      return socket;
    }),
  );
  await deployment.works();
  for (const socket of silent) socket.destroy();
  await deployment.works();
});

test('a body that is announced and never sent holds up nobody and changes nothing', async () => {
  const announced: Header = ['Content-Length', String(60 * 1024 * 1024)];
  const before = await deployment.stored();
  const head = wire('POST', '/registry/v1/clients', [admin, announced]);
  // The host reads the body before it calls a function.
  const socket = await openSocket(deployment.url);
  socket.write(head);
  await deployment.works();
  socket.destroy();
  assert.equal(await deployment.stored(), before);
});

test('of all these requests none has sent a message', async () => {
  await deployment.assertNoOtherMessage();
});
