import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { before, test } from 'node:test';
import { Fault } from '../../../shared/http/fault.ts';
import { makeCall } from '../../support/call.ts';
import { PASSWORD } from '../../support/people.ts';
import { openPeople, type People, SESSION_COOKIE } from './people-under-test.ts';

const SIGN_IN = '/oauth2/api/v1/sign-in';
const AUTHORIZE = '/oauth2/api/v1/authorize?client_id=app&state=a%26b';

let people: People;

before(async () => {
  people = await openPeople();
});

test('signing in begins a session and leads back to where the person came from, in a page of its own', async () => {
  await people.makeUser('anna');
  const anna = people.newPerson();
  const seen = await anna.signIn('anna', PASSWORD, AUTHORIZE);
  assert.deepEqual([seen.status, seen.heading], [200, 'You are signed in']);
  assert.equal(seen.leadsTo, AUTHORIZE);
  // No redirect: Chromium would hold form-action of the sign-in page against all that follow.
  assert.equal(seen.headers.get('location'), null);
  const cookie = seen.headers.getSetCookie().find((one) => one.startsWith(SESSION_COOKIE)) ?? '';
  assert.match(
    cookie,
    /^__Host-flowgate-session=[A-Za-z0-9_-]{43}; path=\/; secure; httponly; samesite=Lax$/,
  );
  const who = await people.whoIs(anna);
  assert.equal(who?.user, 'anna');
  assert.equal(who.authTime, Math.floor(people.clock.now() / 1000));
  assert.equal((await people.users.read('anna'))?.value.lastSignInAt, people.clock.now());
  const { action, actor, object } = people.trail.events.at(-1) ?? {};
  assert.deepEqual([action, actor, object?.name], ['user.sign_in', 'anna', 'anna']);
});

test('any case of the name will do, and the user is the one that there is', async () => {
  await people.makeUser('Bert');
  const bert = people.newPerson();
  await bert.signIn(' bERT ', PASSWORD);
  assert.equal((await people.whoIs(bert))?.user, 'Bert');
});

test('a password is compared in one form, however the keyboard wrote it (RFC 8265 section 4.2.2)', async () => {
  const { hashPassword } = await import('../../../shared/registry/users/password.ts');
  const password = 'Zürich im Frühling';
  const credential = await hashPassword(password.normalize('NFD'), false, (n) =>
    Buffer.alloc(n, 1),
  );
  await people.makeUser('uma', { credential });
  const uma = people.newPerson();
  await uma.signIn('uma', password.normalize('NFC'));
  assert.equal((await people.whoIs(uma))?.user, 'uma');
});

test('nobody, a wrong password, a disabled user and one from upstream get one answer after one time; log and trail tell them apart', async () => {
  await people.makeUser('carl');
  await people.makeUser('dora', { enabled: false });
  const credential = { kind: 'upstream', issuer: 'https://idp.example', subject: '1' } as const;
  await people.makeUser('emil', { credential });
  const refused = [
    ['nobody-of-this-name', PASSWORD, 'unknown_user', ''],
    ['oauth_client_app', PASSWORD, 'unknown_user', ''],
    ['x'.repeat(500), PASSWORD, 'unknown_user', ''],
    ['carl', 'not the one of carl', 'wrong_password', 'carl'],
    ['carl', 'x'.repeat(5000), 'wrong_password', 'carl'],
    ['dora', PASSWORD, 'user_disabled', 'dora'],
    ['emil', PASSWORD, 'no_password', 'emil'],
  ] as const;
  const alerts = new Set<string>();
  for (const [name, password, reason, noted] of refused) {
    const person = people.newPerson();
    people.waits.length = 0;
    const seen = await person.signIn(name, password);
    assert.equal(seen.status, 400, reason);
    alerts.add(seen.alert);
    assert.equal(person.cookies.has(SESSION_COOKIE), false);
    assert.deepEqual(people.waits, [100], reason);
    const event = people.trail.events.at(-1);
    assert.deepEqual([event?.outcome, event?.reason, event?.actor], ['failure', reason, '']);
    assert.deepEqual(people.logged(), { reason });
    // What is nobody's name may be a password in the wrong field.
    assert.equal(event?.object.name, noted);
    assert.equal(people.throttle.failures.at(-1), `user:${name.toLowerCase()}`);
    assert.equal(seen.text.includes(password), false);
  }
  assert.equal(alerts.size, 1);
});

test('who is slowed is told for how long; the address is not even compared', async () => {
  await people.makeUser('fred');
  const fred = people.newPerson();
  const headers = { 'Retry-After': '17' };
  people.throttle.refusal = new Fault(429, 'Slowed.', { reason: 'throttled', headers });
  const wrong = await fred.signIn('fred', 'a wrong one, again');
  assert.deepEqual([wrong.status, wrong.headers.get('retry-after')], [429, '17']);
  assert.match(wrong.alert, /Wait 17 seconds/);
  assert.equal(people.trail.events.at(-1)?.reason, 'throttled');
  assert.deepEqual(people.logged(), { reason: 'throttled' });
  // The right password of a user that is slowed is taken: nobody keeps him out by failing in his name.
  await fred.signIn('fred', PASSWORD);
  assert.equal((await people.whoIs(fred))?.user, 'fred');

  people.throttle.closed = people.throttle.refusal;
  const other = people.newPerson();
  const closed = await other.signIn('fred', PASSWORD);
  people.throttle.closed = undefined;
  people.throttle.refusal = undefined;
  assert.equal(closed.status, 429);
  assert.equal(await people.whoIs(other), undefined);
});

test('the form is taken only from the browser that it was given to (login CSRF)', async () => {
  await people.makeUser('gerd');
  const attacker = people.newPerson();
  const { hidden } = await attacker.get(SIGN_IN);
  const credentials = { username: 'gerd', password: PASSWORD };
  const victims: [string, Record<string, string>][] = [
    ['', { ...hidden, ...credentials }],
    ['a-cookie-that-was-planted', { ...hidden, ...credentials }],
    ['A'.repeat(43), { ...hidden, ...credentials }],
    ['A'.repeat(43), credentials],
  ];
  for (const [planted, fields] of victims) {
    const victim = people.newPerson();
    if (planted !== '') victim.cookies.set('__Host-flowgate-form', planted);
    const seen = await victim.post(SIGN_IN, fields);
    assert.equal(seen.status, 403);
    assert.match(seen.alert, /cookies have to be allowed/);
    assert.equal(victim.cookies.has(SESSION_COOKIE), false);
  }
  // The page that tells so is a good form, and forms in two tabs are both good.
  const person = people.newPerson();
  const first = await person.get(SIGN_IN);
  await person.get(SIGN_IN);
  const seen = await person.post(SIGN_IN, { ...first.hidden, ...credentials });
  assert.equal(seen.status, 200);
});

test('a sign-in leads to authorize and account of this server and nowhere else', async () => {
  await people.makeUser('hana');
  const person = people.newPerson();
  const { hidden } = await person.get(SIGN_IN);
  for (const evil of [
    'https://evil.example/',
    '//evil.example/oauth2/api/v1/account',
    '/\\evil.example/oauth2/api/v1/account',
    'https:/oauth2/api/v1/account',
    'javascript:alert(1)//oauth2/api/v1/account',
    '/oauth2/api/v1/account/../sign-out',
    '/oauth2/api/v1/sign-out',
    '/http/flow',
    '\u0000/oauth2/api/v1/account?',
    `/oauth2/api/v1/authorize?${'x'.repeat(8000)}`,
    'http://flowgate.invalid@evil.example/oauth2/api/v1/account',
  ]) {
    const query = `${SIGN_IN}?return_to=${encodeURIComponent(evil)}`;
    const asked = await person.get(query);
    const sent = await person.post(SIGN_IN, {
      ...hidden,
      return_to: evil,
      username: 'hana',
      password: PASSWORD,
    });
    const kept = [asked, sent].map((one) => one.leadsTo ?? '').filter((to) => to !== '');
    // Text that the URL standard reads as one of ours may pass, as ours.
    assert.ok(
      kept.every((to) => /^\/oauth2\/api\/v1\/(account|authorize)(\?|$)/.test(to)),
      evil,
    );
    if (kept.length === 0) assert.deepEqual([asked.status, sent.status], [400, 400], evil);
  }
  const quoted = await person.get(
    `${SIGN_IN}?return_to=${encodeURIComponent('/oauth2/api/v1/authorize?"><script>')}`,
  );
  assert.equal(quoted.text.includes('"><script>'), false);
});

test('who has signed in is led on at once, and asked again only where that is wished (prompt=login)', async () => {
  await people.makeUser('ina');
  const ina = people.newPerson();
  await ina.signIn('ina', PASSWORD);
  const before = ina.cookies.get(SESSION_COOKIE);
  const led = await ina.get(`${SIGN_IN}?return_to=${encodeURIComponent(AUTHORIZE)}`);
  assert.deepEqual([led.status, led.leadsTo], [303, AUTHORIZE]);
  const call = makeCall({ path: AUTHORIZE });
  const asked = people.signIn.ask(call, AUTHORIZE, { prompt: 'login', loginHint: 'ina "x"' });
  const { Location: location = '' } = asked.headers ?? {};
  const form = await ina.get(location);
  assert.deepEqual([form.status, form.heading], [200, 'Sign in']);
  assert.match(form.text, /value="ina &quot;x&quot;"/);
  people.clock.advance(60_000);
  const again = await ina.post(SIGN_IN, { ...form.hidden, username: 'ina', password: PASSWORD });
  assert.equal(again.leadsTo, AUTHORIZE);
  // The id is another one, and the one before is over: nobody can know it beforehand (fixation).
  assert.notEqual(ina.cookies.get(SESSION_COOKIE), before);
  const old = people.newPerson();
  old.cookies.set(SESSION_COOKIE, before ?? '');
  assert.equal(await people.whoIs(old), undefined);
});

test('storage holds the SHA-256 of session ids and no id', async () => {
  await people.makeUser('jon');
  const jon = people.newPerson();
  await jon.signIn('jon', PASSWORD);
  const id = jon.cookies.get(SESSION_COOKIE) ?? '';
  let rows = '';
  for await (const row of people.tables.table('sessions').listEntities())
    rows += JSON.stringify(row);
  assert.ok(rows.includes(hash('sha256', id, 'hex')));
  assert.equal(rows.includes(id), false);
});

test('other methods are 405, HEAD is GET without the page, secrets in an address and other bodies are refused', async () => {
  const person = people.newPerson();
  const send = (method: string, path: string, headers = {}, body?: string) =>
    people.send(`https://flowgate.example${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
    });
  const put = await send('PUT', SIGN_IN);
  assert.deepEqual([put.status, put.headers.get('allow')], [405, 'GET, HEAD, POST']);
  assert.match(await put.text(), /<h1>/);
  const head = await send('HEAD', SIGN_IN);
  assert.deepEqual([head.status, await head.text()], [200, '']);
  assert.equal((await send('GET', `${SIGN_IN}/elsewhere`)).status, 404);
  assert.equal((await send('GET', `${SIGN_IN}/upstream`)).status, 404);
  assert.equal((await send('POST', `${SIGN_IN}?password=x`)).status, 400);
  const json = await send('POST', SIGN_IN, { 'content-type': 'application/json' }, '{}');
  assert.equal(json.status, 400);
  const large = await person.post(SIGN_IN, { username: 'x'.repeat(70_000) });
  assert.equal(large.status, 413);
  const { hidden } = await person.get(SIGN_IN);
  const empty = await person.post(SIGN_IN, { ...hidden, username: 'anna' });
  assert.deepEqual([empty.status, empty.alert], [400, 'Fill in user name and password.']);
});
