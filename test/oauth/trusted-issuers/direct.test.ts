import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Fault } from '../../../shared/http/fault.ts';
import { createAccessTokenIssuer } from '../../../shared/jwt/sign.ts';
import { createAccessTokenVerifier } from '../../../shared/jwt/verify.ts';
import { createBearerGate } from '../../../shared/oauth/bearer.ts';
import { BearerFault, type Caller } from '../../../shared/oauth/gate.ts';
import { createForeignCallers } from '../../../shared/oauth/trusted-issuers/foreign-callers.ts';
import { unlessOurs } from '../../../shared/oauth/trusted-issuers/unless-ours.ts';
import type { TrustedIssuer } from '../../../shared/registry/issuers/issuer.ts';
import { makeCall } from '../../support/call.ts';
import { forgeToken } from '../../support/forge-token.ts';
import { openInstance, type TestInstance, testKeys } from '../../support/key-ring.ts';
import { someClient, testDirectory, testRevocations, testRoles } from '../../support/oauth.ts';
import { makeIssuerKey, type OtherIssuer, startOtherIssuer } from '../../support/other-issuer.ts';
import { trust } from './issuers-under-test.ts';

const IFLMAP = 'flowgateiflmap';
const key = makeIssuerKey('k1');
let instance: TestInstance;
let other: OtherIssuer;
before(async () => {
  instance = openInstance(await testKeys());
  other = await startOtherIssuer([key]);
});
after(() => other.close().catch(() => undefined));

function open(...entries: readonly Partial<TrustedIssuer>[]) {
  const { clock, issuers, judge, claims } = trust(other, entries);
  const clients = testDirectory(someClient());
  const roles = testRoles();
  const shown: unknown[] = [];
  const gate = createBearerGate({
    verifier: createAccessTokenVerifier({ ring: instance.ring, clock }),
    clients,
    roles,
    revocations: testRevocations(),
    possession: { require: (_call, _token, cnf) => Promise.resolve(void shown.push(cnf)) },
    foreign: unlessOurs(
      async (iss) => (await instance.ring.view()).issuers.has(iss),
      () => Promise.resolve(createForeignCallers({ judge, clients })),
    ),
  });
  const enter = (token: string, scheme = 'Bearer', subscription = IFLMAP): Promise<Caller> =>
    gate.authenticate(
      makeCall({ path: '/http/a', headers: { authorization: `${scheme} ${token}` } }),
      subscription,
    );
  return { clock, clients, roles, issuers, gate, claims, enter, shown };
}

async function refused(attempt: Promise<unknown>, status: number, reason: string): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    assert.ok(error instanceof BearerFault, String(error));
    assert.deepEqual([error.status, error.reason], [status, reason], error.message);
    assert.match(error.headers['WWW-Authenticate'] ?? '', /^Bearer realm="flowgate", error="/);
    return error.message;
  }
  assert.fail('was let in');
}

test('a token of a trusted issuer is let in as the user that its claim names, with the issuer’s prefix', async () => {
  const { enter, claims } = open({});
  const caller = await enter(key.sign({ ...claims, azp: 'app-1' }));
  assert.equal(caller.user, 'idp:someone');
  assert.equal(caller.clientId, 'idp:app-1');
  assert.equal(caller.subscription, IFLMAP);
  assert.equal(caller.claims.iss, other.issuer);
});

test('a rule makes a token act as a registered client, which has to be enabled, of that subscription and older than the token', async () => {
  const clientRules = [{ claim: 'azp', value: 'app-1', clientId: 'app' }];
  const { enter, claims, clients, clock } = open({ clientRules });
  const token = key.sign({ ...claims, azp: 'app-1' });
  const caller = await enter(token);
  assert.deepEqual([caller.user, caller.clientId], ['oauth_client_app', 'app']);
  clients.stored.set('app', someClient({ enabled: false }));
  await refused(enter(token), 401, 'client_disabled');
  clients.stored.set('app', someClient({ subscription: 'flowgatetmn' }));
  await refused(enter(token), 401, 'wrong_subscription');
  clients.stored.set('app', someClient({ tokensFrom: clock.now() + 1000 }));
  await refused(enter(token), 401, 'revoked');
  clients.stored.delete('app');
  await refused(enter(token), 403, 'access_policy');
});

test('a client that another instance has enabled works at once', async () => {
  const { enter, claims, clients } = open({
    clientRules: [{ claim: 'sub', value: undefined, clientId: 'app' }],
  });
  clients.remembered.set('app', someClient({ enabled: false }));
  assert.equal((await enter(key.sign(claims))).clientId, 'app');
});

test('the user’s assigned roles count, and those that the issuer’s rules give', async () => {
  const { enter, claims, gate, roles } = open({
    roleClaim: 'roles',
    roleRules: [{ value: 'Flowgate.Send', role: 'ESBMessaging.send' }],
  });
  const caller = await enter(key.sign(claims));
  await refused(gate.requireRole(caller, ['ESBMessaging.send']), 403, 'missing_role');
  roles.assign(IFLMAP, 'idp:someone', 'Orders.send');
  await gate.requireRole(caller, ['Orders.send']);
  const given = await enter(key.sign({ ...claims, roles: ['Flowgate.Send'] }));
  await gate.requireRole(given, ['ESBMessaging.send']);
  await refused(gate.requireRole(given, ['AuthGroup.Administrator']), 403, 'missing_role');
});

test('a token that no rule fits, or that lacks a required claim, is 403 access_policy', async () => {
  const { enter, claims } = open({
    userClaim: undefined,
    clientRules: [{ claim: 'azp', value: 'app-1', clientId: 'app' }],
    requiredClaims: [{ claim: 'idtyp', value: 'app' }],
  });
  assert.match(
    await refused(enter(key.sign({ ...claims, azp: 'app-1' })), 403, 'access_policy'),
    /idtyp/,
  );
  const text = await refused(
    enter(key.sign({ ...claims, idtyp: 'app', azp: 'app-2' })),
    403,
    'access_policy',
  );
  assert.match(text, /None of the rules/);
});

test('no token makes its sender a client by its claims alone', async () => {
  const { enter, claims } = open({ userPrefix: '' });
  for (const sub of ['oauth_client_app', 'OAUTH_CLIENT_app']) {
    await refused(enter(key.sign({ ...claims, sub })), 403, 'access_policy');
  }
});

test('hostile tokens are 401 invalid_token: alg none, HS256 with the public key, foreign keys, tricks with kid', async () => {
  const { enter, claims } = open({});
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' });
  const hmac = (input: string) => createHmac('sha256', pem).update(input).digest();
  const attacker = makeIssuerKey('k1');
  const fetches = other.fetches;
  for (const token of [
    forgeToken({ alg: 'none' }, claims, () => Buffer.from('x')),
    forgeToken({ alg: 'HS256', kid: 'k1' }, claims, hmac),
    attacker.sign(claims),
    attacker.sign(claims, { jwk: attacker.jwk }),
    attacker.sign(claims, { jku: `${other.issuer}/attacker`, x5u: `${other.issuer}/x5u` }),
    key.sign(claims, { kid: '../../dev/null' }),
    key.sign(claims, { kid: "' OR 1=1 --" }),
    key.sign(claims, { crit: ['exp'] }),
    key.sign(claims, { typ: 'dpop+jwt' }),
    key.sign({ ...claims, iss: `${other.issuer}/` }),
    key.sign({ ...claims, iss: undefined }),
    key.sign({ ...claims, aud: 'api://another' }),
    key.sign({ ...claims, iat: undefined }),
    key.sign({ ...claims, cnf: { x5u: 'https://a.example' } }),
    `${key.sign(claims)}x`,
    'a.b.c',
  ]) {
    await refused(enter(token), 401, 'invalid_token');
  }
  assert.ok(other.fetches - fetches <= 1, 'the keys were fetched once');
  await refused(enter(key.sign({ ...claims, exp: 1 })), 401, 'expired');
  assert.ok(await enter(key.sign(claims)));
});

test('only at+jwt is taken where the entry asks for it (RFC 9068 section 2.1)', async () => {
  const { enter, claims } = open({ requireAtJwt: true });
  await refused(enter(key.sign(claims)), 401, 'invalid_token');
  await refused(enter(key.sign(claims, { typ: undefined })), 401, 'invalid_token');
  assert.ok(await enter(key.sign(claims, { typ: 'at+jwt' })));
});

test('a token of an issuer for another subscription, for exchange only, or not trusted is refused', async () => {
  const { enter, claims, issuers } = open({});
  await refused(enter(key.sign(claims), 'Bearer', 'flowgatetmn'), 401, 'wrong_subscription');
  issuers.change({ use: ['exchange'] });
  assert.match(await refused(enter(key.sign(claims)), 403, 'access_policy'), /token endpoint/);
  issuers.change({ enabled: false });
  assert.match(
    await refused(enter(key.sign(claims)), 401, 'invalid_token'),
    /not signed by this server/,
  );
});

test('two entries of one issuer are told apart by audience and subscription', async () => {
  const { enter, claims } = open(
    { issuerId: 'flows', audience: ['flows'] },
    { issuerId: 'admin', audience: ['admin'], subscription: 'flowgatetmn', userPrefix: 'boss:' },
  );
  assert.equal((await enter(key.sign({ ...claims, aud: ['x', 'flows'] }))).user, 'idp:someone');
  const admin = key.sign({ ...claims, aud: 'admin' });
  assert.equal((await enter(admin, 'Bearer', 'flowgatetmn')).user, 'boss:someone');
  await refused(enter(admin), 401, 'wrong_subscription');
  const both = key.sign({ ...claims, aud: ['admin', 'flows'] });
  assert.equal((await enter(both)).user, 'idp:someone');
  assert.equal((await enter(both, 'Bearer', 'flowgatetmn')).user, 'boss:someone');
});

test('two entries of one issuer and subscription are told apart by their use where a token is for both', async () => {
  const { enter, claims } = open(
    { issuerId: 'exchanged', audience: ['exchanged'], use: ['exchange'], userPrefix: 'given:' },
    { issuerId: 'shown', audience: ['shown'], use: ['direct'], userPrefix: 'shown:' },
  );
  const both = key.sign({ ...claims, aud: ['exchanged', 'shown'] });
  assert.equal((await enter(both)).user, 'shown:someone');
  await refused(enter(key.sign({ ...claims, aud: 'exchanged' })), 403, 'access_policy');
});

test('a change of an entry counts for tokens that were taken before; one that lets in works at once', async () => {
  const { enter, claims, issuers } = open({});
  const token = key.sign({ ...claims, oid: 'number' });
  assert.equal((await enter(token)).user, 'idp:someone');
  issuers.change({ userClaim: 'oid' });
  assert.equal((await enter(token)).user, 'idp:number');
  issuers.remember({ userClaim: 'missing' });
  assert.equal((await enter(token)).user, 'idp:number', 'a refusal rests on nothing old');
});

test('a token is verified again after five minutes, and refused once its key is gone', async () => {
  const { enter, claims, clock } = open({});
  const long = key.sign({ ...claims, exp: claims.exp + 3600 });
  await enter(long);
  other.keys = [makeIssuerKey('k2').jwk];
  try {
    clock.advance(4 * 60_000);
    await enter(long);
    clock.advance(7 * 60_000);
    await enter(long);
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.advance(5 * 60_000);
    await refused(enter(long), 401, 'invalid_token');
  } finally {
    other.keys = [key.jwk];
  }
});

test('an issuer that is down stops neither our own tokens nor those of others, and says 503 itself', async (t) => {
  const down = await startOtherIssuer([key]);
  await down.close();
  t.after(() => undefined);
  const { enter, claims, clock } = open(
    {},
    { issuerId: 'down', issuer: down.issuer, jwksUri: down.jwksUri },
  );
  const { token: own } = await createAccessTokenIssuer({ ring: instance.ring, clock }).issue({
    subject: 'oauth_client_app',
    clientId: 'app',
    tokensFrom: 0,
    audience: IFLMAP,
    lifetime: 60,
    scope: '',
    roles: [],
  });
  await assert.rejects(
    enter(key.sign({ ...claims, iss: down.issuer })),
    (error: unknown) => error instanceof Fault && error.status === 503,
  );
  assert.equal((await enter(key.sign(claims))).user, 'idp:someone');
  assert.equal((await enter(own)).user, 'oauth_client_app');
});

test('our own tokens do not look at trusted issuers at all', async () => {
  const { enter, clock, issuers } = open({});
  const { token: own } = await createAccessTokenIssuer({ ring: instance.ring, clock }).issue({
    subject: 'oauth_client_app',
    clientId: 'app',
    tokensFrom: 0,
    audience: IFLMAP,
    lifetime: 60,
    scope: '',
    roles: [],
  });
  await enter(own);
  assert.equal(issuers.lookups, 0);
});

test('a token that is bound to a key has to be shown with it, like our own (RFC 9449 section 7)', async () => {
  const { enter, claims, shown } = open({});
  const token = key.sign({ ...claims, cnf: { jkt: 'thumbprint' } });
  await assert.rejects(
    enter(token),
    (error: unknown) => error instanceof BearerFault && error.status === 401,
  );
  assert.deepEqual(shown, []);
  await enter(token, 'DPoP');
  assert.deepEqual(shown, [{ jkt: 'thumbprint' }]);
});
