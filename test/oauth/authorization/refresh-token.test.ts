import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRefreshTokens } from '../../../shared/oauth/refresh-tokens.ts';
import type { Answer } from '../../support/call.ts';
import { type AuthorizationServer, authorizationServers, someApp } from './authorization-server.ts';

const open = authorizationServers();

const refused = (answer: Answer, error = 'invalid_grant', name = ''): void => {
  assert.equal(answer.status, 400, `${name} ${answer.text}`);
  assert.equal(answer.json()['error'], error, name);
};

async function begin(server: AuthorizationServer, scope = 'read write') {
  const answer = await server.redeem(await server.obtainCode({ scope }));
  assert.equal(answer.status, 200, answer.text);
  const { grant_id = '' } = await server.claimsOf(answer);
  return { token: String(answer.json()['refresh_token']), grantId: grant_id };
}

const refresh = (
  server: AuthorizationServer,
  token: string,
  more: Readonly<Record<string, string>> = {},
  options: Parameters<AuthorizationServer['token']>[1] = {},
): Promise<Answer> =>
  server.token({ grant_type: 'refresh_token', refresh_token: token, ...more }, options);

const tokenOf = (answer: Answer): string => {
  assert.equal(answer.status, 200, answer.text);
  return String(answer.json()['refresh_token']);
};

test('a refresh token gives an access token of the same grant, and is replaced at every use (RFC 6749 section 6)', async () => {
  const server = open();
  const { token, grantId } = await begin(server);
  const seen = new Set([token]);
  let latest = token;
  for (let i = 0; i < 5; i += 1) {
    server.clock.advance(1000);
    const answer = await refresh(server, latest);
    latest = tokenOf(answer);
    seen.add(latest);
    const claims = await server.claimsOf(answer);
    assert.deepEqual(
      [claims.sub, claims.grant_id, claims.scope, claims.auth_time],
      ['ann', grantId, 'read write', server.who?.authTime],
    );
  }
  assert.equal(seen.size, 6);
  assert.equal((await server.grants.find(grantId))?.value.lastUsedAt, server.clock.now());
  assert.deepEqual(server.ended, []);
});

test('a refresh token that comes again, however old, ends its grant with all tokens (RFC 9700 section 4.14.2)', async () => {
  for (const uses of [1, 2, 5]) {
    const server = open();
    const { token, grantId } = await begin(server);
    let latest = token;
    for (let i = 0; i < uses; i += 1) {
      server.clock.advance(1001);
      latest = tokenOf(await refresh(server, latest));
    }
    server.clock.advance(1001);
    refused(await refresh(server, token));
    assert.deepEqual(server.ended, [grantId]);
    refused(await refresh(server, latest), 'invalid_grant', 'the newest too');
    const event = server.trail.events.find(({ action }) => action === 'grant.end');
    assert.match(event?.detail ?? '', /refresh token used again/);
  }
});

for (const cut of ['revocation', 'grant'] as const) {
  test(`a refresh token that comes again ends its grant, also when that failed at the ${cut} before`, async () => {
    const server = open();
    const { token, grantId } = await begin(server);
    server.clock.advance(1001);
    const latest = tokenOf(await refresh(server, token));
    server.clock.advance(1001);
    server.ending.cutShortAt = cut;
    await assert.rejects(refresh(server, token), /killed/);
    assert.equal((await server.grants.find(grantId))?.value.revokedAt, undefined);
    refused(await refresh(server, token));
    assert.deepEqual([...new Set(server.ended)], [grantId]);
    refused(await refresh(server, latest), 'invalid_grant', 'the newest too');
  });
}

test('of requests under way at the same moment with one token one wins, and nothing is ended', async () => {
  const server = open();
  const { token, grantId } = await begin(server);
  const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(server, token)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [
    200,
    ...Array<number>(7).fill(400),
  ]);
  assert.deepEqual(server.ended, []);
  const winner = answers.find(({ status }) => status === 200);
  assert.ok(winner);
  assert.equal((await server.grants.find(grantId))?.value.generation, 1);
  server.clock.advance(1);
  assert.equal((await refresh(server, tokenOf(winner))).status, 200);
});

test('a token that comes again within a second of being replaced ends nothing and gives nothing; before and after that it ends its grant', async () => {
  for (const [apart, ends] of [
    [-1001, true],
    [-1000, false],
    [0, false],
    [1000, false],
    [1001, true],
  ] as const) {
    const server = open();
    const { token } = await begin(server);
    server.clock.advance(5000);
    const latest = tokenOf(await refresh(server, token));
    const replacedAt = server.clock.now();
    refused(await refresh(server, token, {}, { receivedAt: replacedAt + apart }));
    assert.equal(server.ended.length, ends ? 1 : 0, `${apart} ms`);
    assert.equal((await refresh(server, latest)).status, ends ? 400 : 200, `${apart} ms`);
  }
});

test('what is no refresh token of ours, or of another client, changes nothing', async () => {
  const server = open(someApp(), someApp({ clientId: 'other' }));
  const { token, grantId } = await begin(server);
  const forged = createRefreshTokens(Buffer.alloc(32, 9)).make({ grantId, generation: 0 });
  const [id = '', generation = '', mac = ''] = token.split('.');
  for (const bad of [
    forged,
    `${id}.1.${mac}`,
    `${id}.${generation}.${mac.slice(1)}`,
    `${id}.${generation}`,
    `${token}x`,
    token.toUpperCase(),
    id,
    grantId,
    'x',
    "' or true",
    'x'.repeat(10_000),
  ]) {
    refused(await refresh(server, bad), 'invalid_grant', bad.slice(0, 60));
  }
  refused(await refresh(server, ''), 'invalid_request');
  refused(await refresh(server, token, {}, { client: 'other' }));
  assert.deepEqual(server.ended, []);
  assert.equal((await refresh(server, token)).status, 200);
});

test('a request may narrow the scope, for this access token only, and never widen it (RFC 6749 section 6)', async () => {
  const server = open(someApp({ scopes: ['read', 'write', 'admin'] }));
  const { token } = await begin(server);
  refused(await refresh(server, token, { scope: 'read admin' }), 'invalid_scope');
  const narrowed = await refresh(server, token, { scope: 'read' });
  assert.equal(narrowed.json()['scope'], 'read');
  server.clock.advance(1);
  const whole = await refresh(server, tokenOf(narrowed));
  assert.equal(whole.json()['scope'], 'read write');
});

test('what a client is no longer registered for it does not get any more', async () => {
  const server = open();
  const { token } = await begin(server);
  server.clients.stored.set('app', someApp({ scopes: ['write', 'new'] }));
  const answer = await refresh(server, token);
  assert.equal(answer.json()['scope'], 'write');
});

test('a grant ends refresh_token_lifetime after it was made, however often it is used, and no token outlives it', async () => {
  const server = open(someApp({ refreshTokenLifetime: 5000 }));
  const { token } = await begin(server);
  server.clock.advance(4_000_000);
  const later = await refresh(server, token);
  assert.equal(later.json()['expires_in'], 1000);
  server.clock.advance(999_999);
  const last = await refresh(server, tokenOf(later));
  assert.equal(last.json()['expires_in'], 1);
  server.clock.advance(1);
  refused(await refresh(server, tokenOf(last)));
  assert.deepEqual(server.ended, []);
});

test('a lifetime that is shortened counts for refresh tokens that are out', async () => {
  const server = open(someApp({ refreshTokenLifetime: 5000 }));
  const { token } = await begin(server);
  server.clock.advance(61_000);
  server.clients.stored.set('app', someApp({ refreshTokenLifetime: 60 }));
  refused(await refresh(server, token));
});

test('the refresh token of a public client is bound to its key, that of another client is not (RFC 9449 section 5)', async () => {
  const server = open(someApp({ tokenEndpointAuthMethod: 'none' }));
  server.confirmation = { jkt: 'k'.repeat(43) };
  const { token } = await begin(server);
  for (const other of [
    undefined,
    { jkt: 'o'.repeat(43) },
    { 'x5t#S256': 'k'.repeat(43) },
  ] as const) {
    server.confirmation = other;
    refused(await refresh(server, token));
  }
  server.confirmation = { jkt: 'k'.repeat(43) };
  const next = tokenOf(await refresh(server, token));
  server.confirmation = undefined;
  server.clock.advance(1);
  refused(await refresh(server, token), 'invalid_grant', 'a thief without the key');
  assert.deepEqual(server.ended, [], 'ends nothing');
  server.confirmation = { jkt: 'k'.repeat(43) };
  tokenOf(await refresh(server, next));

  const confidential = open();
  confidential.confirmation = { jkt: 'k'.repeat(43) };
  const begun = await begin(confidential);
  confidential.confirmation = { jkt: 'o'.repeat(43) };
  assert.equal((await refresh(confidential, begun.token)).status, 200);
});

test('a public client refreshes without a secret, and its tokens are replaced all the same', async () => {
  const server = open(someApp({ tokenEndpointAuthMethod: 'none' }));
  const { token, grantId } = await begin(server);
  const next = tokenOf(await refresh(server, token));
  server.clock.advance(1001);
  refused(await refresh(server, token));
  assert.deepEqual(server.ended, [grantId]);
  refused(await refresh(server, next));
});

const changes: [string, string, (server: AuthorizationServer, grantId: string) => unknown][] = [
  ['the user is disabled', 'invalid_grant', (server) => server.disabled.add('ann')],
  [
    'the user is deleted and another made under the name',
    'invalid_grant',
    (server) => server.madeAt.set('ann', server.clock.now() + 1),
  ],
  [
    'the grant is revoked',
    'invalid_grant',
    (server, grantId) => server.grants.revoke(grantId, server.clock.now()),
  ],
  ['the user is deleted', 'invalid_grant', (server) => server.grants.deleteOfUser('ann')],
  [
    'all tokens of the client are revoked',
    'invalid_grant',
    (server) => server.clients.stored.set('app', someApp({ tokensFrom: 5000 })),
  ],
  [
    'the client is moved to another subscription',
    'invalid_grant',
    (server) => server.clients.stored.set('app', someApp({ subscription: 'flowgatetmn' })),
  ],
  [
    'the client has lost the grant',
    'unauthorized_client',
    (server) => server.clients.stored.set('app', someApp({ grantTypes: ['authorization_code'] })),
  ],
];

for (const [name, error, change] of changes) {
  test(`a refresh token is refused when ${name}, and is not used up`, async () => {
    const server = open();
    const { token, grantId } = await begin(server);
    await change(server, grantId);
    refused(await refresh(server, token), error);
    assert.notEqual((await server.grants.find(grantId))?.value.generation, 1);
  });
}

test('a token that is newer than its grant, as after a restore from a backup, is refused and ends nothing', async () => {
  const server = open();
  const { grantId } = await begin(server);
  const ahead = createRefreshTokens(Buffer.alloc(32, 1)).make({ grantId, generation: 7 });
  refused(await refresh(server, ahead));
  assert.deepEqual(server.ended, []);
});
