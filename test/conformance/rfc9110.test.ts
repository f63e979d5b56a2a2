import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { sendRaw, wire } from '../support/raw-http.ts';
import { deploy, type Deployment, FORM, membersOf, TOKEN_PATH } from './deployment.ts';

export const REMOTE = true;

let deployment: Deployment;
let send: Deployment['admin']['send'];

before(async () => {
  deployment = await deploy();
  send = (...request) => deployment.admin.send(...request);
});

/** Addresses of every surface that can be read, without a query. */
const READABLE = [
  '/',
  '/health/live',
  '/oauth2/api/v1/jwks',
  '/.well-known/oauth-authorization-server',
  '/registry/v1/clients',
  '/registry/v1/keys',
  '/registry/v1/subscriptions',
  '/api/v1/',
  '/api/v1/$metadata',
  '/api/v1/IntegrationPackages',
];

const rolesPath = (): string =>
  `/registry/v1/subscriptions/${deployment.subscriptions.iflmap}/roles`;

async function register(): Promise<{ path: string; etag: string }> {
  const id = deployment.name(randomUUID());
  const made = await send('POST', '/registry/v1/clients', { client_id: id });
  const path = made.headers.get('location') ?? '';
  return { path, etag: made.headers.get('etag') ?? '' };
}

test('RFC 9110 section 6.6.1: answers carry the date', async () => {
  const answers = [
    await fetch(`${deployment.url}/health/live`),
    await fetch(`${deployment.url}/nothing`),
    await fetch(deployment.url + deployment.hello),
  ];
  for (const answer of answers) {
    const age = Date.now() - Date.parse(answer.headers.get('date') ?? '');
    assert.ok(Math.abs(age) < 10_000);
  }
});

test('RFC 9110 section 7.2: a request of HTTP/1.1 without Host, or with two, is 400', async () => {
  for (const host of ['', 'Host: a\r\nHost: b\r\n']) {
    const answer = await sendRaw(
      deployment.url,
      `GET /health/live HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
    );
    assert.equal(answer?.status, 400);
  }
});

test('RFC 9110 section 8.3: every answer with content says what it is', async () => {
  const answers = [
    ...READABLE.map((path) => send('GET', path)),
    send('GET', '/nothing'),
    send('POST', '/registry/v1/clients', '{'),
    fetch(deployment.url + deployment.hello),
    deployment.post('grant_type=x'),
  ];
  for (const answer of await Promise.all(answers)) {
    assert.notEqual((await answer.text()).length, 0);
    assert.match(answer.headers.get('content-type') ?? '', /^(application|text)\//, answer.url);
  }
});

test('RFC 9110 section 8.8.3: what can be changed has a strong entity tag that changes with it', async () => {
  const { path, etag } = await register();
  assert.match(etag, /^"[\x21\x23-\x7e]+"$/);
  assert.equal((await send('GET', path)).headers.get('etag'), etag);
  const changed = await send('PATCH', path, { description: 'x' }, { 'if-match': etag });
  assert.notEqual(changed.headers.get('etag'), etag);
});

test('RFC 9110 section 9.1: every address that can be read answers GET and HEAD', async () => {
  for (const path of READABLE) {
    assert.equal((await send('GET', path)).status, 200, path);
    assert.equal((await send('HEAD', path)).status, 200, path);
  }
});

test('RFC 9110 section 9.3.2: HEAD is answered as GET, without content', async () => {
  for (const path of READABLE) {
    const get = await send('GET', path);
    const head = await send('HEAD', path);
    assert.equal(await head.text(), '');
    for (const name of ['content-type', 'etag', 'cache-control', 'access-control-allow-origin']) {
      assert.equal(head.headers.get(name), get.headers.get(name), `${name} of ${path}`);
    }
  }
  for (const path of ['/nothing', '/registry/v1/clients/none', TOKEN_PATH]) {
    const head = await send('HEAD', path);
    assert.ok(head.status >= 400);
    assert.equal(await head.text(), '', path);
  }
});

test('RFC 9110 section 9.3.2: HEAD sends no content over the wire', async () => {
  const answer = await deployment.raw('HEAD', '/oauth2/api/v1/jwks');
  assert.deepEqual([answer?.status, answer?.text], [200, '']);
});

test('RFC 9110 section 9.3.4: PUT of a role makes it with 201, and replaces it with 200', async () => {
  const path = `${rolesPath()}/${deployment.name('Made.here')}`;
  const made = await send('PUT', path, { description: 'a' });
  assert.deepEqual([made.status, made.headers.get('location')], [201, path]);
  assert.equal((await send('PUT', path, { description: 'b' })).status, 200);
  assert.equal((await membersOf(await send('GET', path)))['description'], 'b');
});

test('RFC 9110 section 9.2.2: PUT and DELETE of an assignment can be repeated', async () => {
  const user = deployment.name('repeated%20%2F%20name');
  const path = `${rolesPath()}/ESBMessaging.send/users/${user}`;
  for (const method of ['PUT', 'PUT', 'DELETE', 'DELETE']) {
    assert.equal((await send(method, path)).status, 204, method);
  }
});

test('RFC 9110 section 9.3.7: OPTIONS says what is allowed, without credentials', async () => {
  const expected = {
    [TOKEN_PATH]: 'POST, OPTIONS',
    '/registry/v1/clients': 'GET, HEAD, POST, OPTIONS',
    '/registry/v1/keys': 'GET, HEAD, POST, OPTIONS',
    '/registry/v1/clients/x': 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS',
    '/api/v1/IntegrationPackages': 'GET, HEAD, POST, OPTIONS',
  };
  for (const [path, allow] of Object.entries(expected)) {
    const response = await fetch(deployment.url + path, { method: 'OPTIONS' });
    assert.deepEqual([response.status, response.headers.get('allow')], [204, allow], path);
  }
});

test('RFC 9110 section 10.2.2: what was made is at its Location', async () => {
  const { path } = await register();
  assert.equal((await send('GET', path)).status, 200);
});

test('RFC 9110 section 11.1: the name of an authentication scheme is read in any case', async () => {
  const pair = deployment.authorization.slice('Basic '.length);
  for (const scheme of ['basic', 'BASIC']) {
    const authorization = `${scheme} ${pair}`;
    const response = await deployment.post('grant_type=client_credentials', { authorization });
    assert.equal(response.status, 200);
  }
  assert.equal(
    (await deployment.call({ authorization: `bEARER ${deployment.token}` })).status,
    200,
  );
});

test('RFC 9110 section 12.5.5: Vary names Origin where the answer depends on it', async () => {
  const origin = 'https://app.example';
  const path = `/registry/v1/clients/${deployment.client.id}`;
  const allowed = { allowed_origins: [origin] };
  assert.equal((await send('PATCH', path, allowed, { 'if-match': '*' })).status, 200);
  const from = (sender: string): Promise<Response> =>
    deployment.post('grant_type=client_credentials', {
      authorization: deployment.authorization,
      origin: sender,
    });
  for (const [sender, expected] of [
    [origin, origin],
    ['https://evil.example', null],
  ] as const) {
    const response = await from(sender);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('vary'), 'Origin');
    assert.equal(response.headers.get('access-control-allow-origin'), expected);
  }
});

test('RFC 9110 section 13.1.1: a change of another version than the one named is 412 and changes nothing', async () => {
  const { path, etag } = await register();
  const changed = await send('PATCH', path, { description: 'first' }, { 'if-match': etag });
  assert.equal(changed.status, 200);
  for (const [method, body] of [
    ['PUT', { description: 'second' }],
    ['PATCH', { description: 'second' }],
    ['DELETE', undefined],
  ] as const) {
    for (const stale of [etag, '"other"', `W/${changed.headers.get('etag') ?? ''}`]) {
      const response = await send(method, path, body, { 'if-match': stale });
      assert.equal(response.status, 412, `${method} ${stale}`);
    }
  }
  assert.equal((await membersOf(await send('GET', path)))['description'], 'first');
});

test('RFC 9110 section 13.1.1: of several entity tags one has to match, and * matches what is there', async () => {
  const { path, etag } = await register();
  const list = await send('PATCH', path, { description: 'a' }, { 'if-match': `"x", ${etag}` });
  assert.equal(list.status, 200);
  assert.equal((await send('PATCH', path, { description: 'b' }, { 'if-match': '*' })).status, 200);
  assert.equal((await send('DELETE', path, undefined, { 'if-match': '*' })).status, 204);
  assert.equal((await send('DELETE', path, undefined, { 'if-match': '*' })).status, 404);
});

test('RFC 9110 section 13.1.2: 304 for what the caller has, compared weakly', async () => {
  const { path } = await register();
  for (const address of [path, '/oauth2/api/v1/jwks', '/.well-known/openid-configuration']) {
    const etag = (await send('GET', address)).headers.get('etag') ?? '';
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const response = await send('GET', address, undefined, { 'if-none-match': known });
      assert.equal(response.status, 304, `${address} ${known}`);
      assert.equal(await response.text(), '');
    }
    const other = await send('GET', address, undefined, { 'if-none-match': '"other"' });
    assert.equal(other.status, 200);
  }
});

test('RFC 9110 section 13.1.2: If-None-Match: * on a change of what is there is 412 and changes nothing', async () => {
  const { path } = await register();
  const conditions = { 'if-match': '*', 'if-none-match': '*' };
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    assert.equal((await send(method, path, { description: 'x' }, conditions)).status, 412, method);
  }
  assert.equal((await membersOf(await send('GET', path)))['description'], '');
  const role = `${rolesPath()}/${deployment.name('Only.once')}`;
  const once = { 'if-none-match': '*' };
  assert.equal((await send('PUT', role, { description: 'first' }, once)).status, 201);
  assert.equal((await send('PUT', role, { description: 'second' }, once)).status, 412);
  assert.equal((await membersOf(await send('GET', role)))['description'], 'first');
});

test('RFC 9110 section 15.1: no refusal may be kept: what is missing may be there a moment later', async () => {
  for (const path of ['/nothing', '/http/none', '/registry/v1/clients/none', '/api/v1/None']) {
    const response = await send('GET', path);
    assert.ok(response.status >= 400);
    assert.equal(response.headers.get('cache-control'), 'no-store', path);
  }
});

test('RFC 9110 section 15.4.5: 304 repeats what governs the kept answer', async () => {
  const address = '/oauth2/api/v1/jwks';
  const get = await send('GET', address);
  const etag = get.headers.get('etag') ?? '';
  const known = await send('GET', address, undefined, { 'if-none-match': etag });
  for (const name of ['etag', 'cache-control', 'vary', 'date']) {
    assert.equal(known.headers.has(name), get.headers.has(name), name);
  }
  assert.equal(known.headers.get('etag'), etag);
  assert.equal(known.headers.get('cache-control'), get.headers.get('cache-control'));
});

test('RFC 9110 section 15.5.2: 401 of everything protected by tokens carries a challenge', async () => {
  for (const path of ['/http/x', '/registry/v1/clients', '/registry/v1/keys', '/api/v1/x']) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const response = await fetch(deployment.url + path, { method });
      assert.ok([401, 405].includes(response.status), `${method} ${path}`);
      if (response.status === 401) assert.ok(response.headers.has('www-authenticate'));
    }
  }
});

test('RFC 9110 section 15.5.6: 405 names the methods that are allowed', async () => {
  const refusals: readonly (readonly [string, string, string])[] = [
    ['GET', TOKEN_PATH, 'POST, OPTIONS'],
    ['DELETE', '/oauth/token', 'POST, OPTIONS'],
    ['POST', '/oauth2/api/v1/jwks', 'GET, HEAD'],
    ['PUT', '/.well-known/oauth-authorization-server', 'GET, HEAD'],
    ['POST', '/health/live', 'GET, HEAD'],
    ['DELETE', '/health/ready', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
    ['DELETE', '/registry/v1/clients', 'GET, HEAD, POST, OPTIONS'],
    ['PATCH', '/registry/v1/keys', 'GET, HEAD, POST, OPTIONS'],
    ['DELETE', '/api/v1/IntegrationPackages', 'GET, HEAD, POST, OPTIONS'],
  ];
  for (const [method, path, allow] of refusals) {
    const response = await send(method, path);
    assert.deepEqual([response.status, response.headers.get('allow')], [405, allow], path);
  }
});

test('RFC 9110 section 15.5.12: content without a length is 411 and never taken for empty', async () => {
  const chunked = '5\r\nhello\r\n0\r\n\r\n';
  const before = await deployment.messages();
  const requests = [
    [deployment.hello, `Bearer ${deployment.token}`, 'text/plain'],
    [`${TOKEN_PATH}?grant_type=client_credentials`, deployment.authorization, FORM],
  ] as const;
  for (const [path, authorization, type] of requests) {
    const headers = [
      ['Authorization', authorization],
      ['Content-Type', type],
      ['Transfer-Encoding', 'chunked'],
    ] as const;
    const { url } = deployment;
    const head = wire('POST', path, headers, '', new URL(url).host);
    const answer = await sendRaw(url, head + chunked);
    // Where calls are streamed, content needs no length.
    if (answer?.status === 411) assert.match(answer.text, /Content-Length/);
    else assert.equal(answer?.status, 200, path);
  }
  assert.ok((await deployment.messages()) - before <= 1);
});

test('RFC 9110 section 15.5.14: content above the limit is 413 with the limit', async () => {
  const form = await deployment.post(`grant_type=client_credentials&x=${'y'.repeat(64 * 1024)}`);
  assert.equal(form.status, 413);
  assert.match(await form.text(), /65536 bytes/);
  const large = await send('POST', '/registry/v1/clients', { description: 'x'.repeat(256 * 1024) });
  assert.equal(large.status, 413);
  assert.match(await large.text(), /262144 bytes/);
});

test('RFC 9110 section 15.5.16: 415 for content of another type, naming what is taken', async () => {
  const { path } = await register();
  const as = (type: string) => ({ 'content-type': type, 'if-match': '*' });
  for (const type of [FORM, 'text/plain', 'application/xml', 'application/json; charset=latin1']) {
    const response = await send('POST', '/registry/v1/clients', {}, as(type));
    assert.deepEqual([response.status, response.headers.get('accept')], [415, 'application/json']);
  }
  const patch = await send('PATCH', path, {}, as('application/json-patch+json'));
  assert.equal(patch.status, 415);
  assert.match(patch.headers.get('accept') ?? '', /merge-patch\+json/);
});

test('RFC 9110 section 5.6.6: parameters of a media type are read in any case, quoted or not', async () => {
  for (const type of [
    'Application/JSON',
    'application/json;Charset="UTF-8"',
    'application/json; x=y',
  ]) {
    const made = { client_id: deployment.name(randomUUID()) };
    const response = await send('POST', '/registry/v1/clients', made, { 'content-type': type });
    assert.equal(response.status, 201, type);
  }
});

test('RFC 9110 section 15.3.5: 204 has no content', async () => {
  const { path } = await register();
  assert.equal((await deployment.raw('DELETE', path, [['If-Match', '*']]))?.status, 401);
  const response = await send('DELETE', path, undefined, { 'if-match': '*' });
  assert.deepEqual([response.status, await response.text()], [204, '']);
  assert.equal(response.headers.get('content-length'), null);
});

test('RFC 6585 section 3: a change without If-Match is 428 and changes nothing', async () => {
  const { path } = await register();
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    const response = await send(method, path, { description: 'x' });
    assert.equal(response.status, 428, method);
    assert.match(await response.text(), /If-Match/);
  }
  assert.equal((await membersOf(await send('GET', path)))['description'], '');
});
