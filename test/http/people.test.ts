import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { testStorage } from '../support/azurite.ts';
import { type Instance, type Management, manage, startInstance } from '../support/instance.ts';
import { makeUser, PASSWORD, Person } from '../support/people.ts';

export const LOCAL_ONLY = 'signs people in on two instances, and fails until it is slowed';

const SIGN_OUT = '/oauth2/api/v1/sign-out';
const ANY = { 'if-match': '*' };

let one: Instance;
let other: Instance;
let admin: Management;

before(async () => {
  const storage = await testStorage();
  [one, other] = await Promise.all([startInstance(storage), startInstance(storage)]);
  admin = await manage(one);
});

/** A person with a session that was made on the first instance. */
async function signedIn(name: string): Promise<Person> {
  await makeUser(admin, name);
  const person = new Person(one.url);
  await person.signInFirst(name);
  assert.equal(await person.account(), 'Your account');
  return person;
}

async function accountAt({ url }: Instance, person: Person): Promise<string> {
  person.url = url;
  return person.account();
}

test('a session that was made on one instance is good on the other, and signing out there ends it on both at once', async () => {
  const anna = await signedIn('anna');
  assert.equal(await accountAt(other, anna), 'Your account');
  const cookies = new Map(anna.cookies);
  const { hidden } = await anna.get(SIGN_OUT);
  assert.equal((await anna.post(SIGN_OUT, hidden)).heading, 'Signed out');
  for (const [name, value] of cookies) anna.cookies.set(name, value);
  assert.equal(await accountAt(one, anna), 'Sign in');
  assert.equal(await accountAt(other, anna), 'Sign in');
});

test('a form that one instance has made is taken by the other', async () => {
  await makeUser(admin, 'bob');
  await new Person(other.url).signInFirst('bob');
  const bob = new Person(one.url);
  const { hidden } = await bob.get('/oauth2/api/v1/sign-in');
  bob.url = other.url;
  const fields = { ...hidden, username: 'bob', password: PASSWORD };
  const seen = await bob.post('/oauth2/api/v1/sign-in', fields);
  assert.equal(seen.heading, 'You are signed in');
});

test('what an administrator does on one instance ends sessions on the other at once: disabled, new password, deleted', async () => {
  const endings: Record<string, (name: string) => Promise<Response>> = {
    carl: (name) => admin.send('PATCH', `/registry/v1/users/${name}`, { enabled: false }, ANY),
    dora: (name) => admin.send('POST', `/registry/v1/users/${name}/password`),
    emil: (name) => admin.send('DELETE', `/registry/v1/users/${name}`, undefined, ANY),
  };
  for (const [name, end] of Object.entries(endings)) {
    const person = await signedIn(name);
    assert.equal(await accountAt(other, person), 'Your account');
    assert.ok((await end(name)).ok);
    assert.equal(await accountAt(other, person), 'Sign in', name);
    const again = await new Person(other.url).signIn(name, PASSWORD);
    assert.equal(again.status, 400, name);
  }
});

test('the session cookie means nothing to token endpoint, registry, API and messages, and none of them sets one', async () => {
  const fritz = await signedIn('fritz');
  const role = 'AuthGroup.Administrator';
  const users = `/registry/v1/subscriptions/flowgatetmn/roles/${role}/users`;
  assert.equal((await admin.send('PUT', `${users}/fritz`)).status, 204);
  const cookie = [...fritz.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  assert.match(cookie, /__Host-flowgate-session=/);
  for (const [method, path, status] of [
    ['GET', '/registry/v1/clients', 401],
    ['GET', '/api/v1/IntegrationPackages', 401],
    ['GET', '/http/hello', 401],
    ['POST', '/oauth2/api/v1/token?grant_type=client_credentials', 401],
    ['POST', '/oauth2/api/v1/introspect', 401],
  ] as const) {
    const response = await fetch(one.url + path, { method, headers: { cookie } });
    await response.arrayBuffer();
    assert.equal(response.status, status, path);
    assert.deepEqual(response.headers.getSetCookie(), [], path);
  }
});

test('guesses at a person’s password are counted by all instances together: ten for one user, and the right one passes still', async () => {
  await makeUser(admin, 'gina');
  await new Person(one.url).signInFirst('gina');
  const guess = async (instance: Instance): Promise<number> =>
    (await new Person(instance.url).signIn('gina', 'not the right one, no')).status;
  for (let i = 0; i < 10; i += 1) {
    assert.equal(await guess(i % 2 === 0 ? one : other), 400, `guess ${i + 1}`);
  }
  assert.equal(await guess(one), 429);
  assert.equal(await guess(other), 429);
  const gina = new Person(other.url);
  assert.equal((await gina.signIn('gina', PASSWORD)).heading, 'You are signed in');
});
