/** Faults in real time, for `npm run faults`: what the other files show with a clock that is moved. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import { type Instance, type Management, manage } from '../support/instance.ts';
import { type StorageProxy, startStorageProxy } from '../support/storage-proxy.ts';
import {
  ask,
  askFlow,
  askToken,
  assertStorageAway,
  countMessages,
  eventually,
  helloFlow,
  type Outcome,
  startAt,
  tokenIn,
} from './system.ts';

let storage: TestStorage;
let proxy: StorageProxy;
let instance: Instance;
let admin: Management;
let client: { readonly id: string; readonly secret: string };
let token: string;

before(async () => {
  storage = await testStorage();
  proxy = await startStorageProxy(storage.connectionString);
  instance = await startAt(storage, proxy.connectionString);
  admin = await manage(instance);
  assert.equal(await admin.deploy('Hello', helloFlow('Hello', '/hello')), 'SUCCESS');
  client = await admin.registerClient();
  token = tokenIn(await askToken(instance.url, client.id, client.secret));
  assert.equal((await askFlow(instance.url, '/hello', token)).status, 200);
});
after(() => proxy.close());

test('storage is gone for a minute and comes back', async () => {
  const before = await countMessages(admin, 'Hello');
  const outcomes: { at: number; message: Outcome; token: Outcome }[] = [];
  await proxy.set({ kind: 'refuses' });
  const goneAt = performance.now();
  while (performance.now() - goneAt < 60_000) {
    const at = (performance.now() - goneAt) / 1000;
    const [message, issued] = await Promise.all([
      askFlow(instance.url, '/hello', token),
      askToken(instance.url, client.id, client.secret),
    ]);
    outcomes.push({ at, message, token: issued });
    await sleep(200);
  }
  await proxy.set({ kind: 'works' });
  const backAt = performance.now();
  await eventually(10_000, async () => {
    assert.equal((await ask(`${instance.url}/health/ready`)).status, 200);
    assert.equal((await askFlow(instance.url, '/hello', token)).status, 200);
    assert.equal((await askToken(instance.url, client.id, client.secret)).status, 200);
  });
  console.log(`back to work ${(performance.now() - backAt).toFixed(0)} ms after storage`);
  const all = outcomes.flatMap(({ at, message, token: issued }) => [
    { at, outcome: message },
    { at, outcome: issued },
  ]);
  for (const { outcome } of all) if (outcome.status !== 200) assertStorageAway(outcome);
  const granted = all.filter(({ outcome }) => outcome.status === 200);
  const refused = all.filter(({ outcome }) => outcome.status !== 200);
  const lastGranted = Math.max(...granted.map(({ at }) => at));
  const firstRefused = Math.min(...refused.map(({ at }) => at));
  console.log(
    `granted until ${lastGranted.toFixed(1)} s, refused from ${firstRefused.toFixed(1)} s`,
  );
  assert.ok(lastGranted <= 25, 'nothing is granted on what is older than 25 s');
  assert.ok(firstRefused >= 10, 'what was fresh is good for longer than that');
  const slowest = Math.max(...all.map(({ outcome }) => outcome.ms));
  console.log(`${all.length} calls, the slowest in ${slowest.toFixed(0)} ms`);
  assert.ok(slowest < 7000, `${slowest} ms`);
  const messages = outcomes.filter(({ message }) => message.status === 200).length;
  await eventually(10_000, async () => {
    assert.ok((await countMessages(admin, 'Hello')) >= before + messages);
  });
});

test('an instance that is frozen for 30 s grants nothing that was taken away meanwhile', async (t) => {
  const frozen = await startAt(storage, storage.connectionString);
  t.after(() => frozen.kill());
  const doomed = await admin.registerClient();
  const good = tokenIn(await askToken(frozen.url, doomed.id, doomed.secret));
  assert.equal((await askFlow(frozen.url, '/hello', good)).status, 200);
  process.kill(frozen.pid, 'SIGSTOP');
  const path = `/registry/v1/clients/${doomed.id}`;
  assert.equal((await admin.send('DELETE', path, undefined, { 'if-match': '*' })).status, 204);
  await sleep(29_500);
  const [message, issued] = [
    askFlow(frozen.url, '/hello', good),
    askToken(frozen.url, doomed.id, doomed.secret),
  ];
  await sleep(500);
  process.kill(frozen.pid, 'SIGCONT');
  assert.equal((await message).status, 401);
  assert.equal((await issued).status, 401);
});
