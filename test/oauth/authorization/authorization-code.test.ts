import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../../support/call.ts';
import {
  type AuthorizationServer,
  authorizationServers,
  CALLBACK,
  CHALLENGE,
  someApp,
  VERIFIER,
} from './authorization-server.ts';

const open = authorizationServers();

const refused = (answer: Answer, error: string, name = ''): void => {
  assert.equal(answer.status, 400, `${name} ${answer.text}`);
  assert.equal(answer.json()['error'], error, name);
  assert.equal(answer.json()['access_token'], undefined, name);
};

test('a code becomes tokens of the person who allowed it, with its scopes (RFC 6749 section 4.1.3)', async () => {
  const server = open();
  const answer = await server.redeem(await server.obtainCode());
  assert.equal(answer.status, 200, answer.text);
  const { access_token, refresh_token, ...rest } = answer.json();
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'read' });
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.ok(access_token);
  const claims = await server.claimsOf(answer);
  assert.deepEqual(
    [claims.sub, claims.client_id, claims.aud, claims.scope, claims.auth_time],
    ['ann', 'app', 'flowgateiflmap', 'read', server.who?.authTime],
  );
  const grant = await server.grants.find(claims.grant_id ?? '');
  assert.equal(grant?.value.user, 'ann');
  assert.ok(!JSON.stringify(grant).includes(String(refresh_token)));
  const issued = server.trail.events.find(({ action }) => action === 'token.issue');
  assert.match(issued?.detail ?? '', /, as ann$/);
});

test('a code without refresh_token among the grants of its client gives no refresh token', async () => {
  const server = open(someApp({ grantTypes: ['authorization_code'], accessTokenLifetime: 600 }));
  const answer = await server.redeem(await server.obtainCode());
  assert.equal(answer.json()['refresh_token'], undefined);
  const grant = await server.grants.find((await server.claimsOf(answer)).grant_id ?? '');
  assert.equal(grant?.value.expiresAt, server.clock.now() + 600_000);
});

test('a code counts once; a second request ends all that came of the first (RFC 6749 section 4.1.2, RFC 9700 section 4.5)', async () => {
  const server = open();
  const code = await server.obtainCode();
  const first = await server.redeem(code);
  const { grant_id } = await server.claimsOf(first);
  refused(await server.redeem(code), 'invalid_grant');
  assert.deepEqual(server.ended, [grant_id]);
  const again = await server.token({
    grant_type: 'refresh_token',
    refresh_token: String(first.json()['refresh_token']),
  });
  refused(again, 'invalid_grant');
  assert.equal((await server.grants.find(grant_id ?? ''))?.value.generation, 0);
  const reuse = server.trail.events.find(({ action }) => action === 'grant.end');
  assert.deepEqual([reuse?.object.name, reuse?.actor], [grant_id, 'oauth_client_app']);
});

test('of many requests with one code at the same moment one gets tokens, and they are revoked', async () => {
  const server = open();
  const code = await server.obtainCode();
  const answers = await Promise.all(Array.from({ length: 8 }, () => server.redeem(code)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [
    200,
    ...Array<number>(7).fill(400),
  ]);
  const winner = answers.find(({ status }) => status === 200);
  assert.ok(winner);
  assert.ok(server.ended.includes((await server.claimsOf(winner)).grant_id ?? ''));
});

test('a code that comes again after it has expired still ends what came of it', async () => {
  const server = open();
  const code = await server.obtainCode();
  const first = await server.redeem(code);
  server.clock.advance(3_600_000);
  refused(await server.redeem(code), 'invalid_grant');
  assert.deepEqual(server.ended, [
    (await server.claimsOf(first).catch(() => undefined))?.grant_id ?? server.ended[0],
  ]);
  assert.equal(server.ended.length, 1);
});

test('a code is good for 60 seconds (RFC 6749 section 4.1.2)', async () => {
  const server = open();
  const [early, late] = [await server.obtainCode(), await server.obtainCode()];
  server.clock.advance(59_999);
  assert.equal((await server.redeem(early)).status, 200);
  server.clock.advance(1);
  refused(await server.redeem(late), 'invalid_grant');
  assert.deepEqual(server.ended, []);
});

test('a code is good for the client, the redirect URI and the verifier it was issued for, and stays good when others try (RFC 9700 sections 4.4 and 4.5)', async () => {
  const server = open(someApp(), someApp({ clientId: 'other' }));
  const code = await server.obtainCode();
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
  };
  refused(await server.token(form, { client: 'other' }), 'invalid_grant', 'another client');
  for (const [error, changes] of [
    ['invalid_grant', { redirect_uri: 'https://app.example/cb' }],
    ['invalid_grant', { redirect_uri: `${CALLBACK}&x` }],
    ['invalid_request', { redirect_uri: '' }],
    ['invalid_request', { code_verifier: '' }],
    ['invalid_grant', { code_verifier: `${VERIFIER}x` }],
    ['invalid_grant', { code_verifier: CHALLENGE }],
    ['invalid_grant', { code_verifier: 'short' }],
    ['invalid_grant', { code_verifier: 'x'.repeat(129) }],
    ['invalid_request', { code: '' }],
    ['invalid_grant', { code: `${code}x` }],
    ['invalid_grant', { code: code.slice(1) }],
    ['invalid_grant', { code: "' or true or '" }],
    ['invalid_grant', { code: 'x'.repeat(10_000) }],
  ] as const) {
    refused(await server.redeem(code, changes), error, JSON.stringify(changes).slice(0, 80));
  }
  assert.deepEqual(server.ended, []);
  assert.equal((await server.redeem(code)).status, 200);
});

test('who has a used code but not its verifier ends nothing', async () => {
  const server = open(someApp(), someApp({ clientId: 'other' }));
  const code = await server.obtainCode();
  const first = await server.redeem(code);
  refused(await server.redeem(code, { code_verifier: 'x'.repeat(50) }), 'invalid_grant');
  refused(await server.redeem(code, { redirect_uri: 'https://evil.example/' }), 'invalid_grant');
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
  };
  refused(await server.token(form, { client: 'other' }), 'invalid_grant');
  assert.deepEqual(server.ended, []);
  const refresh_token = String(first.json()['refresh_token']);
  assert.equal((await server.token({ grant_type: 'refresh_token', refresh_token })).status, 200);
});

test('a redirect URI that the request left out need not come with the code, but may not be another', async () => {
  const server = open();
  const without = { redirect_uri: '' };
  const brief = { redirect_uri: undefined };
  assert.equal((await server.redeem(await server.obtainCode(brief), without)).status, 200);
  assert.equal((await server.redeem(await server.obtainCode(brief))).status, 200);
  refused(
    await server.redeem(await server.obtainCode(brief), { redirect_uri: 'https://evil.example/' }),
    'invalid_grant',
  );
});

test('a code with dpop_jkt is good with a proof of that key only (RFC 9449 section 10)', async () => {
  const server = open();
  const jkt = 'k'.repeat(43);
  const code = await server.obtainCode({ dpop_jkt: jkt });
  refused(await server.redeem(code), 'invalid_grant', 'no proof');
  server.confirmation = { jkt: 'o'.repeat(43) };
  refused(await server.redeem(code), 'invalid_grant', 'another key');
  server.confirmation = { 'x5t#S256': jkt };
  refused(await server.redeem(code), 'invalid_grant', 'a certificate');
  server.confirmation = { jkt };
  const answer = await server.redeem(code);
  assert.equal(answer.json()['token_type'], 'DPoP');
  assert.deepEqual((await server.claimsOf(answer)).cnf, { jkt });
});

const changes: [string, (server: AuthorizationServer) => void][] = [
  ['the user is disabled', (server) => server.disabled.add('ann')],
  [
    'the user is deleted and another made under the name',
    (server) => server.madeAt.set('ann', server.clock.now() + 1),
  ],
  [
    'the client is registered anew',
    (server) => server.clients.stored.set('app', someApp({ createdAt: 5000 })),
  ],
  [
    'all tokens of the client are revoked',
    (server) => server.clients.stored.set('app', someApp({ tokensFrom: 5000 })),
  ],
  [
    'the client is moved to another subscription',
    (server) => server.clients.stored.set('app', someApp({ subscription: 'flowgatetmn' })),
  ],
];

for (const [name, change] of changes) {
  test(`a code is refused when ${name} before it is redeemed`, async () => {
    const server = open();
    const code = await server.obtainCode();
    change(server);
    refused(await server.redeem(code), 'invalid_grant');
    assert.equal(server.ended.length, 1, 'what was begun is ended');
  });
}

test('a code speaks for the user who was there when it was given, not for one made since under the name', async () => {
  const server = open();
  const makeAnew = (): void => void server.madeAt.set('ann', server.clock.now());
  makeAnew();
  const code = await server.obtainCode();
  assert.equal((await server.redeem(code)).status, 200, 'made just before it');
  const old = await server.obtainCode();
  server.clock.advance(30_000);
  makeAnew();
  const answer = await server.redeem(old);
  refused(answer, 'invalid_grant');
  assert.match(String(answer.json()['error_description']), /may not sign in/);
  assert.equal((await server.redeem(await server.obtainCode())).status, 200);
});

for (const cut of ['revocation', 'grant'] as const) {
  test(`a code that comes again ends its grant, also when that failed at the ${cut} before`, async () => {
    const server = open();
    const code = await server.obtainCode();
    const first = await server.redeem(code);
    server.ending.cutShortAt = cut;
    await assert.rejects(server.redeem(code), /killed/);
    refused(await server.redeem(code), 'invalid_grant');
    const { grant_id = '' } = await server.claimsOf(first);
    assert.deepEqual([...new Set(server.ended)], [grant_id]);
    assert.notEqual((await server.grants.find(grant_id))?.value.revokedAt, undefined);
  });
}

test('an instance that still remembers the client as it was redeems a code of the client as it is', async () => {
  const server = open(someApp({ tokensFrom: 5000 }));
  const code = await server.obtainCode();
  server.clients.remembered.set('app', someApp({ tokensFrom: 1000 }));
  assert.equal((await server.redeem(code)).status, 200);
});

test('a client that has lost the grant redeems no code', async () => {
  const server = open();
  const code = await server.obtainCode();
  server.clients.stored.set('app', someApp({ grantTypes: ['client_credentials'] }));
  refused(await server.redeem(code), 'unauthorized_client');
});
