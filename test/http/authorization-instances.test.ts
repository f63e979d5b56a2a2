import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { newGrantId } from '../../shared/oauth/grant-id.ts';
import { openGrants } from '../../shared/storage/grants.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import {
  allow,
  type App,
  askForTokens,
  obtainCode,
  redeem,
  refresh,
  registerApp,
  requestOf,
  signedInPerson,
} from '../support/authorization.ts';
import {
  basic,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';
import { PASSWORD, type Person } from '../support/people.ts';

export const LOCAL_ONLY = 'starts several instances over one storage';

/** The contract: a change takes effect on every instance within this time. */
const BOUND_MS = 30_000;

let storage: TestStorage;
let one: Instance;
let other: Instance;
let admin: Management;
let person: Person;
let app: App;

before(async () => {
  storage = await testStorage();
  [one, other] = await Promise.all([startInstance(storage), startInstance(storage)]);
  admin = await manage(one);
  person = await signedInPerson(one, admin, 'ann');
  app = await registerApp(admin, { skip_consent: true });
});

/** Whether an instance says that an access token is good. */
async function isActive(instance: Instance, token: unknown): Promise<boolean> {
  const response = await fetch(`${instance.url}/oauth2/api/v1/introspect`, {
    method: 'POST',
    headers: {
      authorization: basic(app.id, app.secret),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token: String(token) }).toString(),
  });
  assert.equal(response.status, 200);
  return ((await response.json()) as { active: boolean }).active;
}

async function untilEnded(instance: Instance, token: unknown): Promise<void> {
  const startedAt = performance.now();
  while (await isActive(instance, token)) {
    assert.ok(performance.now() - startedAt < BOUND_MS, 'the access token is still good');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

test('a code of one instance is redeemed on the other at once, and its refresh token on the first', async () => {
  const { status, body } = await redeem(other, app, await obtainCode(person, app));
  assert.equal(status, 200, JSON.stringify(body));
  assert.ok(await isActive(one, body['access_token']));
  assert.equal((await refresh(one, app, body['refresh_token'])).status, 200);
});

test('of the instances that are given one code at the same moment one takes it, and what came of it ends on both within 30 s', async () => {
  const code = await obtainCode(person, app);
  const answers = await Promise.all(
    [one, other, one, other, one, other].map((instance) => redeem(instance, app, code)),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400, 400, 400, 400, 400]);
  for (const { status, body } of answers) {
    if (status === 400) assert.equal(body['error'], 'invalid_grant');
  }
  const { body } = answers.find(({ status }) => status === 200) ?? {};
  await Promise.all([one, other].map((instance) => untilEnded(instance, body?.['access_token'])));
  const again = await refresh(other, app, body?.['refresh_token']);
  assert.deepEqual([again.status, again.body['error']], [400, 'invalid_grant']);
});

test('a refresh token that was used on one instance ends its grant when it comes to the other', async () => {
  const first = (await redeem(one, app, await obtainCode(person, app))).body;
  const second = (await refresh(one, app, first['refresh_token'])).body;
  const third = (await refresh(other, app, second['refresh_token'])).body;
  assert.ok(await isActive(other, third['access_token']));
  const reuse = await refresh(other, app, first['refresh_token']);
  assert.deepEqual([reuse.status, reuse.body['error']], [400, 'invalid_grant']);
  assert.equal((await refresh(one, app, third['refresh_token'])).status, 400);
  for (const tokens of [first, second, third]) {
    await Promise.all([one, other].map((instance) => untilEnded(instance, tokens['access_token'])));
  }
});

test('of refreshes with one token that come to two instances at the same moment one wins, and the grant lives on', async () => {
  const { body } = await redeem(one, app, await obtainCode(person, app));
  const answers = await Promise.all(
    [one, other, one, other].map((instance) => refresh(instance, app, body['refresh_token'])),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400, 400, 400]);
  const winner = answers.find(({ status }) => status === 200);
  assert.equal((await refresh(other, app, winner?.body['refresh_token'])).status, 200);
});

test('a request that was pushed to one instance is answered by the other, once', async () => {
  const response = await fetch(`${one.url}/oauth2/api/v1/par`, {
    method: 'POST',
    headers: {
      authorization: basic(app.id, app.secret),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URL(requestOf(app), one.url).search.slice(1),
  });
  assert.equal(response.status, 201);
  const { request_uri } = (await response.json()) as { request_uri: string };
  const query = new URLSearchParams({ client_id: app.id, request_uri }).toString();
  person.url = other.url;
  const back = await allow(person, `/oauth2/api/v1/authorize?${query}`);
  assert.equal((await redeem(one, app, back.searchParams.get('code') ?? '')).status, 200);
  for (const { url } of [one, other]) {
    person.url = url;
    assert.equal((await person.get(`/oauth2/api/v1/authorize?${query}`)).status, 400);
  }
});

test('consent that was given on one instance is remembered on the other', async () => {
  const asking = await registerApp(admin);
  person.url = one.url;
  assert.match((await person.get(requestOf(asking))).heading, /Allow The app/);
  await allow(person, requestOf(asking));
  person.url = other.url;
  assert.equal((await person.get(requestOf(asking))).status, 303);
});

test('a user who is disabled on one instance gets no tokens on the other, with neither code nor refresh token', async () => {
  const ben = await signedInPerson(one, admin, 'ben');
  const { body } = await redeem(other, app, await obtainCode(ben, app));
  const code = await obtainCode(ben, app);
  const any = { 'if-match': '*' };
  const disabled = await admin.send('PATCH', '/registry/v1/users/ben', { enabled: false }, any);
  assert.equal(disabled.status, 200);
  assert.equal((await redeem(other, app, code)).body['error'], 'invalid_grant');
  const refreshed = await refresh(other, app, body['refresh_token']);
  assert.equal(refreshed.body['error'], 'invalid_grant');
  await untilEnded(other, body['access_token']);
});

test('a person who starts without a session signs in, allows, and comes back to the app', async () => {
  const asking = await registerApp(admin);
  person.url = one.url;
  person.cookies.clear();
  const toSignIn = await person.get(requestOf(asking));
  assert.equal(toSignIn.status, 303);
  const form = await person.get(toSignIn.leadsTo ?? '');
  const signedIn = await person.post('/oauth2/api/v1/sign-in', {
    ...form.hidden,
    username: 'ann',
    password: PASSWORD,
  });
  const back = await allow(person, signedIn.leadsTo ?? '');
  assert.equal(back.searchParams.get('state'), 'a state');
  const tokens = await redeem(other, asking, back.searchParams.get('code') ?? '');
  assert.equal(tokens.status, 200);
  const nothing = await askForTokens(other, asking, { grant_type: 'authorization_code' });
  assert.equal(nothing.body['error'], 'invalid_request');
});

test('the daily timer removes what has expired, and nothing that is alive', async () => {
  const grants = openGrants(openTables(storage));
  const grantId = newGrantId('long-gone', randomBytes);
  await grants.create({
    ...{ grantId, user: 'long-gone', clientId: 'gone', createdAt: 1, tokensFrom: 0, expiresAt: 2 },
    ...{ subscription: 'flowgateiflmap', scopes: [], authTime: 1, confirmation: undefined },
    ...{ lastUsedAt: undefined, revokedAt: undefined, generation: 0 },
  });
  person.url = one.url;
  const { body } = await redeem(one, app, await obtainCode(person, app));
  const started = await fetch(`${one.url}/admin/functions/delete-expired-grants`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"input":""}',
  });
  assert.equal(started.status, 202);
  const startedAt = performance.now();
  while ((await grants.find(grantId)) !== undefined) {
    assert.ok(performance.now() - startedAt < BOUND_MS, 'the grant is still there');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal((await refresh(other, app, body['refresh_token'])).status, 200);
});
