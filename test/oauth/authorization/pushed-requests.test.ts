import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '../../../shared/registry/client.ts';
import {
  type AuthorizationServer,
  authorizationServers,
  CALLBACK,
  locationOf,
  requestOf,
  someApp,
  toldTo,
} from './authorization-server.ts';

const open = authorizationServers();
const eager = (changes: Partial<Client> = {}): AuthorizationServer =>
  open(someApp({ skipConsent: true, ...changes }));

async function push(server: AuthorizationServer, changes = {}): Promise<string> {
  const answer = await server.push(requestOf(changes));
  assert.equal(answer.status, 201, answer.text);
  return String(answer.json()['request_uri']);
}

test('a request that was pushed is answered by its reference (RFC 9126 sections 2.2 and 4)', async () => {
  const server = eager({ requirePushedAuthorizationRequests: true });
  const pushed = await server.push(requestOf());
  assert.equal(pushed.status, 201);
  assert.equal(pushed.headers.get('cache-control'), 'no-store');
  const { request_uri, ...rest } = pushed.json();
  assert.deepEqual(rest, { expires_in: 90 });
  assert.match(String(request_uri), /^urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}$/);
  const answer = await server.get({ client_id: 'app', request_uri: String(request_uri) });
  const { code, state } = toldTo(answer);
  assert.equal(state, 'a state & more');
  assert.equal((await server.redeem(code ?? '')).status, 200);
});

test('what comes beside a reference counts for nothing (RFC 9126 section 4)', async () => {
  const server = eager();
  const request_uri = await push(server);
  const answer = await server.get({
    ...requestOf({ redirect_uri: 'https://evil.example/', scope: 'admin', state: 'x' }),
    request_uri,
  });
  assert.equal(toldTo(answer)['state'], 'a state & more');
});

test('a pushed request can be loaded again until it is answered, then never (RFC 9126 section 7.3)', async () => {
  const server = open();
  server.who = { user: 'reloader', authTime: server.clock.now() / 1000, csrf: 'c' };
  const reference = { client_id: 'app', request_uri: await push(server) };
  for (let i = 0; i < 3; i += 1) assert.equal((await server.get(reference)).status, 200);
  const form = { ...reference, csrf: 'c', decision: 'allow' };
  assert.ok(toldTo(await server.post(form))['code']);
  for (const answer of [await server.post(form), await server.get(reference)]) {
    assert.deepEqual([answer.status, answer.headers.get('location')], [400, null]);
  }
  const denied = { client_id: 'app', request_uri: await push(server), csrf: 'c', decision: 'deny' };
  assert.equal(toldTo(await server.post(denied))['error'], 'access_denied');
  assert.equal((await server.get(denied)).status, 400);
});

test('of two that answer a pushed request at the same moment one gets a code', async () => {
  const server = eager();
  const reference = { client_id: 'app', request_uri: await push(server) };
  const answers = await Promise.all([1, 2, 3, 4].map(() => server.get(reference)));
  const codes = answers.filter(
    (answer) => answer.status === 303 && locationOf(answer).searchParams.has('code'),
  );
  assert.equal(codes.length, 1);
});

test('a pushed request is opened within 90 seconds, and answered within 10 minutes', async () => {
  const server = eager();
  const late = { client_id: 'app', request_uri: await push(server) };
  const opened = { client_id: 'app', request_uri: await push(server) };
  const forgotten = { client_id: 'app', request_uri: await push(server) };
  server.who = undefined;
  server.clock.advance(89_999);
  for (const reference of [opened, forgotten]) {
    assert.equal((await server.get(reference)).headers.get('location'), '/sign-in');
  }
  server.clock.advance(1);
  assert.equal((await server.get(late)).status, 400);
  server.who = { user: 'slow', authTime: 1, csrf: 'c' };
  server.clock.advance(500_000);
  assert.ok(toldTo(await server.get(opened))['code']);
  server.clock.advance(10_000);
  assert.equal((await server.get(forgotten)).status, 400);
});

test('a reference is good for the client that has pushed it, and guesses are good for nobody', async () => {
  const server = open(
    someApp({ skipConsent: true }),
    someApp({ clientId: 'other', skipConsent: true }),
  );
  const request_uri = await push(server);
  for (const reference of [
    { client_id: 'other', request_uri },
    { client_id: 'nobody', request_uri },
    { request_uri },
    { client_id: 'app', request_uri: `${request_uri}x` },
    { client_id: 'app', request_uri: request_uri.slice(0, -1) },
    { client_id: 'app', request_uri: 'urn:ietf:params:oauth:request_uri:' },
    { client_id: 'app', request_uri: "urn:ietf:params:oauth:request_uri:' or true" },
  ]) {
    const answer = await server.get(reference as Record<string, string>);
    assert.deepEqual([answer.status, answer.headers.get('location')], [400, null]);
  }
  assert.ok(toldTo(await server.get({ client_id: 'app', request_uri }))['code']);
});

test('prompt=login of a pushed request has the person sign in again, and the reference goes along', async () => {
  const server = eager();
  const reference = { client_id: 'app', request_uri: await push(server, { prompt: 'login' }) };
  assert.equal((await server.get(reference)).headers.get('location'), '/sign-in');
  const back = new URL(server.asked[0]?.returnTo ?? '', 'http://localhost').searchParams;
  assert.deepEqual([...back.keys()].sort(), ['client_id', 'request_uri', 'sign_in_asked']);
  server.who = { user: 'ann', authTime: server.clock.now() / 1000, csrf: 'c' };
  assert.ok(toldTo(await server.get([...back]))['code']);
});

test('a request is checked when it is pushed, and refused in JSON (RFC 9126 section 2.3)', async () => {
  const cases: [string, Record<string, string | undefined>, Partial<Client>?][] = [
    ['invalid_request', { redirect_uri: 'https://evil.example/' }],
    ['invalid_request', { code_challenge: undefined }],
    ['invalid_request', { code_challenge_method: 'plain' }],
    ['unsupported_response_type', { response_type: 'token' }],
    ['invalid_scope', { scope: 'admin' }],
    ['request_not_supported', { request: 'e30' }],
    ['invalid_request', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }],
    ['invalid_request', { client_id: 'other' }],
    ['unauthorized_client', {}, { grantTypes: ['client_credentials'] }],
  ];
  for (const [error, changes, client] of cases) {
    const answer = await eager(client).push(requestOf(changes));
    assert.equal(answer.status, 400, JSON.stringify(changes));
    assert.equal(answer.json()['error'], error, JSON.stringify(changes));
    assert.equal(answer.headers.get('location'), null);
  }
  const long = await eager().push(requestOf({ state: 'x'.repeat(8000) }));
  assert.equal(long.status, 413);
});

test('who does not authenticate pushes nothing (RFC 9126 section 2.1)', async () => {
  const server = eager();
  const wrong = await server.push(requestOf(), {
    authorization: `Basic ${Buffer.from('app:wrong').toString('base64')}`,
  });
  assert.deepEqual([wrong.status, wrong.json()['error']], [401, 'invalid_client']);
  const nothing = await server.push(requestOf({ client_id: undefined }), {});
  assert.equal(nothing.status, 401);
  const publicName = await server.push(requestOf(), {});
  assert.equal(publicName.status, 401, 'a client that has a secret is none that needs none');
  assert.equal(server.trail.events[0]?.reason, 'wrong_secret');
});

test('a public client pushes by naming itself', async () => {
  const server = eager({ tokenEndpointAuthMethod: 'none' });
  const answer = await server.push(requestOf(), {});
  assert.equal(answer.status, 201);
});

test('whoever knows a public client pushes 300 requests a minute from a network, and no more', async () => {
  const origin = 'https://app.example';
  const server = eager({ tokenEndpointAuthMethod: 'none', allowedOrigins: [origin] });
  const push = (headers = {}): ReturnType<AuthorizationServer['push']> =>
    server.push(requestOf(), headers);
  const answers = [];
  for (let i = 0; i < 6; i += 1)
    answers.push(...(await Promise.all(Array.from({ length: 50 }, () => push()))));
  assert.ok(answers.every(({ status }) => status === 201));
  const refused = await push();
  assert.deepEqual([refused.status, refused.json()['error']], [429, 'temporarily_unavailable']);
  assert.equal(refused.headers.get('retry-after'), '60');
  const allowed = await push({ origin });
  assert.equal(allowed.status, 429);
  assert.equal(allowed.headers.get('access-control-allow-origin'), origin);
  assert.match(allowed.headers.get('access-control-expose-headers') ?? '', /Retry-After/);
  const other = await push({ origin: 'https://other.example' });
  assert.deepEqual([other.status, other.headers.get('access-control-allow-origin')], [429, null]);
  server.clock.advance(60_000);
  assert.equal((await push()).status, 201);
  const confidential = eager();
  const request = requestOf();
  const pushes = Array.from({ length: 310 }, () => confidential.push(request));
  assert.ok((await Promise.all(pushes)).every(({ status }) => status === 201));
});

test('a DPoP proof that comes with a request binds its code to the key (RFC 9449 section 10.1)', async () => {
  const server = eager();
  const jkt = 'k'.repeat(43);
  server.confirmation = { jkt };
  const { authorization } = {
    authorization: `Basic ${Buffer.from('app:a-secret-of-the-app').toString('base64')}`,
  };
  const contradicting = await server.push(requestOf({ dpop_jkt: 'o'.repeat(43) }), {
    authorization,
    dpop: 'proof',
  });
  assert.equal(contradicting.json()['error'], 'invalid_request');
  const pushed = await server.push(requestOf(), { authorization, dpop: 'proof' });
  const reference = { client_id: 'app', request_uri: String(pushed.json()['request_uri']) };
  const code = toldTo(await server.get(reference))['code'] ?? '';
  server.confirmation = undefined;
  assert.equal((await server.redeem(code, { redirect_uri: CALLBACK })).status, 400);
  server.confirmation = { jkt };
  assert.equal((await server.redeem(code)).status, 200);
});
