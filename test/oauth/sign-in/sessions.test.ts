import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { PASSWORD, type Person } from '../../support/people.ts';
import { openPeople, type People, SESSION_COOKIE } from './people-under-test.ts';

const FIRST = '/oauth2/api/v1/sign-in/password';
const SIGN_OUT = '/oauth2/api/v1/sign-out';
const MINUTE = 60_000;
const NEW = 'another one, with nine walnuts';

let people: People;

before(async () => {
  people = await openPeople();
});

/** Signs in as a new user. */
async function signedIn(name: string): Promise<Person> {
  await people.makeUser(name);
  const person = people.newPerson();
  await person.signIn(name, PASSWORD);
  assert.equal((await people.whoIs(person))?.user, name);
  return person;
}

test('a session ends an hour after its last use, and twelve hours after the sign-in however it is used', async () => {
  const idle = await signedIn('idle');
  people.clock.advance(59 * MINUTE);
  const busy = await signedIn('busy');
  assert.equal((await people.whoIs(idle))?.user, 'idle');
  people.clock.advance(60 * MINUTE);
  assert.equal(await people.whoIs(idle), undefined);

  const again = await signedIn('again');
  for (let minutes = 0; minutes < 12 * 60 - 30; minutes += 30) {
    assert.equal((await people.whoIs(again))?.user, 'again', String(minutes));
    people.clock.advance(30 * MINUTE);
  }
  assert.equal((await people.whoIs(again))?.user, 'again');
  people.clock.advance(30 * MINUTE);
  assert.equal(await people.whoIs(again), undefined);
  assert.equal(await people.whoIs(busy), undefined);
  assert.ok((await people.store.deleteBefore(people.clock.now())) >= 2);
  assert.equal(await people.store.deleteBefore(people.clock.now()), 0);
});

test('a session ends with the account: disabled, deleted, made anew under its name, or given another password', async () => {
  const endings: Record<string, (name: string) => Promise<unknown>> = {
    disabled: (name) => people.change(name, { enabled: false }),
    reset: (name) => people.change(name, { sessionKey: 'second' }),
    deleted: async (name) => people.users.remove(name, (await people.users.read(name))?.etag ?? ''),
    anew: async (name) => {
      await people.users.remove(name, (await people.users.read(name))?.etag ?? '');
      await people.makeUser(name, { sessionKey: 'of another' });
    },
  };
  for (const [name, end] of Object.entries(endings)) {
    const person = await signedIn(name);
    await end(name);
    assert.equal(await people.whoIs(person), undefined, name);
    assert.equal(await person.account(), 'Sign in', name);
  }
});

test('made-up, malformed and foreign session cookies are nobody', async () => {
  const good = await signedIn('good');
  const id = good.cookies.get(SESSION_COOKIE) ?? '';
  const person = people.newPerson();
  for (const value of ['', 'x', `${id}x`, id.slice(1), 'A'.repeat(43), "' or 1 eq 1", '../../x']) {
    person.cookies.set(SESSION_COOKIE, value);
    assert.equal(await people.whoIs(person), undefined, value);
  }
  // The name without __Host- can be set by a neighbour domain.
  person.cookies.clear();
  person.cookies.set('flowgate-session', id);
  assert.equal(await people.whoIs(person), undefined);
  // And a cookie of another name, whatever its value looks like.
  person.cookies.set('x', `1,${SESSION_COOKIE}=${id}`);
  assert.equal(await people.whoIs(person), undefined);
});

test('a first password is changed before the person counts as signed in', async () => {
  await people.makeUser('nele', {}, true);
  const nele = people.newPerson();
  const seen = await nele.signIn('nele', PASSWORD, '/oauth2/api/v1/authorize?x=1');
  assert.equal(seen.status, 303);
  assert.match(seen.leadsTo ?? '', /^\/oauth2\/api\/v1\/sign-in\/password\?return_to=/);
  assert.equal(await people.whoIs(nele), undefined);
  assert.equal(await nele.account(), 'Sign in');
  const limited = nele.cookies.get(SESSION_COOKIE);

  const form = await nele.get(seen.leadsTo ?? '');
  assert.equal(form.heading, 'Choose your password');
  const before = (await people.users.read('nele'))?.value;
  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['short', 'short', /12 to 256/],
    [NEW, `${NEW}!`, /not the same/],
    [PASSWORD, PASSWORD, /the password you have/],
    ['nothing but Nele herself', 'nothing but Nele herself', /user name/],
  ];
  for (const [one, two, why] of refused) {
    const fields = { ...form.hidden, new_password: one, new_password_again: two };
    const answer = await nele.post(FIRST, fields);
    assert.equal(answer.status, 400);
    assert.match(answer.alert, why);
    assert.equal(answer.text.includes(one), false);
  }
  const fields = { ...form.hidden, new_password: NEW, new_password_again: NEW };
  const foreign = await nele.post(FIRST, { ...fields, csrf: 'x'.repeat(43) });
  assert.equal(foreign.status, 403);
  assert.deepEqual((await people.users.read('nele'))?.value, before);

  const changed = await nele.post(FIRST, fields);
  assert.deepEqual([changed.status, changed.heading], [200, 'Your password is changed']);
  assert.equal(changed.leadsTo, '/oauth2/api/v1/authorize?x=1');
  assert.equal((await people.whoIs(nele))?.user, 'nele');
  assert.notEqual(nele.cookies.get(SESSION_COOKIE), limited);
  const old = people.newPerson();
  old.cookies.set(SESSION_COOKIE, limited ?? '');
  assert.equal(await people.whoIs(old), undefined);
  assert.equal((await people.newPerson().signIn('nele', PASSWORD)).status, 400);
  // The page is over: there is nothing to change any more.
  assert.equal((await nele.get(FIRST)).leadsTo, '/oauth2/api/v1/account');
  assert.match((await people.newPerson().get(FIRST)).leadsTo ?? '', /sign-in\?return_to=/);
});

test('of two changes of a first password at once, one is made', async () => {
  await people.makeUser('olga', {}, true);
  const [one, two] = [people.newPerson(), people.newPerson()];
  const forms = await Promise.all(
    [one, two].map(async (person) => {
      await person.signIn('olga', PASSWORD);
      return person.get(FIRST);
    }),
  );
  const answers = await Promise.all(
    [one, two].map((person, i) => {
      const password = `${NEW} ${i}`;
      const fields = { new_password: password, new_password_again: password };
      return person.post(FIRST, { ...forms[i]?.hidden, ...fields });
    }),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  const winner = answers.findIndex(({ status }) => status === 200);
  const olga = people.newPerson();
  await olga.signIn('olga', `${NEW} ${winner}`);
  assert.equal((await people.whoIs(olga))?.user, 'olga');
});

test('signing out ends the session, takes its form, and is no error without one', async () => {
  const paul = await signedIn('paul');
  const id = paul.cookies.get(SESSION_COOKIE) ?? '';
  const page = await paul.get(SIGN_OUT);
  assert.match(page.text, /signed in as paul/);
  const other = await signedIn('other');
  const { hidden } = await other.get(SIGN_OUT);
  for (const fields of [{}, hidden, { csrf: '' }]) {
    assert.equal((await paul.post(SIGN_OUT, fields)).status, 403);
    assert.equal((await people.whoIs(paul))?.user, 'paul');
  }
  const done = await paul.post(SIGN_OUT, page.hidden);
  assert.deepEqual([done.status, done.heading], [200, 'Signed out']);
  assert.equal(paul.cookies.has(SESSION_COOKIE), false);
  paul.cookies.set(SESSION_COOKIE, id);
  assert.equal(await people.whoIs(paul), undefined);
  assert.equal((await paul.post(SIGN_OUT, {})).heading, 'Signed out');
  assert.equal(people.trail.events.at(-1)?.action, 'user.sign_out');
});
