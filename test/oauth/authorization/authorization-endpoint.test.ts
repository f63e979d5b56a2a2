import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  authorizationServers,
  AUTHORIZE,
  CALLBACK,
  ISSUER,
  locationOf,
  requestOf,
  someApp,
  toldTo,
} from './authorization-server.ts';

const open = authorizationServers();

/** Each test has users of its own: consents are remembered in one storage. */
const signedIn = (user: string, authTime = Date.UTC(2027, 0, 1) / 1000 - 60) => ({
  user,
  authTime,
  csrf: `csrf-of-${user}`,
});

test('a person who has signed in and allowed it is sent back with code, state and iss (RFC 6749 section 4.1.2, RFC 9207)', async () => {
  const server = open();
  server.who = signedIn('first');
  const page = await server.get(requestOf());
  assert.equal(page.status, 200);
  assert.match(page.text, /The &lt;App&gt; wants to act|<strong>The &lt;App&gt;<\/strong>/);
  assert.match(page.text, /<li>read<\/li>/);
  assert.match(
    page.headers.get('content-security-policy') ?? '',
    /form-action 'self' https:\/\/app\.example;/,
  );
  const answer = await server.post({ ...requestOf(), csrf: 'csrf-of-first', decision: 'allow' });
  assert.equal(answer.status, 303);
  const { code, ...told } = toldTo(answer);
  assert.match(code ?? '', /^[A-Za-z0-9_-]{43}$/);
  assert.deepEqual(told, { state: 'a state & more', iss: ISSUER });
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.deepEqual(
    server.trail.events.map(({ action, actor, object, outcome, detail }) => [
      action,
      actor,
      object.name,
      outcome,
      detail,
    ]),
    [['authorization.grant', 'first', 'app', undefined, 'read']],
  );
});

test('the form of the consent page is the request again, and allows without a script', async () => {
  const server = open();
  server.who = signedIn('form');
  const page = await server.get(requestOf({ login_hint: '"><b>', resource: undefined }));
  assert.match(page.text, /<form method="post" action="\/oauth2\/api\/v1\/authorize">/);
  const fields = [...page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  const form = fields.map(([, name = '', value = '']): [string, string] => [
    name,
    value
      .replaceAll('&quot;', '"')
      .replaceAll('&gt;', '>')
      .replaceAll('&lt;', '<')
      .replaceAll('&amp;', '&'),
  ]);
  assert.ok(!page.text.includes('"><b>'));
  const answer = await server.post([...form, ['decision', 'allow']]);
  assert.equal(toldTo(answer)['state'], 'a state & more');
});

test('consent is asked for once, again for more scopes, and by prompt=consent', async () => {
  const server = open();
  server.who = signedIn('asked-once');
  assert.equal((await server.get(requestOf())).status, 200);
  await server.obtainCode();
  assert.ok(toldTo(await server.get(requestOf()))['code']);
  assert.equal((await server.get(requestOf({ scope: 'read write' }))).status, 200);
  await server.obtainCode({ scope: 'write' });
  assert.ok(toldTo(await server.get(requestOf({ scope: 'read write' })))['code']);
  assert.equal((await server.get(requestOf({ prompt: 'consent' }))).status, 200);
  server.who = signedIn('somebody-else');
  assert.equal((await server.get(requestOf())).status, 200, 'nobody else is taken to have agreed');
});

test('a client that is registered anew begins without consents', async () => {
  const server = open();
  server.who = signedIn('loyal');
  await server.obtainCode();
  assert.ok(toldTo(await server.get(requestOf()))['code']);
  server.clients.stored.set('app', someApp({ createdAt: 2000 }));
  assert.equal((await server.get(requestOf())).status, 200);
});

test('a client that has registered itself is asked for again since it has other redirect URIs', async () => {
  const registration = { tokenHash: '', limits: { grantTypes: [], scopes: [] } };
  const server = open(someApp({ registration }));
  server.who = signedIn('careful');
  await server.obtainCode();
  assert.ok(toldTo(await server.get(requestOf()))['code']);
  const elsewhere = someApp({ registration: { ...registration, redirectsSince: 2000 } });
  server.clients.stored.set('app', elsewhere);
  assert.equal((await server.get(requestOf())).status, 200);
  await server.obtainCode({ scope: 'write' });
  const { status } = await server.get(requestOf());
  assert.equal(status, 200, 'what was allowed before is not added');
  assert.ok(toldTo(await server.get(requestOf({ scope: 'write' })))['code']);
});

test('a client with skip_consent asks nobody, unless it says prompt=consent', async () => {
  const server = open(someApp({ skipConsent: true }));
  server.who = signedIn('skipper');
  assert.ok(toldTo(await server.get(requestOf()))['code']);
  assert.equal((await server.get(requestOf({ prompt: 'consent' }))).status, 200);
});

test('a public client at an address that any app can have is asked for every time (RFC 8252 section 8.6)', async () => {
  const native = someApp({
    tokenEndpointAuthMethod: 'none',
    redirectUris: ['http://127.0.0.1/cb', 'https://app.example/cb'],
  });
  const server = open(native);
  server.who = signedIn('native');
  const loopback = { redirect_uri: 'http://127.0.0.1:4711/cb' };
  await server.post({ ...requestOf(loopback), csrf: 'csrf-of-native', decision: 'allow' });
  assert.equal((await server.get(requestOf(loopback))).status, 200);
  const claimed = { redirect_uri: 'https://app.example/cb' };
  assert.equal((await server.get(requestOf(claimed))).status, 200, 'nor is it taken for the other');
  await server.post({ ...requestOf(claimed), csrf: 'csrf-of-native', decision: 'allow' });
  assert.equal((await server.get(requestOf(claimed))).status, 303);
});

test('who does not allow it is sent back with access_denied, and no code (RFC 6749 section 4.1.2.1)', async () => {
  const server = open();
  server.who = signedIn('denier');
  const answer = await server.post({ ...requestOf(), csrf: 'csrf-of-denier', decision: 'deny' });
  const { error, code, state, iss } = toldTo(answer);
  assert.deepEqual(
    [error, code, state, iss],
    ['access_denied', undefined, 'a state & more', ISSUER],
  );
  assert.equal(server.trail.events[0]?.reason, 'access_denied');
  assert.equal((await server.get(requestOf())).status, 200, 'nothing was remembered');
});

test('a form of another session or site allows nothing', async () => {
  const server = open();
  server.who = signedIn('victim');
  for (const csrf of ['csrf-of-other', 'csrf-of-victim ', '']) {
    const pairs = [...Object.entries(requestOf()), ['csrf', csrf], ['decision', 'allow']] as const;
    const answer = await server.post(pairs);
    assert.equal(answer.status, 403, csrf);
    assert.equal(answer.headers.get('location'), null);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/);
  }
  assert.equal((await server.get(requestOf())).status, 200, 'nothing was remembered');
  assert.equal(server.trail.events.length, 0);
});

test('what the form says is checked like any request: it cannot change where the code goes or what for', async () => {
  const server = open();
  server.who = signedIn('forger');
  const decided = { csrf: 'csrf-of-forger', decision: 'allow' };
  const moved = await server.post({
    ...requestOf({ redirect_uri: 'https://evil.example/' }),
    ...decided,
  });
  assert.deepEqual([moved.status, moved.headers.get('location')], [400, null]);
  const more = await server.post({ ...requestOf({ scope: 'admin' }), ...decided });
  assert.equal(toldTo(more)['error'], 'invalid_scope');
  const undecided = await server.post({ ...requestOf(), csrf: 'csrf-of-forger' });
  assert.deepEqual([undecided.status, undecided.headers.get('location')], [400, null]);
});

test('who has not signed in is asked to, and comes back to the same request', async () => {
  const server = open();
  server.who = undefined;
  const answer = await server.get(requestOf({ login_hint: 'ann@example.com' }));
  assert.equal(answer.headers.get('location'), '/sign-in');
  const asked = server.asked[0];
  assert.equal(asked?.loginHint, 'ann@example.com');
  assert.ok(asked.returnTo.length < 8000);
  const back = new URL(asked.returnTo, 'http://localhost');
  assert.equal(back.pathname, AUTHORIZE);
  const { sign_in_asked: mark, ...sent } = Object.fromEntries(back.searchParams);
  assert.ok(mark);
  assert.deepEqual(sent, requestOf({ login_hint: 'ann@example.com' }));
});

test('a form whose session has ended leads to the sign-in and from there to the page again', async () => {
  const server = open();
  server.who = undefined;
  const answer = await server.post({ ...requestOf(), csrf: 'x', decision: 'allow' });
  assert.equal(answer.headers.get('location'), '/sign-in');
  const back = new URL(server.asked[0]?.returnTo ?? '', 'http://localhost');
  assert.equal(back.searchParams.has('csrf') || back.searchParams.has('decision'), false);
});

test('prompt=login and max_age have who is signed in sign in again, once', async () => {
  for (const wish of [{ prompt: 'login' }, { max_age: '30' }, { prompt: 'select_account' }]) {
    const server = open();
    server.who = signedIn('again');
    const name = JSON.stringify(wish);
    assert.equal((await server.get(requestOf(wish))).headers.get('location'), '/sign-in', name);
    assert.equal(server.asked[0]?.prompt, 'login', name);
    const back = new URL(server.asked[0].returnTo, 'http://localhost').searchParams;
    // Coming back without having signed in.
    server.clock.advance(10_000);
    assert.equal((await server.get([...back])).headers.get('location'), '/sign-in', name);
    server.who = signedIn('again', server.clock.now() / 1000);
    server.clock.advance(1000);
    assert.equal((await server.get([...back])).status, 200, name);
    // The mark is of this request, and not for ever.
    const other = [...back].map(([key, value]): [string, string] => [
      key,
      key === 'state' ? 'x' : value,
    ]);
    if ('prompt' in wish) {
      assert.equal((await server.get(other)).headers.get('location'), '/sign-in', name);
    }
    server.clock.advance(601_000);
    assert.equal((await server.get([...back])).headers.get('location'), '/sign-in', name);
  }
});

test('who has not signed in is asked to sign in anew only where prompt or max_age wish it', async () => {
  for (const [wish, prompt] of [
    [{}, undefined],
    [{ prompt: 'consent' }, undefined],
    [{ prompt: 'login' }, 'login'],
    [{ prompt: 'login consent' }, 'login'],
    [{ prompt: 'select_account' }, 'login'],
    [{ max_age: '0' }, 'login'],
    [{ max_age: '3600' }, 'login'],
  ] as const) {
    const server = open();
    server.who = undefined;
    const name = JSON.stringify(wish);
    assert.equal((await server.get(requestOf(wish))).headers.get('location'), '/sign-in', name);
    assert.equal(server.asked[0]?.prompt, prompt, name);
  }
});

test('a sign-in of which nobody knows the time is older than any max_age, and its tokens name no auth_time', async () => {
  const server = open(someApp({ skipConsent: true }));
  server.who = signedIn('timeless', 0);
  const answer = await server.get(requestOf({ max_age: '999999999' }));
  assert.equal(answer.headers.get('location'), '/sign-in');
  const back = new URL(server.asked[0]?.returnTo ?? '', 'http://localhost').searchParams;
  assert.equal((await server.get([...back])).headers.get('location'), '/sign-in');
  const tokens = await server.redeem(await server.obtainCode());
  assert.equal((await server.claimsOf(tokens)).auth_time, undefined);
  server.clock.advance(1);
  const refreshed = await server.token({
    grant_type: 'refresh_token',
    refresh_token: String(tokens.json()['refresh_token']),
  });
  assert.equal(refreshed.status, 200, refreshed.text);
  assert.equal((await server.claimsOf(refreshed)).auth_time, undefined);
});

test('max_age of a sign-in that is young enough asks nobody; 0 asks everybody', async () => {
  const server = open(someApp({ skipConsent: true }));
  server.who = signedIn('young');
  assert.ok(toldTo(await server.get(requestOf({ max_age: '60' })))['code']);
  assert.equal((await server.get(requestOf({ max_age: '0' }))).headers.get('location'), '/sign-in');
  const back = new URL(server.asked[0]?.returnTo ?? '', 'http://localhost').searchParams;
  server.clock.advance(3000);
  server.who = signedIn('young', server.clock.now() / 1000 - 1);
  assert.ok(toldTo(await server.get([...back]))['code']);
});

test('prompt=none shows no page: login_required, consent_required, or the code', async () => {
  const server = open();
  server.who = undefined;
  const none = (changes = {}) => server.get(requestOf({ prompt: 'none', ...changes }));
  assert.equal(toldTo(await none())['error'], 'login_required');
  server.who = signedIn('silent');
  assert.equal(toldTo(await none())['error'], 'consent_required');
  await server.obtainCode();
  assert.ok(toldTo(await none())['code']);
  assert.equal(toldTo(await none({ max_age: '10' }))['error'], 'login_required');
  assert.equal(server.asked.length, 0);
});

test('somebody else can sign in from the consent page', async () => {
  const server = open();
  server.who = signedIn('wrong-person');
  const page = await server.get(requestOf());
  const link = /<a href="([^"]+)">Sign in as somebody else/.exec(page.text)?.[1];
  const { searchParams } = new URL((link ?? '').replaceAll('&amp;', '&'), 'http://localhost');
  const answer = await server.get([...searchParams]);
  assert.equal(answer.headers.get('location'), '/sign-in');
  assert.equal(server.asked[0]?.prompt, 'login');
  assert.ok(!server.asked[0].returnTo.includes('switch_user'), 'and is not asked for ever');
});

test('a request by POST goes on by GET, where the browser brings its cookies (RFC 6749 section 3.1)', async () => {
  const server = open();
  const answer = await server.post({ ...requestOf(), decision: 'allow', foo: 'x'.repeat(20_000) });
  assert.equal(answer.status, 303);
  const to = locationOf(answer);
  assert.equal(to.origin + to.pathname, `http://localhost${AUTHORIZE}`);
  assert.deepEqual(Object.fromEntries(to.searchParams), requestOf());
});

test('a client with one redirect URI need not name it', async () => {
  const server = open(someApp({ skipConsent: true }));
  server.who = signedIn('brief');
  assert.ok(toldTo(await server.get(requestOf({ redirect_uri: undefined })), CALLBACK)['code']);
});
