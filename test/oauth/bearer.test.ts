import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Fault } from '../../shared/http/fault.ts';
import { createAccessTokenIssuer } from '../../shared/jwt/sign.ts';
import { createAccessTokenVerifier } from '../../shared/jwt/verify.ts';
import { bearerSurface, createBearerGate } from '../../shared/oauth/bearer.ts';
import { type BearerGate, BearerFault, type Caller } from '../../shared/oauth/gate.ts';
import type { Client } from '../../shared/registry/client.ts';
import { makeCall, type TestCall } from '../support/call.ts';
import { testClock } from '../support/clock.ts';
import { openInstance, type TestInstance, testKeys } from '../support/key-ring.ts';
import {
  noForeignCallers,
  someClient,
  testDirectory,
  testRevocations,
  testRoles,
} from '../support/oauth.ts';

const IFLMAP = 'flowgateiflmap';
const USER = 'oauth_client_app';
let instance: TestInstance;
before(async () => {
  instance = openInstance(await testKeys());
});

function open(client: Client | undefined = someClient()) {
  const clock = testClock();
  const { ring } = instance;
  const clients = testDirectory(client);
  const roles = testRoles();
  const verifier = createAccessTokenVerifier({ ring, clock });
  const revocations = testRevocations();
  const gate: BearerGate = createBearerGate({
    verifier,
    clients,
    roles,
    revocations,
    possession: noPossession,
    foreign: noForeignCallers,
  });
  const issuer = createAccessTokenIssuer({ ring, clock });
  const token = async (audience = IFLMAP, grantId?: string, tokensFrom = 0): Promise<string> => {
    const { token: issued } = await issuer.issue({
      subject: USER,
      clientId: 'app',
      tokensFrom,
      grantId,
      audience,
      lifetime: 60,
      scope: '',
      roles: [],
    });
    return issued;
  };
  const enter = async (authorization: string, subscription = IFLMAP): Promise<Caller> =>
    gate.authenticate(callWith({ authorization }), subscription);
  return { clock, clients, roles, revocations, gate, token, enter };
}

/** These tokens are not bound to anything. */
const noPossession = { require: () => assert.fail('Nothing has to be shown.') };

const callWith = (headers: Record<string, string>, path = '/http/v1/test/hello'): TestCall =>
  makeCall({ path, headers });

/** Refused with that reason, its status, and the challenge of RFC 6750 section 3. */
async function refused(
  attempt: Promise<unknown>,
  reason: string,
  tells: RegExp,
): Promise<BearerFault> {
  const fault = await attempt.then(
    () => assert.fail('It was let in.'),
    (error: unknown) => error,
  );
  assert.ok(fault instanceof BearerFault, String(fault));
  assert.equal(fault.reason, reason, fault.message);
  assert.match(fault.message, tells);
  assert.equal(fault.status, reason === 'missing_role' ? 403 : 401);
  const challenge = fault.headers['WWW-Authenticate'] ?? '';
  assert.match(challenge, /^Bearer realm="flowgate"/);
  assert.equal(challenge.includes('error='), reason !== 'missing_token');
  const reply = bearerSurface.toReply(fault, callWith({}));
  assert.equal(reply.status, fault.status);
  assert.deepEqual(JSON.parse(String(reply.body)), {
    error: reason === 'missing_role' ? 'insufficient_scope' : 'invalid_token',
    error_description: fault.message,
    reason,
  });
  return fault;
}

test('lets in whoever shows a good token for the subscription', async () => {
  const { enter, token } = open();
  const caller = await enter(`Bearer ${await token()}`);
  assert.equal(caller.user, USER);
  assert.equal(caller.clientId, 'app');
  assert.equal(caller.subscription, IFLMAP);
  assert.equal(caller.claims.aud, IFLMAP);
});

for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer  ']) {
  test(`takes the scheme ${JSON.stringify(scheme)} (RFC 9110 section 11.1)`, async () => {
    const { enter, token } = open();
    assert.equal((await enter(`${scheme} ${await token()}`)).user, USER);
  });
}

test('never looks at cookies', async () => {
  const { gate, token } = open();
  const cookie = `Authorization=${await token()}; JSESSIONID=stale`;
  await refused(gate.authenticate(callWith({ cookie }), IFLMAP), 'missing_token', /missing/);
  const authorization = `Bearer ${await token()}`;
  assert.equal((await gate.authenticate(callWith({ cookie, authorization }), IFLMAP)).user, USER);
});

test('names the client in the log event, and a refused token’s failed check, never the token', async () => {
  const { gate, token } = open();
  const good = callWith({ authorization: `Bearer ${await token()}` });
  await gate.authenticate(good, IFLMAP);
  assert.deepEqual(good.annotations, { client: 'app' });
  const bad = callWith({ authorization: `Bearer ${await token()}=` });
  await assert.rejects(gate.authenticate(bad, IFLMAP));
  assert.deepEqual(bad.annotations, { token_check: 'encoding' });
});

test('refuses a call without a token with a challenge without an error (RFC 6750 section 3.1)', async () => {
  const { gate, clients } = open();
  const calls: Record<string, string>[] = [{}, { authorization: '' }];
  for (const headers of calls) {
    const attempt = gate.authenticate(callWith(headers), IFLMAP);
    const fault = await refused(attempt, 'missing_token', /Authorization: Bearer/);
    assert.equal(fault.headers['WWW-Authenticate'], 'Bearer realm="flowgate"');
  }
  assert.deepEqual(clients.lookups, []);
});

test('refuses a token in the query and tells where it belongs (RFC 6750 section 2.3)', async () => {
  const { gate, token, clients } = open();
  const call = callWith({}, `/http/v1/test/hello?access_token=${await token()}`);
  await refused(gate.authenticate(call, IFLMAP), 'missing_token', /must not be in the query/);
  assert.deepEqual(clients.lookups, []);
});

test('refuses a token in a form (RFC 6750 section 2.2)', async () => {
  const { gate, token } = open();
  const call = makeCall({
    method: 'POST',
    path: '/http/v1/test/hello',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `access_token=${await token()}`,
  });
  await refused(gate.authenticate(call, IFLMAP), 'missing_token', /missing/);
});

test('refuses Basic credentials and other schemes as no token', async () => {
  const { enter, token } = open();
  for (const scheme of ['Basic', 'Digest', 'DPoPX', 'BearerX']) {
    await refused(enter(`${scheme} ${await token()}`), 'missing_token', /token endpoint/);
  }
  await refused(enter(await token()), 'missing_token', /token endpoint/);
});

test('refuses two Authorization headers, which the host joins, even with the same token', async () => {
  const { enter, token, clients } = open();
  const good = `Bearer ${await token()}`;
  for (const two of [`${good},${good}`, `${good}, Basic abc`, `Basic abc,${good}`]) {
    await refused(enter(two), 'invalid_token', /more than one Authorization header/);
  }
  assert.deepEqual(clients.lookups, []);
});

test('refuses Bearer with nothing, and with more than a token', async () => {
  const { enter, token } = open();
  for (const value of ['Bearer', 'Bearer ', `Bearer ${await token()} x`]) {
    await refused(enter(value), 'invalid_token', /one space/);
  }
});

test('refuses a forged token as invalid and an old one as expired, before any client is looked up', async () => {
  const { clock, enter, token, clients } = open();
  await refused(enter('Bearer a.b.c'), 'invalid_token', /malformed, altered, or not signed/);
  const old = await token();
  clock.advance(60_000);
  await refused(enter(`Bearer ${old}`), 'expired', /has expired/);
  assert.deepEqual(clients.lookups, []);
});

test('refuses a token for another subscription and names both', async () => {
  const { enter, token, clients } = open();
  const fault = await refused(
    enter(`Bearer ${await token('flowgatetmn')}`),
    'wrong_subscription',
    /for subscription flowgatetmn, .* subscription flowgateiflmap\./,
  );
  assert.match(fault.message, /Request the token with a client of flowgateiflmap/);
  assert.deepEqual(clients.lookups, []);
});

test('refuses a token whose client has been deleted', async () => {
  const { enter, token, clients } = open();
  clients.stored.clear();
  await refused(enter(`Bearer ${await token()}`), 'revoked', /app .*deleted\./);
});

test('refuses a token of an earlier registration of its client, whatever the times', async () => {
  const { clock, enter, token, clients } = open();
  const old = `Bearer ${await token()}`;
  assert.equal((await enter(old)).user, USER);
  // In the same second, which iat cannot tell; from an instance that had not heard; much later.
  for (const createdAt of [clock.now() + 1, clock.now() - 10_000, clock.now() + 3_600_000]) {
    clients.stored.set('app', someClient({ createdAt }));
    await refused(enter(old), 'revoked', /registered anew/);
  }
});

test('a refusal for its client rests on what storage holds now, not on what is remembered', async () => {
  const { enter, token, clients } = open();
  clients.remembered.set('app', someClient({ enabled: false }));
  assert.equal((await enter(`Bearer ${await token()}`)).user, USER);
  assert.deepEqual(
    clients.lookups.map(({ maxAgeMs }) => maxAgeMs),
    [undefined, 100],
  );
});

test('refuses a token of a client that was moved to another subscription since', async () => {
  const { enter, token, clients } = open();
  clients.stored.set('app', someClient({ subscription: 'flowgatetmn' }));
  await refused(
    enter(`Bearer ${await token()}`),
    'wrong_subscription',
    /moved to subscription flowgatetmn .* issued for flowgateiflmap\. Request a new token/,
  );
});

test('refuses a token that is revoked, or whose grant is, and asks storage for no client again', async () => {
  for (const claim of ['jti', 'grant_id'] as const) {
    const { clients, revocations, token, enter } = open();
    const bearer = await token(IFLMAP, 'a-grant');
    const { claims } = await enter(`Bearer ${bearer}`);
    revocations.revoked.add(claims[claim] ?? assert.fail());
    clients.lookups.length = 0;
    await refused(enter(`Bearer ${bearer}`), 'revoked', /has been revoked\. Request a new one/);
    assert.equal(clients.lookups.length, 1);
  }
});

test('revoking all tokens of a client ends those from before it and none since, whatever the clocks say', async () => {
  const { clock, clients, token, enter } = open();
  const before = await token();
  // By an instance whose clock is ahead.
  const tokensFrom = clock.now() + 20_000;
  clients.stored.set('app', someClient({ tokensFrom }));
  await refused(enter(`Bearer ${before}`), 'revoked', /All access tokens .* have been revoked/);
  const since = await token(IFLMAP, undefined, tokensFrom);
  assert.equal((await enter(`Bearer ${since}`)).clientId, 'app');
});

test('refuses a token of a disabled client', async () => {
  const { enter, token, clients } = open();
  clients.stored.set('app', someClient({ enabled: false }));
  await refused(enter(`Bearer ${await token()}`), 'client_disabled', /disabled/);
});

test('one of the roles is enough, and no storage is asked twice for it', async () => {
  const { gate, roles, enter, token } = open();
  roles.assign(IFLMAP, USER, 'B');
  await gate.requireRole(await enter(`Bearer ${await token()}`), ['A', 'B']);
  assert.deepEqual(roles.lookups, [{ user: USER, maxAgeMs: undefined }]);
});

test('a role given a moment ago works: assignments older than a second are read again', async () => {
  const { gate, roles, enter, token } = open();
  roles.remembered = new Set();
  roles.assign(IFLMAP, USER, 'ESBMessaging.send');
  await gate.requireRole(await enter(`Bearer ${await token()}`), ['ESBMessaging.send']);
  assert.deepEqual(
    roles.lookups.map(({ maxAgeMs }) => maxAgeMs),
    [undefined, 100],
  );
});

test('the token’s own roles claim grants nothing', async () => {
  const { clock, gate } = open();
  const issuer = createAccessTokenIssuer({ ring: instance.ring, clock });
  const { token } = await issuer.issue({
    subject: USER,
    clientId: 'app',
    tokensFrom: 0,
    audience: IFLMAP,
    lifetime: 60,
    scope: 'ESBMessaging.send',
    roles: ['ESBMessaging.send'],
  });
  const call = callWith({ authorization: `Bearer ${token}` });
  const caller = await gate.authenticate(call, IFLMAP);
  await refused(gate.requireRole(caller, ['ESBMessaging.send']), 'missing_role', /has no role/);
});

test('a missing role is told with the user, the role, the subscription and the remedy', async () => {
  const { gate, roles, enter, token } = open();
  roles.assign('flowgatetmn', USER, 'ESBMessaging.send');
  const caller = await enter(`Bearer ${await token()}`);
  const fault = await refused(
    gate.requireRole(caller, ['ESBMessaging.send']),
    'missing_role',
    /^User oauth_client_app has no role ESBMessaging\.send in subscription flowgateiflmap\. /,
  );
  assert.match(
    fault.message,
    /Assign it under \/registry\/v1\/subscriptions\/flowgateiflmap\/roles\/ESBMessaging\.send\/users\/oauth_client_app\.$/,
  );
  await refused(gate.requireRole(caller, ['A', 'B']), 'missing_role', /none of the roles A, B in/);
  await refused(gate.requireRole(caller, []), 'missing_role', /none of the roles/);
});

test('a role given to the client id without its prefix is told', async () => {
  const { gate, roles, enter, token } = open();
  roles.assign(IFLMAP, 'app', 'ESBMessaging.send');
  const caller = await enter(`Bearer ${await token()}`);
  await refused(
    gate.requireRole(caller, ['ESBMessaging.send']),
    'missing_role',
    /It is assigned to app, but the user of that client is oauth_client_app: assign it to/,
  );
});

test('a role that differs only in case is told', async () => {
  const { gate, roles, enter, token } = open();
  roles.assign(IFLMAP, USER, 'esbmessaging.SEND');
  const caller = await enter(`Bearer ${await token()}`);
  await refused(
    gate.requireRole(caller, ['ESBMessaging.send']),
    'missing_role',
    /It has esbmessaging\.SEND, which differs in case: assign ESBMessaging\.send\./,
  );
});

test('other faults get the codes of the token endpoint, with their reason', () => {
  const errorOf = (status: number): unknown =>
    (
      JSON.parse(
        String(bearerSurface.toReply(new Fault(status, 'x', { reason: 'y' }), callWith({})).body),
      ) as Record<string, unknown>
    )['error'];
  assert.deepEqual([400, 404, 405, 413, 500, 503].map(errorOf), [
    ...Array<string>(4).fill('invalid_request'),
    'server_error',
    'temporarily_unavailable',
  ]);
});

test('the challenge stays in its character set and short enough for a header; the body has the whole text', () => {
  const text = `User "x" has no role ${'ü\\'.repeat(50_000)}.`;
  const fault = new BearerFault('missing_role', text);
  const challenge = fault.headers['WWW-Authenticate'] ?? '';
  assert.match(
    challenge,
    /^Bearer realm="flowgate", error="insufficient_scope", error_description="User 'x' has[^"\\]+"$/,
  );
  assert.match(challenge, /^[\x20-\x7e]{1,700}$/);
  assert.equal(fault.message, text);
});
