import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '../../../shared/registry/client.ts';
import {
  type AuthorizationServer,
  authorizationServers,
  CALLBACK,
  CHALLENGE,
  ISSUER,
  requestOf,
  someApp,
  toldTo,
} from './authorization-server.ts';

const open = authorizationServers();

/** A server whose client would get a code at once, were the request good. */
function eager(changes: Partial<Client> = {}): AuthorizationServer {
  return open(someApp({ skipConsent: true, ...changes }));
}

const refusedWith = async (
  server: AuthorizationServer,
  request: Parameters<AuthorizationServer['get']>[0],
): Promise<Record<string, string>> => {
  const answer = await server.get(request);
  assert.equal(answer.status, 303);
  const told = toldTo(answer);
  assert.equal(told['code'], undefined);
  assert.equal(told['iss'], ISSUER, 'RFC 9207 section 2: in errors too');
  assert.match(told['error_description'] ?? '', /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  assert.equal(server.trail.events.length, 0);
  return told;
};

test('who asks is not known, or where the answer goes: a page, and never a redirect (RFC 6749 section 4.1.2.1, RFC 9700 section 4.11)', async () => {
  const request = requestOf();
  const cases: [string, readonly (readonly [string, string])[]][] = [
    ['no client_id', Object.entries(requestOf({ client_id: undefined }))],
    ['an unknown client', Object.entries(requestOf({ client_id: 'nobody' }))],
    ['no client id at all', Object.entries(requestOf({ client_id: '../app' }))],
    ['two clients', [...Object.entries(request), ['client_id', 'app']]],
    ['another redirect_uri', Object.entries(requestOf({ redirect_uri: 'https://evil.example/' }))],
    ['a part of it', Object.entries(requestOf({ redirect_uri: 'https://app.example/' }))],
    ['more than it', Object.entries(requestOf({ redirect_uri: `${CALLBACK}&x=1` }))],
    ['a script', Object.entries(requestOf({ redirect_uri: 'javascript:alert(1)//' }))],
    ['two redirect_uris', [...Object.entries(request), ['redirect_uri', CALLBACK]]],
    ['a second, bad one', [...Object.entries(request), ['redirect_uri', 'https://evil.example/']]],
    ['nothing', []],
  ];
  const server = eager();
  for (const [name, sent] of cases) {
    const answer = await server.get(sent);
    assert.deepEqual([answer.status, answer.headers.get('location')], [400, null], name);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/, name);
    assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/, name);
    assert.ok(!answer.text.includes('evil.example') && !answer.text.includes('javascript:'), name);
  }
  assert.equal(server.trail.events.length, 0);
});

test('a client that is disabled, or has no or several redirect URIs of which none is named, gets a page', async () => {
  for (const [changes, request] of [
    [{ enabled: false }, requestOf()],
    [{ redirectUris: [] }, requestOf({ redirect_uri: undefined })],
    [{ redirectUris: [CALLBACK, 'https://b.example/'] }, requestOf({ redirect_uri: undefined })],
  ] as const) {
    const answer = await eager(changes).get(request);
    assert.deepEqual([answer.status, answer.headers.get('location')], [400, null]);
  }
});

test('a client that was disabled elsewhere gets nothing, whatever this instance remembers', async () => {
  const server = eager();
  server.clients.remembered.set('app', someApp({ skipConsent: true }));
  server.clients.stored.set('app', someApp({ skipConsent: true, enabled: false }));
  assert.equal((await server.get(requestOf())).status, 400);
});

test('nobody is sent to a client that has registered itself before signing in (RFC 9700 section 4.11.2)', async () => {
  const registration = { tokenHash: '', limits: { grantTypes: [], scopes: [] } };
  const server = eager({ registration, redirectUris: [CALLBACK] });
  const who = server.who;
  for (const [error, changes] of [
    ['invalid_scope', { scope: 'admin' }],
    ['unsupported_response_type', { response_type: 'token' }],
    ['invalid_request', { code_challenge: undefined }],
    ['invalid_scope', { scope: 'admin', prompt: 'none' }],
  ] as const) {
    server.who = undefined;
    const answer = await server.get(requestOf(changes));
    assert.deepEqual([answer.status, answer.headers.get('location')], [400, null], error);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/);
    assert.ok(!answer.text.includes('app.example'), 'nor is there a link to it');
    server.who = who;
    assert.equal((await refusedWith(server, requestOf(changes)))['error'], error);
  }
  // It would have to sign in, and the client asks not to show that: it learns no more than this.
  server.who = undefined;
  const told = await refusedWith(server, requestOf({ prompt: 'none' }));
  assert.equal(told['error'], 'login_required');
  assert.equal((await server.get(requestOf())).headers.get('location'), '/sign-in');
  // An administrator vouches for where other clients send browsers.
  const vouchedFor = eager();
  vouchedFor.who = undefined;
  const { error } = await refusedWith(vouchedFor, requestOf({ scope: 'admin' }));
  assert.equal(error, 'invalid_scope');
});

test('every error of RFC 6749 section 4.1.2.1 goes to the client by name, with state and iss', async () => {
  const cases: [string, Record<string, string | undefined>, Partial<Client>?][] = [
    ['invalid_request', { response_type: undefined }],
    ['unsupported_response_type', { response_type: 'token' }],
    ['unsupported_response_type', { response_type: 'code token' }],
    ['unsupported_response_type', { response_type: 'id_token' }],
    ['unsupported_response_type', { response_type: 'none' }],
    ['invalid_request', { response_mode: 'fragment' }],
    ['invalid_request', { response_mode: 'form_post' }],
    ['unauthorized_client', {}, { grantTypes: ['client_credentials', 'refresh_token'] }],
    ['invalid_scope', { scope: 'admin' }],
    ['invalid_scope', { scope: 'read admin' }],
    ['invalid_scope', { scope: 'READ' }],
    ['invalid_scope', { scope: 'r"ead' }],
    ['request_not_supported', { request: 'eyJhbGciOiJub25lIn0.e30.' }],
    ['request_uri_not_supported', { request_uri: 'https://evil.example/request.jwt' }],
    ['request_uri_not_supported', { request_uri: 'http://169.254.169.254/' }],
    ['invalid_request', { prompt: 'none login' }],
    ['invalid_request', { prompt: 'create' }],
    ['invalid_request', { max_age: '-1' }],
    ['invalid_request', { max_age: '1e3' }],
    ['invalid_request', { dpop_jkt: 'short' }],
    ['invalid_request', { login_hint: 'a\nb' }],
    ['invalid_request', {}, { requirePushedAuthorizationRequests: true }],
  ];
  for (const [error, request, client] of cases) {
    const told = await refusedWith(eager(client), requestOf(request));
    assert.equal(told['error'], error, JSON.stringify(request));
    assert.equal(told['state'], 'a state & more');
  }
});

test('without PKCE, or with plain, nobody gets a code (RFC 9700 sections 2.1.1 and 4.8)', async () => {
  for (const changes of [{}, { tokenEndpointAuthMethod: 'none' }] as const) {
    for (const request of [
      { code_challenge: undefined, code_challenge_method: undefined },
      { code_challenge: undefined },
      { code_challenge_method: undefined },
      { code_challenge_method: 'plain' },
      { code_challenge_method: 's256' },
      { code_challenge: `${CHALLENGE}=` },
      { code_challenge: CHALLENGE.slice(1) },
      { code_challenge: '' },
    ]) {
      const told = await refusedWith(eager(changes), requestOf(request));
      assert.equal(told['error'], 'invalid_request', JSON.stringify(request));
    }
  }
});

test('a parameter that comes twice is refused, and resource is not (RFC 6749 section 3.1, RFC 8707 section 2)', async () => {
  for (const name of ['state', 'scope', 'response_type', 'code_challenge', 'prompt', 'max_age']) {
    const twice = [...Object.entries(requestOf()), [name, 'x'], [name, 'y']] as const;
    const told = await refusedWith(eager(), twice);
    assert.equal(told['error'], 'invalid_request', name);
    assert.match(told['error_description'] ?? '', new RegExp(`${name} is repeated`));
    assert.equal(told['state'], name === 'state' ? undefined : 'a state & more');
  }
});

test('a state that cannot be one is refused and not sent back', async () => {
  for (const state of ['a\r\nSet-Cookie: x=y', 'ä', '\0']) {
    const told = await refusedWith(eager(), requestOf({ state }));
    assert.deepEqual([told['error'], told['state']], ['invalid_request', undefined]);
  }
});

test('parameters that nobody knows are ignored, among them secrets in the wrong place (RFC 6749 section 3.1)', async () => {
  const server = eager();
  const answer = await server.get({
    ...requestOf(),
    nonce: 'n',
    foo: 'x'.repeat(9000),
    sign_in_asked: 'x',
  });
  assert.ok(toldTo(answer)['code']);
});

test('a request that is too long gets a page that says so', async () => {
  const server = eager();
  const state = 'x'.repeat(7500);
  for (const answer of [
    await server.get(requestOf({ state })),
    await server.get({ ...requestOf(), foo: 'x'.repeat(30_000) }),
    await server.post(requestOf({ state })),
    await server.post({ ...requestOf(), foo: 'x'.repeat(30_000) }),
    await server.get(Array.from({ length: 900 }, () => ['prompt', 'x'] as const)),
  ]) {
    assert.deepEqual([answer.status, answer.headers.get('location')], [413, null]);
  }
  // Every character of it three times as long when it is encoded.
  assert.equal((await server.get(requestOf({ state: '/'.repeat(2500) }))).status, 413);
});

test('a request of the greatest length fits into the address that a sign-in leads back to', async () => {
  const server = eager();
  server.who = undefined;
  const left = 7500 - new URLSearchParams(requestOf({ state: '' })).toString().length;
  await server.get(requestOf({ state: 'x'.repeat(left) }));
  assert.ok((server.asked[0]?.returnTo.length ?? 0) > 7500);
  assert.ok((server.asked[0]?.returnTo.length ?? 0) <= 8000);
});
