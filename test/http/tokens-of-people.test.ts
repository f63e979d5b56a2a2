import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { testStorage } from '../support/azurite.ts';
import {
  type App,
  obtainCode,
  redeem,
  refresh,
  registerApp,
  signedInPerson,
} from '../support/authorization.ts';
import {
  basic,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';
import type { Person } from '../support/people.ts';

export const LOCAL_ONLY = 'starts two instances over one storage';

/** The contract: a revocation takes effect on every instance within this time. */
const BOUND_MS = 30_000;
/** More than the clock of an instance that gives a code may be ahead of the one that makes a user. */
const CLOCK_LEAD_MS = 5500;

let one: Instance;
let other: Instance;
let admin: Management;
let person: Person;
let app: App;

before(async () => {
  const storage = await testStorage();
  [one, other] = await Promise.all([startInstance(storage), startInstance(storage)]);
  admin = await manage(one);
  person = await signedInPerson(one, admin, 'ann');
  app = await registerApp(admin, { skip_consent: true });
});

interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

const tokensOf = (body: Record<string, unknown>): Tokens => ({
  access: String(body['access_token']),
  refresh: String(body['refresh_token']),
});

async function signIn(instance: Instance): Promise<Tokens> {
  const { status, body } = await redeem(instance, app, await obtainCode(person, app));
  assert.equal(status, 200, JSON.stringify(body));
  return tokensOf(body);
}

const post = (instance: Instance, endpoint: string, token: string): Promise<Response> =>
  fetch(`${instance.url}/oauth2/api/v1/${endpoint}`, {
    method: 'POST',
    headers: { authorization: basic(app.id, app.secret) },
    body: new URLSearchParams({ token }),
  });

async function told(instance: Instance, token: string): Promise<Record<string, unknown>> {
  const response = await post(instance, 'introspect', token);
  assert.equal(response.status, 200);
  return (await response.json()) as Record<string, unknown>;
}

async function untilEnded(instance: Instance, token: string): Promise<void> {
  const startedAt = performance.now();
  while ((await told(instance, token))['active'] === true) {
    assert.ok(performance.now() - startedAt < BOUND_MS, 'the token is still good');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function find(query: string): Promise<readonly Record<string, unknown>[]> {
  const answer = await admin.send('GET', `/registry/v1/tokens?${query}`);
  return ((await answer.json()) as { items: Record<string, unknown>[] }).items;
}

test('introspection tells of the grant that a person’s token was given out of, and an app of its refresh token', async () => {
  const tokens = await signIn(one);
  const access = await told(other, tokens.access);
  assert.deepEqual([access['active'], access['sub'], access['client_id']], [true, 'ann', app.id]);
  assert.ok(Math.abs(Number(access['auth_time']) - Date.now() / 1000) < 300);
  const refreshing = await told(other, tokens.refresh);
  assert.deepEqual(
    [refreshing['active'], refreshing['token_type'], refreshing['sub'], refreshing['grant_id']],
    [true, 'refresh_token', 'ann', access['grant_id']],
  );
  await refresh(one, app, tokens.refresh);
  assert.deepEqual(await told(other, tokens.refresh), { active: false }, 'it was replaced');
});

test('a refresh token that is revoked on one instance ends its grant on both within 30 s (RFC 7009 section 2.1)', async () => {
  const [tokens, others] = [await signIn(one), await signIn(other)];
  const next = tokensOf((await refresh(other, app, tokens.refresh)).body);
  assert.equal((await post(one, 'revoke', next.refresh)).status, 200);
  const refused = await refresh(other, app, next.refresh);
  assert.deepEqual([refused.status, refused.body['error']], [400, 'invalid_grant']);
  for (const token of [tokens.access, next.access]) {
    assert.equal((await told(one, token))['active'], false, 'at once where it was revoked');
    await untilEnded(other, token);
  }
  assert.equal((await told(other, others.access))['active'], true);
  assert.equal((await refresh(other, app, others.refresh)).status, 200);
});

test('neither code nor refresh token of before speaks for a user who is made anew under the name', async () => {
  const cora = await signedInPerson(one, admin, 'cora');
  const { body } = await redeem(one, app, await obtainCode(cora, app));
  const code = await obtainCode(cora, app);
  const any = { 'if-match': '*' };
  const gone = await admin.send('DELETE', '/registry/v1/users/cora', undefined, any);
  assert.equal(gone.status, 204);
  await new Promise((resolve) => setTimeout(resolve, CLOCK_LEAD_MS));
  const another = await signedInPerson(other, admin, 'cora');
  for (const instance of [one, other]) {
    for (const refused of [
      await redeem(instance, app, code),
      await refresh(instance, app, body['refresh_token']),
    ]) {
      assert.deepEqual([refused.status, refused.body['error']], [400, 'invalid_grant']);
      assert.equal(refused.body['access_token'], undefined);
    }
  }
  assert.equal((await redeem(one, app, await obtainCode(another, app))).status, 200);
});

test('an administrator finds the tokens of a person, and ends one of them alone', async () => {
  const [first, second] = [await signIn(other), await signIn(other)];
  const { jti } = await told(one, first.access);
  // The trail is written half a second behind the answer.
  for (let tries = 0; tries < 50 && !(await find('user=ann')).some((t) => t['jti'] === jti);) {
    tries += 1;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const found = (await find(`user=ann&client_id=${app.id}`)).find((t) => t['jti'] === jti);
  assert.deepEqual([found?.['user'], found?.['state']], ['ann', 'active']);
  assert.equal(found?.['grant_id'], (await told(one, first.access))['grant_id']);
  assert.deepEqual(await find('user=somebody'), []);
  assert.equal((await admin.send('DELETE', `/registry/v1/tokens/${String(jti)}`)).status, 204);
  await untilEnded(other, first.access);
  assert.equal((await told(other, second.access))['active'], true);
  assert.equal((await refresh(other, app, first.refresh)).status, 200, 'its grant goes on');
});

test('all tokens of an app end with what people have granted it, and they may allow it anew', async () => {
  const tokens = await signIn(other);
  const granted = async (): Promise<number> => {
    const answer = await admin.send('GET', '/registry/v1/users/ann/grants');
    return ((await answer.json()) as { items: unknown[] }).items.length;
  };
  assert.ok((await granted()) > 0);
  assert.equal((await admin.send('DELETE', `/registry/v1/clients/${app.id}/tokens`)).status, 204);
  assert.equal(await granted(), 0);
  // The instance that has not yet heard of it gives out tokens that are refused as well.
  await untilEnded(other, tokens.access);
  const refused = await refresh(other, app, tokens.refresh);
  assert.deepEqual([refused.status, refused.body['error']], [400, 'invalid_grant']);
  const again = await signIn(one);
  assert.equal(await granted(), 1);
  assert.equal((await told(other, again.access))['active'], true);
  assert.equal((await refresh(other, app, again.refresh)).status, 200);
});
