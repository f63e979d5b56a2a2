import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { before, test } from 'node:test';
import { Fault } from '../../../shared/http/fault.ts';
import { UNKNOWN_TIME } from '../../../shared/oauth/sign-in/sessions.ts';
import { PASSWORD, type Person } from '../../support/people.ts';
import { openPeople, type People, SESSION_COOKIE } from './people-under-test.ts';

const ACCOUNT = '/oauth2/api/v1/account';
const CHANGE = `${ACCOUNT}/password`;
const GRANTS = `${ACCOUNT}/grants`;
const NEW = 'another one, with nine walnuts';

let people: People;

before(async () => {
  people = await openPeople();
});

async function signedIn(name: string): Promise<Person> {
  await people.makeUser(name);
  const person = people.newPerson();
  await person.signIn(name, PASSWORD);
  return person;
}

const grantOf = (grantId: string, clientName: string) => ({
  grantId,
  clientId: 'app',
  clientName,
  scopes: ['orders.read', 'orders.write'],
  since: Date.UTC(2026, 11, 31, 23, 59),
  lastUsedAt: undefined,
});

test('who is not signed in is sent to sign in and back to the account, whatever the page', async () => {
  const person = people.newPerson();
  for (const seen of [
    await person.get(ACCOUNT),
    await person.get(CHANGE),
    await person.post(CHANGE, {}),
    await person.post(GRANTS, { grant: 'g' }),
  ]) {
    assert.equal(seen.status, 303);
    assert.equal(seen.leadsTo, '/oauth2/api/v1/sign-in?return_to=%2Foauth2%2Fapi%2Fv1%2Faccount');
  }
});

test('the account does not make up when one has signed in where nobody knows', async () => {
  const known = await signedIn('yara');
  assert.match((await known.get(ACCOUNT)).text, /Signed in/);
  const { sessionKey } = await people.makeUser('yuki');
  const id = 'y'.repeat(43);
  const now = people.clock.now();
  const times = { authTime: UNKNOWN_TIME, seenAt: now, expiresAt: now + 1000 };
  await people.store.create(hash('sha256', id, 'hex'), { user: 'yuki', sessionKey, ...times });
  const yuki = people.newPerson();
  yuki.cookies.set(SESSION_COOKIE, id);
  const { status, text } = await yuki.get(ACCOUNT);
  assert.equal(status, 200);
  assert.match(text, /yuki/);
  assert.doesNotMatch(text, /Signed in|1970/);
});

test('the account tells who one is, in text that cannot become markup', async () => {
  const displayName = '<img src=x onerror=alert(1)>';
  await people.makeUser('xenia', { displayName, email: '"x"@example.com' });
  const xenia = people.newPerson();
  await xenia.signIn('xenia', PASSWORD);
  people.grants.set('xenia', [grantOf('g1', '<script>alert(2)</script>')]);
  const { status, text } = await xenia.get(ACCOUNT);
  assert.equal(status, 200);
  assert.match(text, /&lt;img src=x onerror=alert\(1\)&gt;/);
  assert.match(text, /&lt;script&gt;alert\(2\)&lt;\/script&gt;/);
  assert.doesNotMatch(text, /<img|<script/);
  assert.match(text, /orders\.read, orders\.write/);
  assert.match(text, /2026-12-31 23:59 UTC/);
  assert.equal((await xenia.get(`${ACCOUNT}/elsewhere`)).status, 404);
});

test('ending an access takes the form of the session, ends what is one’s own, and is in the trail', async () => {
  const yara = await signedIn('yara');
  const zoe = await signedIn('zoe');
  people.grants.set('yara', [grantOf('of-yara', 'App of Yara')]);
  people.grants.set('zoe', [grantOf('of-zoe', 'App of Zoe')]);
  const { hidden } = await yara.get(ACCOUNT);
  assert.equal((await yara.post(GRANTS, { grant: 'of-yara' })).status, 403);
  const foreign = { csrf: (await zoe.get(ACCOUNT)).hidden['csrf'] ?? '', grant: 'of-yara' };
  assert.equal((await yara.post(GRANTS, foreign)).status, 403);
  const token = { csrf: hidden['csrf'] ?? '' };
  const ofOther = await yara.post(GRANTS, { ...token, grant: 'of-zoe' });
  const ofNobody = await yara.post(GRANTS, { ...token, grant: 'nothing' });
  assert.deepEqual([ofOther.status, ofNobody.status], [404, 404]);
  assert.equal(ofOther.alert, ofNobody.alert);
  assert.equal(people.grants.get('zoe')?.length, 1);
  assert.equal(people.grants.get('yara')?.length, 1);

  const ended = await yara.post(GRANTS, { ...token, grant: 'of-yara' });
  assert.deepEqual([ended.status, ended.leadsTo], [303, `${ACCOUNT}?ended=1`]);
  const after = await yara.get(ended.leadsTo ?? '');
  assert.match(after.text, /role="status">The access has ended/);
  assert.match(after.text, /No application acts for you/);
  const event = people.trail.events.findLast(({ action }) => action === 'grant.end');
  assert.deepEqual([event?.actor, event?.object.name], ['yara', 'of-yara']);
});

test('a password is changed with the one of now, which ends all other sessions of the user', async () => {
  const here = await signedIn('vera');
  const there = people.newPerson();
  await there.signIn('vera', PASSWORD);
  const { hidden } = await here.get(CHANGE);
  const chosen = { ...hidden, new_password: NEW, new_password_again: NEW };
  const before = (await people.users.read('vera'))?.value.credential;

  const wrong = await here.post(CHANGE, { ...chosen, password: 'not the one of now' });
  assert.equal(wrong.status, 400);
  assert.match(wrong.alert, /password now is another one/);
  assert.equal(people.throttle.failures.at(-1), 'user:vera');
  assert.equal(people.trail.events.at(-1)?.reason, 'wrong_password');
  const none = await here.post(CHANGE, chosen);
  assert.equal(none.status, 400);
  people.throttle.refusal = new Fault(429, 'Slowed.', { reason: 'throttled' });
  const slowed = await here.post(CHANGE, { ...chosen, password: 'not the one of now' });
  people.throttle.refusal = undefined;
  assert.equal(slowed.status, 429);
  const unlike = await here.post(CHANGE, { ...chosen, password: PASSWORD, new_password: 'short' });
  assert.equal(unlike.status, 400);
  const forged = await here.post(CHANGE, { ...chosen, password: PASSWORD, csrf: 'x' });
  assert.equal(forged.status, 403);
  assert.deepEqual((await people.users.read('vera'))?.value.credential, before);

  const id = here.cookies.get(SESSION_COOKIE);
  const changed = await here.post(CHANGE, { ...chosen, password: PASSWORD });
  assert.deepEqual([changed.status, changed.leadsTo], [200, ACCOUNT]);
  assert.equal(await here.account(), 'Your account');
  assert.notEqual(here.cookies.get(SESSION_COOKIE), id);
  assert.equal(await there.account(), 'Sign in');
});

test('who signs in upstream has no password to change here', async () => {
  const wim = await signedIn('wim');
  const credential = { kind: 'upstream', issuer: 'https://idp.example', subject: '1' } as const;
  await people.change('wim', { credential });
  assert.doesNotMatch((await wim.get(ACCOUNT)).text, /Change your password/);
  const seen = await wim.get(CHANGE);
  assert.equal(seen.status, 409);
  assert.match(seen.alert, /https:\/\/idp\.example/);
});
