import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import type { Cookie } from '../../../shared/http/call.ts';
import { Fault } from '../../../shared/http/fault.ts';
import type { ForeignClaims } from '../../../shared/jwt/foreign-token.ts';
import { UNKNOWN_TIME } from '../../../shared/oauth/sign-in/sessions.ts';
import { createJourneys } from '../../../shared/oauth/upstream/journey.ts';
import type { ProviderMetadata, Redemption } from '../../../shared/oauth/upstream/provider.ts';
import { createUpstreamSignIn } from '../../../shared/oauth/upstream/upstream-sign-in.ts';
import type { User } from '../../../shared/registry/users/user.ts';
import { testThrottle, testTrail } from '../../support/audit.ts';
import { makeCall } from '../../support/call.ts';
import { testClock } from '../../support/clock.ts';
import { openPeople, type People } from '../sign-in/people-under-test.ts';

const ISSUER = 'https://idp.example';
const RETURN_TO = '/oauth2/api/v1/authorize?client_id=app';

let people: People;
const clock = testClock();
const journeys = createJourneys({
  key: randomBytes(32),
  clock,
  random: randomBytes,
  isHttps: true,
});
let redeemed: Redemption[];
let begun: { user: string; authTime: number }[];
let claims: ForeignClaims;
/** Why the provider's answer to a code is not taken. */
let failure: Error | undefined;
let metadata: ProviderMetadata;
let trail: ReturnType<typeof testTrail>;
let throttle: ReturnType<typeof testThrottle>;

const cookie: Cookie = {
  name: 'session',
  value: 'x',
  path: '/',
  secure: true,
  httpOnly: true,
  sameSite: 'Lax',
};

beforeEach(async () => {
  people = await openPeople();
  redeemed = [];
  begun = [];
  trail = testTrail();
  throttle = testThrottle();
  failure = undefined;
  claims = { sub: 's-1', preferred_username: 'anna' };
  metadata = {
    authorizationEndpoint: `${ISSUER}/authorize?tenant=t`,
    tokenEndpoint: '',
    jwksUri: '',
    userinfoEndpoint: undefined,
    postsSecret: false,
    namesItself: false,
    signingAlgorithms: undefined,
  };
});

const open = () =>
  createUpstreamSignIn({
    settings: {
      issuer: ISSUER,
      clientId: 'flowgate',
      clientSecret: 's',
      name: 'Corporate ID',
      claim: 'preferred_username',
      prefix: '',
    },
    provider: {
      metadata: () => Promise.resolve(metadata),
      redeem: (code) => {
        redeemed.push(code);
        return failure === undefined ? Promise.resolve(claims) : Promise.reject(failure);
      },
    },
    journeys,
    users: people.users,
    sessions: {
      find: () => Promise.resolve(undefined),
      begin: (_call, { user }: User, authTime) => {
        begun.push({ user, authTime });
        return Promise.resolve(cookie);
      },
      end: () => Promise.resolve(cookie),
    },
    throttle,
    audit: trail,
    clock,
    random: randomBytes,
    issuer: 'https://flowgate.example',
  });

/** Goes to the provider. @returns where, and the cookie of the browser. */
async function start(query = ''): Promise<{ target: URL; cookie: string }> {
  const path = `/oauth2/api/v1/sign-in/upstream?return_to=${encodeURIComponent(RETURN_TO)}${query}`;
  const reply = await open().start(makeCall({ path }));
  assert.equal(reply.status, 303);
  const [set] = reply.cookies ?? [];
  assert.deepEqual(
    [set?.name, set?.sameSite, set?.maxAge],
    ['__Host-flowgate-upstream', 'Lax', 900],
  );
  const target = new URL(reply.headers?.['Location'] ?? '');
  return { target, cookie: `${set?.name ?? ''}=${set?.value ?? ''}` };
}

/** Comes back with these parameters. */
async function comeBack(cookie: string, parameters: Record<string, string>) {
  const query = new URLSearchParams(parameters).toString();
  const path = `/oauth2/api/v1/sign-in/callback?${query}`;
  return open().callback(makeCall({ path, headers: { cookie } }));
}

/** Nobody was signed in, and the code, if there was one, was not even exchanged. */
function assertNothingBegun(): void {
  assert.deepEqual([redeemed, begun], [[], []]);
}

test('the browser is sent with state, nonce, PKCE by S256, and no more than the settings say', async () => {
  const { target } = await start('&login_hint=anna&prompt=login');
  const asked = Object.fromEntries(target.searchParams);
  const { state, nonce, code_challenge: challenge, ...rest } = asked;
  assert.deepEqual(rest, {
    tenant: 't',
    response_type: 'code',
    client_id: 'flowgate',
    redirect_uri: 'https://flowgate.example/oauth2/api/v1/sign-in/callback',
    scope: 'openid profile email',
    code_challenge_method: 'S256',
    login_hint: 'anna',
    prompt: 'login',
    max_age: '0',
  });
  for (const value of [state, nonce, challenge]) assert.match(value ?? '', /^[A-Za-z0-9_-]{43}$/);
  assert.equal(new Set([state, nonce, challenge]).size, 3);
  const { searchParams: others } = (await start()).target;
  assert.notEqual(others.get('state'), state);
  assert.deepEqual([others.get('prompt'), others.get('max_age')], [null, null]);
  const { searchParams: select } = (await start('&prompt=select_account')).target;
  assert.deepEqual([select.get('prompt'), select.get('max_age')], [null, null]);
});

test('coming back begins a session as of the provider’s auth_time, leads on, and ends the journey', async () => {
  const { target, cookie } = await start();
  const authTime = Math.floor(clock.now() / 1000) - 100;
  claims = { ...claims, auth_time: authTime };
  const state = target.searchParams.get('state') ?? '';
  const reply = await comeBack(cookie, { state, code: 'c', iss: ISSUER });
  assert.equal(reply.status, 200);
  assert.match(String(reply.body), /url=\/oauth2\/api\/v1\/authorize\?client_id=app/);
  assert.deepEqual(begun, [{ user: 'anna', authTime: authTime * 1000 }]);
  assert.equal(redeemed[0]?.nonce, target.searchParams.get('nonce'));
  assert.deepEqual(
    reply.cookies?.map(({ name, maxAge }) => [name, maxAge]),
    [
      ['session', undefined],
      ['__Host-flowgate-upstream', 0],
    ],
  );
  assert.deepEqual(
    trail.events.map(({ action, actor }) => [action, actor]),
    [
      ['user.create', 'anna'],
      ['user.sign_in', 'anna'],
    ],
  );
  // A time from ahead is none.
  claims = { ...claims, auth_time: authTime + 5000 };
  const again = await start();
  await comeBack(again.cookie, { state: again.target.searchParams.get('state') ?? '', code: 'c' });
  assert.equal(begun[1]?.authTime, clock.now());
});

test('without auth_time in the ID token a session begins whose time nobody knows', async () => {
  const { target, cookie } = await start();
  const state = target.searchParams.get('state') ?? '';
  const reply = await comeBack(cookie, { state, code: 'c' });
  assert.equal(reply.status, 200);
  assert.deepEqual(begun, [{ user: 'anna', authTime: UNKNOWN_TIME }]);
  claims = { ...claims, auth_time: 'yesterday' };
  const again = await start();
  await comeBack(again.cookie, { state: again.target.searchParams.get('state') ?? '', code: 'c' });
  assert.equal(begun[1]?.authTime, UNKNOWN_TIME);
});

test('who was to sign in anew is not signed in by an ID token without auth_time (Core section 3.1.2.1)', async () => {
  const { target, cookie } = await start('&prompt=login');
  const state = target.searchParams.get('state') ?? '';
  const reply = await comeBack(cookie, { state, code: 'c' });
  assert.equal(reply.status, 403);
  assert.match(String(reply.body), /Corporate ID does not say when you did/);
  assert.deepEqual(
    reply.cookies?.map(({ name, maxAge }) => [name, maxAge]),
    [['__Host-flowgate-upstream', 0]],
  );
  assert.deepEqual(begun, []);
  const event = trail.events.at(-1);
  assert.deepEqual(
    [event?.action, event?.outcome, event?.reason, event?.object.name],
    ['user.sign_in', 'failure', 'no_auth_time', 'anna'],
  );
  // The wish stands in the cookie, and nobody takes it out.
  const without = cookie.replace('.anew.', '.any.');
  assert.notEqual(without, cookie);
  await assert.rejects(
    comeBack(without, { state, code: 'c' }),
    (error) => error instanceof Fault && error.reason === 'unknown_journey',
  );
  const now = Math.floor(clock.now() / 1000);
  claims = { ...claims, auth_time: now };
  assert.equal((await comeBack(cookie, { state, code: 'c' })).status, 200);
  assert.deepEqual(begun, [{ user: 'anna', authTime: now * 1000 }]);
});

test('a code that the provider does not take is counted as a failed sign-in and noted', async () => {
  const { target, cookie } = await start();
  const sent = { state: target.searchParams.get('state') ?? '', code: 'guessed' };
  failure = new Fault(502, 'Not to be trusted.', { reason: 'token_endpoint' });
  await assert.rejects(comeBack(cookie, sent), failure);
  assert.deepEqual(throttle.failures, ['']);
  const event = trail.events.at(-1);
  assert.deepEqual(
    [event?.action, event?.outcome, event?.reason, event?.object.name, event?.detail],
    ['user.sign_in', 'failure', 'token_endpoint', '', `at ${ISSUER}`],
  );
  throttle.refusal = new Fault(429, 'Slowed.', { reason: 'throttled' });
  await assert.rejects(comeBack(cookie, sent), throttle.refusal);
  assert.equal(throttle.failures.length, 2);
  assert.deepEqual(begun, []);

  // Whoever is slowed has nothing exchanged in our name.
  throttle.closed = throttle.refusal;
  await assert.rejects(comeBack(cookie, sent), throttle.closed);
  assert.deepEqual([redeemed.length, throttle.failures.length], [2, 2]);
});

test('a provider that is away is nobody’s failure', async () => {
  const { target, cookie } = await start();
  const sent = { state: target.searchParams.get('state') ?? '', code: 'c' };
  for (const fault of [Fault.unavailable('It does not answer.', 30), new Error('of ours')]) {
    failure = fault;
    await assert.rejects(comeBack(cookie, sent), fault);
  }
  assert.deepEqual([throttle.failures, trail.events], [[], []]);
  failure = undefined;
  assert.equal((await comeBack(cookie, sent)).status, 200);
});

test('without the cookie, with another’s, an altered one, another state, or after 15 minutes nothing is exchanged', async () => {
  const { target, cookie } = await start();
  const other = await start();
  const state = target.searchParams.get('state') ?? '';
  const tries: readonly (readonly [string, Record<string, string>])[] = [
    ['', { state, code: 'c' }],
    [other.cookie, { state, code: 'c' }],
    [`${cookie}x`, { state, code: 'c' }],
    [cookie.replace(/=\d+/, '=99999999999'), { state, code: 'c' }],
    [cookie, { state: '', code: 'c' }],
    [cookie, { code: 'c' }],
    [cookie, { state: `${state}x`, code: 'c' }],
  ];
  for (const [sent, parameters] of tries) {
    await assert.rejects(
      comeBack(sent, parameters),
      (error) => error instanceof Fault && error.reason === 'unknown_journey',
    );
  }
  clock.advance(15 * 60_000);
  await assert.rejects(comeBack(cookie, { state, code: 'c' }), /took too long/);
  assertNothingBegun();
});

test('an answer of another provider is refused (RFC 9207 section 2.4), and one without iss where the provider names itself', async () => {
  const { target, cookie } = await start();
  const state = target.searchParams.get('state') ?? '';
  const foreign = await comeBack(cookie, { state, code: 'c', iss: 'https://evil.example' });
  assert.equal(foreign.status, 400);
  metadata = { ...metadata, namesItself: true };
  const unnamed = await comeBack(cookie, { state, code: 'c' });
  assert.equal(unnamed.status, 400);
  assertNothingBegun();
  assert.ok(trail.events.every(({ reason }) => reason === 'wrong_iss'));
});

test('an error of the provider is told in our words; its own come into neither page nor log', async () => {
  const { target, cookie } = await start();
  const state = target.searchParams.get('state') ?? '';
  for (const [error, reason] of [
    ['access_denied', 'upstream_access_denied'],
    ['<b>Call 555-0100</b>', 'upstream_no_code'],
  ] as const) {
    const told = { state, error, error_description: 'Call 555-0100' };
    const reply = await comeBack(cookie, told);
    assert.equal(reply.status, 400);
    assert.doesNotMatch(String(reply.body), /555/);
    assert.equal(trail.events.at(-1)?.reason, reason);
  }
  assertNothingBegun();
});

test('of one person who comes twice at once for the first time, one account is made', async () => {
  const [one, two] = await Promise.all([start(), start()]);
  const replies = await Promise.all(
    [one, two].map(({ target, cookie }) =>
      comeBack(cookie, { state: target.searchParams.get('state') ?? '', code: 'c' }),
    ),
  );
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 200],
  );
  assert.deepEqual(
    begun.map(({ user }) => user),
    ['anna', 'anna'],
  );
});

test('a request that no cookie can hold is refused with what to do (RFC 9126)', async () => {
  const long = `/oauth2/api/v1/authorize?state=${'x'.repeat(4000)}`;
  const path = `/oauth2/api/v1/sign-in/upstream?return_to=${encodeURIComponent(long)}`;
  await assert.rejects(async () => open().start(makeCall({ path })), /push the request/);
  const evil = '/oauth2/api/v1/sign-in/upstream?return_to=https://evil.example/';
  await assert.rejects(
    async () => open().start(makeCall({ path: evil })),
    /not one of this server/,
  );
});
