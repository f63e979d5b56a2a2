import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import {
  basic,
  type Credentials,
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

export const LOCAL_ONLY = 'starts several instances over one storage';

/** The contract: a revocation takes effect on every instance within this time. */
const BOUND_MS = 30_000;

let storage: TestStorage;
let one: Instance;
let other: Instance;
let admin: Management;
let client: Credentials;

before(async () => {
  storage = await testStorage();
  [one, other] = await Promise.all([startInstance(storage), startInstance(storage)]);
  admin = await manage(one);
  client = await admin.registerClient();
  const source = 'function processData(message) { message.setBody("hello"); return message; }';
  const steps = [{ type: 'script' as const, name: 'Hello', fileName: 'script1.js', source }];
  const bundle = buildBundle({ id: 'Hello', name: 'Hello', address: '/hello', steps });
  assert.equal(await admin.deploy('Hello', bundle), 'SUCCESS');
});

const tokenAt = (instance: Instance): Promise<string> =>
  fetchToken(instance.url, client.id, client.secret);

async function call(instance: Instance, token: string): Promise<string> {
  const response = await fetch(`${instance.url}/http/hello`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  return response.ok ? text : (JSON.parse(text) as { reason: string }).reason;
}

async function post(
  instance: Instance,
  endpoint: string,
  by: Credentials,
  token: string,
): Promise<Response> {
  const response = await fetch(`${instance.url}/oauth2/api/v1/${endpoint}`, {
    method: 'POST',
    headers: { authorization: basic(by.id, by.secret) },
    body: new URLSearchParams({ token }),
  });
  assert.equal(response.status, 200);
  return response;
}

/** Calls until the answer comes. @returns milliseconds that it took. */
async function until(answer: string, attempt: () => Promise<string>): Promise<number> {
  const startedAt = performance.now();
  while ((await attempt()) !== answer) {
    const waited = performance.now() - startedAt;
    assert.ok(waited < BOUND_MS, `not ${answer} after ${waited} ms`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return performance.now() - startedAt;
}

test('a token that one instance revokes ends on the other within 30 s, under traffic: messages, management, introspection', async () => {
  const [token, kept] = await Promise.all([tokenAt(other), tokenAt(other)]);
  const administrator = await admin.registerClient();
  const moved = { subscription: 'flowgatetmn' };
  const path = `/registry/v1/clients/${administrator.id}`;
  assert.equal((await admin.send('PATCH', path, moved, { 'if-match': '*' })).status, 200);
  const assigned = await admin.send(
    'PUT',
    `/registry/v1/subscriptions/flowgatetmn/roles/AuthGroup.ReadOnly/users/oauth_client_${administrator.id}`,
  );
  assert.equal(assigned.status, 204);
  const management = await fetchToken(other.url, administrator.id, administrator.secret);
  const manageWith = async (instance: Instance): Promise<string> => {
    const headers = { authorization: `Bearer ${management}` };
    const response = await fetch(`${instance.url}/registry/v1/subscriptions`, { headers });
    return response.ok ? 'in' : ((await response.json()) as { reason: string }).reason;
  };
  const isActive = async (instance: Instance): Promise<string> =>
    JSON.stringify(await (await post(instance, 'introspect', client, token)).json());

  for (const instance of [one, other]) {
    assert.equal(await call(instance, token), 'hello');
    assert.equal(await manageWith(instance), 'in');
    assert.match(await isActive(instance), /"active":true/);
  }
  await post(one, 'revoke', client, token);
  await post(one, 'revoke', administrator, management);
  assert.equal(await call(one, token), 'revoked', 'at once where it was revoked');
  assert.equal(await manageWith(one), 'revoked');
  assert.equal(await isActive(one), '{"active":false}');
  await Promise.all([
    until('revoked', () => call(other, token)),
    until('revoked', () => manageWith(other)),
    until('{"active":false}', () => isActive(other)),
  ]);
  for (const instance of [one, other]) assert.equal(await call(instance, kept), 'hello');
});

test('all tokens of a client that one instance revokes end on the other within 30 s; tokens since are good there at once', async () => {
  const others = await admin.registerClient();
  const kept = await fetchToken(other.url, others.id, others.secret);
  const before = await tokenAt(other);
  for (const token of [before, kept]) assert.equal(await call(other, token), 'hello');
  const path = `/registry/v1/clients/${client.id}/tokens`;
  assert.equal((await admin.send('DELETE', path)).status, 204);
  assert.equal(await call(one, before), 'revoked');
  const since = await tokenAt(one);
  assert.equal(await call(one, since), 'hello');
  assert.equal(await call(other, since), 'hello', 'a refusal rests on what storage says now');
  await until('revoked', () => call(other, before));
  assert.equal(await call(other, await tokenAt(other)), 'hello');
  assert.equal(await call(other, kept), 'hello');
});

test('an administrator finds a token that another instance issued, and ends it there', async () => {
  const token = await tokenAt(other);
  const { jti } = (await (await post(one, 'introspect', client, token)).json()) as { jti: string };
  assert.equal(await call(other, token), 'hello');
  const path = `/registry/v1/tokens/${jti}`;
  // The trail is written half a second behind the answer.
  await until('200', async () => String((await admin.send('GET', path)).status));
  assert.equal((await admin.send('DELETE', path)).status, 204);
  const shown = (await (await admin.send('GET', path)).json()) as { state: string };
  assert.equal(shown.state, 'revoked');
  await until('revoked', () => call(other, token));
});

test('an instance that starts after a revocation refuses the token from its first call on', async () => {
  const token = await tokenAt(one);
  await post(one, 'revoke', client, token);
  const third = await startInstance(storage);
  assert.equal(await call(third, token), 'revoked');
  await third.stop();
});

test('of an instance that is killed right after its answer no revocation is lost', async () => {
  const third = await startInstance(storage);
  const token = await tokenAt(third);
  await post(third, 'revoke', client, token);
  await third.kill();
  const fourth = await startInstance(storage);
  assert.equal(await call(fourth, token), 'revoked');
  await fourth.stop();
});
