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
import { Person } from '../support/people.ts';
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

const TEXTS = [
  '\0',
  '\r\nX-Injected: 1',
  '<script>alert(1)</script>',
  "' or 1 eq 1 or '",
  '../../registry/v1/clients',
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
  ...['request', 'response_mode', 'resource', 'sign_in_asked', 'csrf', 'decision'],
];

test('text that means something elsewhere, in each parameter: a page or a refusal at the client, never more', async () => {
  for (const name of PARAMETERS) {
    for (const text of TEXTS) {
      for (const seen of [
        await person.get(requestOf(app, { [name]: text })),
        await person.post(AUTHORIZE, {
          ...Object.fromEntries(new URL(requestOf(app), CALLBACK).searchParams),
          csrf: 'x',
          decision: 'allow',
          [name]: text,
        }),
      ]) {
        const about = `${name} ${text.slice(0, 20)} ${seen.status}`;
        assert.ok([200, 303, 400, 403, 413].includes(seen.status), `${about} ${seen.text}`);
        assert.equal(seen.headers.get('x-injected'), null, about);
        assert.ok(!seen.text.includes('<script>'), about);
        const to = seen.leadsTo ?? CALLBACK;
        assert.ok(
          to.startsWith(`${CALLBACK}?`) || to.startsWith('/oauth2/') || to === CALLBACK,
          to,
        );
      }
    }
  }
  await works();
});

test('bodies that are no forms, other methods, and what is too large get a page', async () => {
  const url = instances[0].url + AUTHORIZE;
  for (const [status, init] of [
    [
      400,
      {
        method: 'POST',
        body: '{"client_id":"app"}',
        headers: { 'content-type': 'application/json' },
      },
    ],
    [400, { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }],
    [413, { method: 'POST', body: 'x='.padEnd(200_000, 'y'), headers: FORM }],
    [400, { method: 'POST', body: '\xff\xfe%zz=%', headers: FORM }],
    [405, { method: 'PUT' }],
    [405, { method: 'DELETE' }],
    [405, { method: 'OPTIONS' }],
    [405, { method: 'HEAD' }],
  ] as const) {
    const response = await fetch(url, { ...init, redirect: 'manual' });
    const text = await response.text();
    const about = `${init.method} ${status}`;
    // A form that says nothing is one that goes on by GET.
    assert.ok(
      response.status === status || response.status === 303,
      `${about}: ${response.status}`,
    );
    if (init.method !== 'HEAD' && response.status !== 303)
      assertClear(response.status, text, about);
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
