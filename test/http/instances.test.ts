import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import {
  basic,
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

export const LOCAL_ONLY = 'starts, stops and kills several instances over one storage';

/** The contract: a change takes effect on every instance within this time. */
const BOUND_MS = 30_000;

let storage: TestStorage;
let one: Instance;
let other: Instance;
let admin: Management;

before(async () => {
  storage = await testStorage();
  // At once: the first signing key, the tables and the first administrator are made a single time.
  [one, other] = await Promise.all([startInstance(storage), startInstance(storage)]);
  const ready = await Promise.all([one, other].map(({ url }) => fetch(`${url}/health/ready`)));
  assert.deepEqual(
    ready.map((response) => response.status),
    [200, 200],
  );
  admin = await manage(one);
});

function helloBundle(id: string, address: string): Uint8Array {
  const source = 'function processData(message) { message.setBody("hello"); return message; }';
  const steps = [{ type: 'script' as const, name: 'Hello', fileName: 'script1.js', source }];
  return buildBundle({ id, name: id, address, steps });
}

async function call(instance: Instance, path: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${instance.url}/http${path}`, { headers });
  await response.arrayBuffer();
  return response.status;
}

/** Calls until the status comes. @returns milliseconds that it took. */
async function until(status: number, attempt: () => Promise<number>): Promise<number> {
  const startedAt = performance.now();
  while ((await attempt()) !== status) {
    const waited = performance.now() - startedAt;
    assert.ok(waited < BOUND_MS, `not ${status} after ${waited} ms`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return performance.now() - startedAt;
}

test('two instances that start at once have one key ring, and one accepts what the other issues', async () => {
  const keys = await Promise.all(
    [one, other].map(async ({ url }) => {
      const response = await fetch(`${url}/oauth2/api/v1/jwks`);
      return (await response.json()) as { keys: unknown[] };
    }),
  );
  assert.equal(keys[0]?.keys.length, 1);
  assert.deepEqual(keys[0], keys[1]);
  const listed = await (await manage(other)).send('GET', '/registry/v1/clients');
  assert.equal(((await listed.json()) as { items: unknown[] }).items.length >= 1, true);
});

test('what is made on one instance works on the other at once', async () => {
  assert.equal(await admin.deploy('AtOnce', helloBundle('AtOnce', '/at-once')), 'SUCCESS');
  const client = await admin.registerClient();
  const token = await fetchToken(other.url, client.id, client.secret);
  assert.equal(await call(other, '/at-once', token), 200);
});

test('what is taken away on one instance ends on the other within 30 s, under traffic and without a new token', async () => {
  assert.equal(await admin.deploy('Ending', helloBundle('Ending', '/ending')), 'SUCCESS');
  assert.equal(await admin.deploy('Staying', helloBundle('Staying', '/staying')), 'SUCCESS');
  const [disabled, deleted, stripped, untouched] = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const client = await admin.registerClient();
      const token = await fetchToken(other.url, client.id, client.secret);
      assert.equal(await call(other, '/staying', token), 200);
      return { ...client, token };
    }),
  );
  assert.ok(disabled && deleted && stripped && untouched);
  assert.equal(await call(other, '/ending', untouched.token), 200);

  const any = { 'if-match': '*' };
  const changes = await Promise.all([
    admin.send('PATCH', `/registry/v1/clients/${disabled.id}`, { enabled: false }, any),
    admin.send('DELETE', `/registry/v1/clients/${deleted.id}`, undefined, any),
    admin.send(
      'DELETE',
      `/registry/v1/subscriptions/flowgateiflmap/roles/ESBMessaging.send/users/oauth_client_${stripped.id}`,
    ),
    admin.send('DELETE', "/api/v1/IntegrationRuntimeArtifacts('Ending')"),
  ]);
  assert.deepEqual(
    changes.map((response) => response.status),
    [200, 204, 204, 202],
  );
  // On the instance that made the changes they hold at once.
  assert.equal(await call(one, '/staying', disabled.token), 401);
  assert.equal(await call(one, '/staying', deleted.token), 401);
  assert.equal(await call(one, '/staying', stripped.token), 403);
  assert.equal(await call(one, '/ending', untouched.token), 404);

  await Promise.all([
    until(401, () => call(other, '/staying', disabled.token)),
    until(401, () => call(other, '/staying', deleted.token)),
    until(403, () => call(other, '/staying', stripped.token)),
    until(404, () => call(other, '/ending', untouched.token)),
  ]);
  assert.equal(await call(other, '/staying', untouched.token), 200);
  const refused = await fetch(`${other.url}/oauth2/api/v1/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: { authorization: basic(disabled.id, disabled.secret) },
  });
  assert.equal(refused.status, 401);
});

test('messages of an instance that is ended properly are all in the log', async () => {
  assert.equal(await admin.deploy('Flushed', helloBundle('Flushed', '/flushed')), 'SUCCESS');
  const client = await admin.registerClient();
  const third = await startInstance(storage);
  const token = await fetchToken(third.url, client.id, client.secret);
  for (let i = 0; i < 20; i += 1) assert.equal(await call(third, '/flushed', token), 200);
  await third.stop();
  const filter = encodeURIComponent("IntegrationArtifact/Id eq 'Flushed'");
  const count = await admin.send('GET', `/api/v1/MessageProcessingLogs/$count?$filter=${filter}`);
  assert.equal(await count.text(), '20');
});

test('an instance that is killed loses no registration and no deployment', async () => {
  const third = await startInstance(storage);
  const client = await (await manage(third)).registerClient();
  assert.equal(
    await (await manage(third)).deploy('Survivor', helloBundle('Survivor', '/survivor')),
    'SUCCESS',
  );
  await third.kill();
  const token = await fetchToken(other.url, client.id, client.secret);
  assert.equal(await call(other, '/survivor', token), 200);
});
