import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { testStorage } from '../support/azurite.ts';
import {
  allow,
  type App,
  askForTokens,
  CALLBACK,
  obtainCode,
  redeem,
  refresh,
  registerApp,
  requestOf,
  signedInPerson,
  VERIFIER,
} from '../support/authorization.ts';
import { type Instance, type Management, manage, startInstance } from '../support/instance.ts';
import { type PageSeen, Person } from '../support/people.ts';
import { assertClear } from './two-instances.ts';

export const LOCAL_ONLY = 'reads what the instances log, and makes people';

const AUTHORIZE = '/oauth2/api/v1/authorize';
const PAR = '/oauth2/api/v1/par';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let instances: readonly [Instance, Instance];
let admin: Management;
let person: Person;
let app: App;
let log = '';

before(async () => {
  const storage = await testStorage();
  const onLog = (text: string): void => {
    log += text;
  };
  // Without a known address nobody is slowed down: here every refusal is to be seen for itself.
  const env = { FLOWGATE_TRUSTED_PROXY_HOPS: '0' };
  instances = await Promise.all([
    startInstance(storage, env, { onLog, verbose: true }),
    startInstance(storage, env, { onLog, verbose: true }),
  ]);
  admin = await manage(instances[0]);
  person = await signedInPerson(instances[0], admin, 'ann');
  app = await registerApp(admin, { skip_consent: true });
});

/** A good request still gets a code, and the code tokens. */
async function works(): Promise<void> {
  for (const instance of instances) {
    assert.equal((await redeem(instance, app, await obtainCode(person, app))).status, 200);
  }
}

const SCRIPT = '<script>alert(1)</script>';
const TEXTS = [
  '\0',
  '\r\nX-Injected: 1',
  SCRIPT,
  `"><img src=x onerror=alert(1)>`,
  '" onfocus="alert(1)" autofocus="',
  "' or 1 eq 1 or '",
  '../../registry/v1/clients',
  'javascript:alert(1)',
  '%',
  '\ud800',
  '__proto__',
  'constructor',
  '💥',
  'x'.repeat(5000),
];
const PARAMETERS = [
  ...['client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'code_challenge'],
  ...['code_challenge_method', 'prompt', 'max_age', 'login_hint', 'dpop_jkt', 'request_uri'],
  ...['request', 'response_mode', 'resource', 'sign_in_asked', 'switch_user', 'csrf', 'decision'],
];

/** What an application may call itself, and its scopes; people are asked before it gets anything. */
const HOSTILE_APP = {
  client_name: `</title></h1>"'>${SCRIPT}\r\nX-Injected: 1`,
  description: '<img src=x onerror=alert(1)>" onfocus="alert(1)',
  scope: `read ${SCRIPT} '><b>`,
};

const LEADS_TO = [`${CALLBACK}?`, '/oauth2/api/v1/sign-in?return_to=', `${AUTHORIZE}?`];

/** Tags of our templates: known elements, attributes in quotation marks, none of them a handler. */
const TAG =
  /^<(?:!doctype html|\/?(?:html|head|meta|title|style|body|header|main|h1|h2|p|strong|dl|dt|dd|ul|li|a|hr|form|input|label|button|time)(?:\s+(?!on)[a-z-]+(?:="[^"]*")?)*\s*\/?)>$/;

/** That no text has become markup. */
function assertEscaped(markup: string, about: string): void {
  for (const tag of markup.match(/<[^<>]*>/g) ?? []) assert.match(tag, TAG, about);
  assert.doesNotMatch(markup.replaceAll(/<[^<>]*>/g, ''), /</, about);
  assert.equal(markup.match(/<h1>/g)?.length, 1, about);
  assert.equal(markup.match(/<\/title>/g)?.length, 1, about);
  for (const [, address = ''] of markup.matchAll(/(?:href|action)="([^"]*)"/g)) {
    assert.match(address, /^\/oauth2\/api\/v1\//, about);
  }
}

type Shown = 'consent' | 'sign-in' | 'refusal' | 'redirect';

/** @returns what the browser was shown, which is a page of ours without foreign markup, or a way on. */
function assertHarmless(seen: PageSeen, about: string): Shown {
  assert.equal(seen.headers.get('x-injected'), null, about);
  const to = seen.headers.get('location');
  if (seen.status === 303) {
    assert.ok(
      LEADS_TO.some((start) => to?.startsWith(start)),
      `${about}: ${String(to)}`,
    );
    return 'redirect';
  }
  assert.equal(to, null, about);
  assert.match(seen.headers.get('content-type') ?? '', /^text\/html/, about);
  assertEscaped(seen.text, about);
  if (seen.status === 200) {
    assert.match(seen.heading, /^(Sign in$|Allow )/, about);
    return seen.heading === 'Sign in' ? 'sign-in' : 'consent';
  }
  assert.ok([400, 403, 413].includes(seen.status), `${about}: ${seen.text}`);
  return 'refusal';
}

/** As a browser does that nobody has signed in with: where it is sent to sign in, it loads that page. */
async function follow(browser: Person, path: string): Promise<readonly PageSeen[]> {
  const seen = await browser.get(path);
  const next = seen.leadsTo ?? '';
  return next.startsWith('/oauth2/') ? [seen, await browser.get(next)] : [seen];
}

test('text that means something elsewhere, in each parameter: a page without its markup, or an answer for the client', async () => {
  const asking = await registerApp(admin, HOSTILE_APP);
  const stranger = new Person(instances[1].url);
  const { csrf = '' } = (await person.get(requestOf(asking))).hidden;
  assert.ok(csrf.length > 10);
  const shown = { consent: 0, 'sign-in': 0, refusal: 0, redirect: 0 };
  for (const name of PARAMETERS) {
    for (const text of TEXTS) {
      const path = requestOf(asking, { [name]: text });
      const form = {
        ...Object.fromEntries(new URL(requestOf(asking), CALLBACK).searchParams),
        ...{ csrf, decision: 'deny', [name]: text },
      };
      for (const seen of [
        ...(await follow(person, path)),
        await person.post(AUTHORIZE, form),
        ...(await follow(stranger, path)),
      ]) {
        shown[assertHarmless(seen, `${name} ${text.slice(0, 20)}`)] += 1;
      }
    }
  }
  for (const [what, times] of Object.entries(shown)) assert.ok(times >= TEXTS.length, what);
  await works();
});

test('the consent page shows the names, scopes and states of a hostile application as text', async () => {
  const asking = await registerApp(admin, HOSTILE_APP);
  for (const state of TEXTS.filter((text) => /^[\x20-\x7e]+$/.test(text))) {
    const seen = await person.get(requestOf(asking, { state, scope: HOSTILE_APP.scope }));
    assert.equal(assertHarmless(seen, state), 'consent');
    assert.equal(seen.hidden['state'], state);
    assert.equal(seen.hidden['scope'], HOSTILE_APP.scope);
    for (const escaped of [
      '&lt;/title&gt;&lt;/h1&gt;&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;',
      '&lt;img src=x onerror=alert(1)&gt;&quot; onfocus=&quot;alert(1)',
      '<li>&lt;script&gt;alert(1)&lt;/script&gt;</li>',
      '<li>&#39;&gt;&lt;b&gt;</li>',
    ]) {
      assert.ok(seen.text.includes(escaped), escaped);
    }
    const denied = await person.post(AUTHORIZE, { ...seen.hidden, decision: 'deny' });
    const back = new URL(denied.headers.get('location') ?? '');
    assert.deepEqual(
      [denied.status, back.origin, back.searchParams.get('state'), back.searchParams.get('error')],
      [303, new URL(CALLBACK).origin, state, 'access_denied'],
    );
  }
});

test('the sign-in page shows who is to sign in, and what has been typed, as text', async () => {
  for (const hint of TEXTS.filter((text) => /^\P{Cc}{1,200}$/u.test(text))) {
    const stranger = new Person(instances[1].url);
    const request = requestOf(app, { login_hint: hint, state: SCRIPT });
    const [asked, page] = await follow(stranger, request);
    assert.ok(asked !== undefined && page !== undefined);
    assert.deepEqual(
      [asked, page].map((seen) => assertHarmless(seen, hint)),
      ['redirect', 'sign-in'],
    );
    // A half surrogate pair is none of the characters that an address can hold.
    const known = hint === '\ud800' ? '\ufffd' : hint;
    assert.equal(typedIn(page), known);
    assert.match(page.hidden['return_to'] ?? '', /^\/oauth2\/api\/v1\/authorize\?/);
    const refused = await stranger.post('/oauth2/api/v1/sign-in', {
      ...page.hidden,
      username: hint,
      password: 'wrong',
    });
    assert.equal(assertHarmless(refused, hint), 'refusal');
    assert.equal(typedIn(refused), known.trim());
  }
});

/** What stands in the field for the user name. */
function typedIn({ text }: PageSeen): string | undefined {
  const value = /name="username"[^<>]* value="([^"]*)"/.exec(text)?.[1];
  return value
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

test('the account page shows hostile names, of the person and of what it has allowed, as text', async () => {
  const allowed = await registerApp(admin, HOSTILE_APP);
  const named = await signedInPerson(instances[0], admin, 'eve');
  const display_name = `"><b>${SCRIPT}`;
  const changed = await admin.send(
    'PATCH',
    '/registry/v1/users/eve',
    { display_name },
    { 'if-match': '*' },
  );
  assert.equal(changed.status, 200);
  const back = await allow(named, requestOf(allowed, { scope: HOSTILE_APP.scope }));
  const code = back.searchParams.get('code') ?? '';
  assert.equal((await redeem(instances[0], allowed, code)).status, 200);
  const seen = await named.get('/oauth2/api/v1/account');
  assert.equal(seen.status, 200);
  assertEscaped(seen.text, 'account');
  assert.ok(seen.text.includes('&quot;&gt;&lt;b&gt;&lt;script&gt;'));
  assert.ok(seen.text.includes('&lt;/title&gt;&lt;/h1&gt;'));
});

test('bodies that are no forms, other methods, and what is too large get a page', async () => {
  const json = { 'content-type': 'application/json' };
  const plain = { 'content-type': 'text/plain' };
  for (const [status, init] of [
    [400, { method: 'POST', body: '{"client_id":"app"}', headers: json }],
    [400, { method: 'POST', body: 'x', headers: plain }],
    [413, { method: 'POST', body: 'x='.padEnd(200_000, 'y'), headers: FORM }],
    [413, { method: 'POST', body: 'state='.padEnd(20_000, 'y'), headers: FORM }],
    // A form that is none of ours goes on by GET, with what it says of a request.
    [303, { method: 'POST', body: '\xff\xfe%zz=%', headers: FORM }],
    [303, { method: 'POST', body: `state=${encodeURIComponent(SCRIPT)}&x=y`, headers: FORM }],
    [303, { method: 'POST' }],
    [405, { method: 'PUT' }],
    [405, { method: 'DELETE' }],
    [405, { method: 'OPTIONS' }],
    [405, { method: 'HEAD' }],
  ] as const) {
    const response = await fetch(instances[0].url + AUTHORIZE, { ...init, redirect: 'manual' });
    const text = await response.text();
    const about = `${init.method} ${status} ${'body' in init ? init.body.slice(0, 20) : ''}`;
    assert.equal(response.status, status, `${about}: ${text}`);
    const location = response.headers.get('location');
    if (status === 303) {
      const to = location ?? '';
      assert.ok(to.startsWith(`${AUTHORIZE}?`), `${about}: ${to}`);
      assert.doesNotMatch(to, /[<>"]|x=y/, about);
      continue;
    }
    assert.equal(location, null, about);
    if (status === 405) assert.equal(response.headers.get('allow'), 'GET, POST', about);
    if (init.method === 'HEAD') continue;
    assertClear(status, text, about);
    assertEscaped(text, about);
  }
  await works();
});

test('nothing that is pushed without right is kept, and nothing of it is told back', async () => {
  const request = new URL(requestOf(app), CALLBACK).search.slice(1);
  for (const { url } of instances) {
    for (const [status, body] of [
      [401, request],
      [401, `${request}&client_secret=wrong`],
      [400, `${request}&client_secret=${app.secret}&client_secret=${app.secret}`],
      [400, `${request.replace('S256', 'plain')}&client_secret=${app.secret}`],
      [413, `${request.replace('a+state', 'x'.repeat(8000))}&client_secret=${app.secret}`],
      [413, `${request}&foo=${'x'.repeat(70_000)}&client_secret=${app.secret}`],
    ] as const) {
      const response = await fetch(url + PAR, { method: 'POST', headers: FORM, body });
      const text = await response.text();
      assert.equal(response.status, status, text);
      assertClear(status, text, body.slice(0, 100));
      assert.ok(!text.includes(app.secret));
    }
    const inQuery = `${url}${PAR}?${request}&client_secret=${app.secret}`;
    assert.equal((await fetch(inQuery, { method: 'POST' })).status, 400);
  }
});

test('a code in the address of the token endpoint is refused, and stays good (RFC 9700 section 4.3)', async () => {
  const code = await obtainCode(person, app);
  const query = new URLSearchParams({ grant_type: 'authorization_code', code }).toString();
  const response = await fetch(`${instances[0].url}/oauth2/api/v1/token?${query}`, {
    method: 'POST',
    headers: FORM,
    body: new URLSearchParams({ client_id: app.id, client_secret: app.secret }).toString(),
  });
  assert.equal(response.status, 400);
  assert.equal((await redeem(instances[1], app, code)).status, 200);
});

test('a code that was injected into the session of another person of the same app is worth nothing there (RFC 9700 section 4.5)', async () => {
  const code = await obtainCode(person, app);
  // The app of the victim sends the verifier of the victim's own session.
  const injected = await askForTokens(instances[0], app, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: 'the-verifier-of-the-session-of-another-person',
  });
  assert.deepEqual([injected.status, injected.body['error']], [400, 'invalid_grant']);
  assert.equal((await redeem(instances[1], app, code)).status, 200);
});

test('a code or refresh token of one app is worth nothing to another (RFC 9700 section 4.4)', async () => {
  const other = await registerApp(admin);
  const code = await obtainCode(person, app);
  assert.equal((await redeem(instances[0], other, code)).body['error'], 'invalid_grant');
  const { body } = await redeem(instances[0], app, code);
  const stolen = await refresh(instances[1], other, body['refresh_token']);
  assert.equal(stolen.body['error'], 'invalid_grant');
  assert.equal((await refresh(instances[1], app, body['refresh_token'])).status, 200);
});

test('a consent form that another site sends along with the cookie allows nothing', async () => {
  const asking = await registerApp(admin);
  const stranger = new Person(instances[0].url);
  const page = await person.get(requestOf(asking));
  assert.ok(page.hidden['csrf']);
  const forged = await person.post(AUTHORIZE, { ...page.hidden, csrf: 'guess', decision: 'allow' });
  assert.equal(forged.status, 403);
  // And the token alone, without the cookie, leads to the sign-in.
  const without = await stranger.post(AUTHORIZE, { ...page.hidden, decision: 'allow' });
  assert.match(without.leadsTo ?? '', /^\/oauth2\/api\/v1\/sign-in/);
  assert.match((await person.get(requestOf(asking))).heading, /Allow/, 'nothing was remembered');
});

test('pages are framed by nobody, kept by nobody, and tell nobody where they were', async () => {
  const page = await person.get(requestOf(await registerApp(admin)));
  const header = (name: string): string => page.headers.get(name) ?? '';
  assert.match(header('content-security-policy'), /frame-ancestors 'none'/);
  assert.equal(header('x-frame-options'), 'DENY');
  assert.equal(header('cache-control'), 'no-store');
  assert.equal(header('referrer-policy'), 'no-referrer');
  assert.equal(header('access-control-allow-origin'), '');
});

test('no code, refresh token, verifier, state or request of all this is in a log or in the audit trail', async () => {
  const state = 'a-state-that-is-nobodys-business';
  const back = await allow(person, requestOf(app, { state }));
  const code = back.searchParams.get('code') ?? '';
  const first = await redeem(instances[0], app, code);
  const second = await refresh(instances[1], app, first.body['refresh_token']);
  await redeem(instances[1], app, code);
  await refresh(instances[0], app, first.body['refresh_token']);
  const pushed = await fetch(instances[0].url + PAR, {
    method: 'POST',
    headers: FORM,
    body: `${new URL(requestOf(app), CALLBACK).search.slice(1)}&client_secret=${app.secret}`,
  });
  const { request_uri } = (await pushed.json()) as { request_uri: string };
  const trail = await (await admin.send('GET', '/registry/v1/audit?limit=200')).text();
  for (const action of ['authorization.grant', 'grant.end', 'token.issue']) {
    assert.ok(trail.includes(`"action":"${action}"`), action);
  }
  const secrets = [code, state, VERIFIER, app.secret, request_uri.split(':').at(-1) ?? ''];
  for (const { body } of [first, second]) {
    secrets.push(String(body['refresh_token']), String(body['access_token']));
  }
  for (const secret of secrets) {
    assert.ok(secret.length > 10);
    assert.ok(!log.includes(secret) && !trail.includes(secret), secret);
  }
  assert.match(log, /"event":"authorize"/);
  assert.doesNotMatch(log, /"reason":"unexpected"/);
});
