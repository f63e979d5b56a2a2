import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { testStorage } from '../support/azurite.ts';
import {
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

export const LOCAL_ONLY = 'starts two instances over one storage';

const CLIENTS = '/registry/v1/clients';
const SECRET = 'a secret of sixteen and more';
const ANY = { 'if-match': '*' };

let one: Instance;
let other: Instance;
let admin: Management;

before(async () => {
  const storage = await testStorage();
  [one, other] = await Promise.all([startInstance(storage), startInstance(storage)]);
  admin = await manage(one);
  const source = 'function processData(message) { message.setBody("hello"); return message; }';
  const steps = [{ type: 'script' as const, name: 'Hello', fileName: 'script1.js', source }];
  const bundle = buildBundle({ id: 'Hello', name: 'Hello', address: '/hello', steps });
  assert.equal(await admin.deploy('Hello', bundle), 'SUCCESS');
});

async function call(instance: Instance, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${instance.url}/http/hello`, { headers });
  const text = await response.text();
  return response.ok ? text : (JSON.parse(text) as { reason: string }).reason;
}

async function change(method: string, path: string, body?: unknown): Promise<void> {
  const response = await admin.send(method, path, body, ANY);
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.text()}`);
}

const register = async (id: string): Promise<void> => {
  await change('POST', CLIENTS, { client_id: id, client_secret: SECRET });
  const users = '/registry/v1/subscriptions/flowgateiflmap/roles/ESBMessaging.send/users';
  await change('PUT', `${users}/oauth_client_${id}`);
};

test('a client registered anew within the second is not reached by tokens of the one before it', async () => {
  for (const id of ['again1', 'again2', 'again3']) {
    await register(id);
    const old = await fetchToken(one.url, id, SECRET);
    assert.equal(await call(one, old), 'hello');
    await change('DELETE', `${CLIENTS}/${id}`);
    await register(id);
    assert.equal(await call(one, old), 'revoked');
    const fresh = await fetchToken(other.url, id, SECRET);
    assert.equal(await call(one, fresh), 'hello');
    assert.equal(await call(other, fresh), 'hello');
  }
});

test('a client that was enabled again on another instance works at once', async () => {
  await register('blinking');
  const token = await fetchToken(one.url, 'blinking', SECRET);
  await change('PATCH', `${CLIENTS}/blinking`, { enabled: false });
  assert.equal(await call(other, token), 'client_disabled');
  await change('PATCH', `${CLIENTS}/blinking`, { enabled: true });
  // What a refusal rests on may be 100 ms old.
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(await call(other, token), 'hello');
});

test('a client that was moved to another subscription leaves its tokens behind', async () => {
  await register('moved');
  const token = await fetchToken(one.url, 'moved', SECRET);
  assert.equal(await call(one, token), 'hello');
  await change('PATCH', `${CLIENTS}/moved`, { subscription: 'flowgatetmn' });
  assert.equal(await call(one, token), 'wrong_subscription');
  const diagnosis = await admin.send('GET', `${CLIENTS}/moved/diagnosis?address=/hello`);
  const { checks } = (await diagnosis.json()) as { checks: { check: string; ok: boolean }[] };
  assert.equal(checks.find((check) => !check.ok)?.check, 'subscription');
});
