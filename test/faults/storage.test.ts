import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import { ADMIN, type Instance, type Management, manage } from '../support/instance.ts';
import {
  type StorageMode,
  type StorageProxy,
  startStorageProxy,
} from '../support/storage-proxy.ts';
import { movableClock } from '../support/movable-clock.ts';
import {
  ask,
  askFlow,
  askToken,
  assertStorageAway,
  countMessages,
  eventually,
  helloFlow,
  startAt,
  tokenIn,
} from './system.ts';

/** docs/limits.md: nothing is answered from what was read longer ago. */
const STALE_MS = 25_000;

const clock = movableClock();
let storage: TestStorage;
let proxy: StorageProxy;
let instance: Instance;
let admin: Management;
let adminToken: string;
let warm: { readonly id: string; readonly secret: string; readonly token: string };
let cold: { readonly id: string; readonly secret: string };

before(async () => {
  storage = await testStorage();
  proxy = await startStorageProxy(storage.connectionString);
  instance = await startAt(storage, proxy.connectionString, clock.env);
  admin = await manage(instance);
  adminToken = tokenIn(await askToken(instance.url, ADMIN.id, ADMIN.secret));
  assert.equal(await admin.deploy('Hello', helloFlow('Hello', '/hello')), 'SUCCESS');
  const client = await admin.registerClient();
  cold = await admin.registerClient();
  warm = { ...client, token: tokenIn(await askToken(instance.url, client.id, client.secret)) };
  assert.equal((await askFlow(instance.url, '/hello', warm.token)).text, 'hello');
});
after(() => proxy.close());

let later = 0;
/** What is cached now was read this long ago. */
function age(ms: number): void {
  later += ms;
  clock.set(later);
}

/** What `/health/ready` says of storage. */
async function storageCheck(): Promise<string | undefined> {
  const { text } = await ask(`${instance.url}/health/ready`);
  return (JSON.parse(text) as { checks: Record<string, string> }).checks['storage'];
}

/** Everything works again without anybody's help. @returns milliseconds that it took. */
async function recovers(): Promise<number> {
  const { url } = instance;
  return eventually(10_000, async () => {
    assert.equal((await askToken(url, warm.id, warm.secret)).status, 200);
    assert.equal((await askFlow(url, '/hello', warm.token)).status, 200);
    // The clock is moved, so that the instance as a whole is not ready.
    assert.equal(await storageCheck(), 'ok');
    const listed = await admin.send('GET', '/registry/v1/clients');
    assert.equal(listed.status, 200, await listed.text());
  });
}

const register = (id: string) =>
  ask(`${instance.url}/registry/v1/clients`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: id }),
  });
test('slow storage: what is warm is as quick as ever, all else is slow and works', async () => {
  const { url } = instance;
  await proxy.set({ kind: 'slow', ms: 400 });
  const token = await askToken(url, warm.id, warm.secret);
  const message = await askFlow(url, '/hello', warm.token);
  assert.deepEqual([token.status, message.status], [200, 200]);
  assert.ok(Math.max(token.ms, message.ms) < 400, `${token.ms} and ${message.ms} ms`);
  const first = await askToken(url, cold.id, cold.secret);
  assert.equal(first.status, 200);
  assert.ok(first.ms > 400, String(first.ms));
  assert.equal((await register('slowly-made')).status, 201);
  await proxy.set({ kind: 'works' });
  assert.equal((await admin.send('GET', '/registry/v1/clients/slowly-made')).status, 200);
});

const outages: readonly { name: string; mode: StorageMode; withinMs: number }[] = [
  { name: 'refusing connections', mode: { kind: 'refuses' }, withinMs: 3000 },
  {
    name: 'answering 503 with a long Retry-After',
    mode: { kind: 'busy', retryAfter: '60' },
    withinMs: 7000,
  },
  { name: 'too slow', mode: { kind: 'slow', ms: 8000 }, withinMs: 7500 },
];

for (const { name, mode, withinMs } of outages) {
  test(`storage ${name}: what is warm goes on for 25 s, all else is 503, nothing is lost or half made`, async () => {
    const { url } = instance;
    const isQuick = (...all: readonly { readonly ms: number }[]): void => {
      for (const { ms } of all) assert.ok(ms < withinMs, `${ms} ms`);
    };
    await recovers();
    const fresh = await admin.registerClient();
    const before = await countMessages(admin, 'Hello');
    await proxy.set(mode);
    try {
      // Behind these answers the instance tries to read anew, and to write what it logs.
      age(STALE_MS - 10_000);
      for (let i = 0; i < 3; i += 1) {
        const token = await askToken(url, warm.id, warm.secret);
        const message = await askFlow(url, '/hello', warm.token);
        assert.deepEqual([token.status, message.status, message.text], [200, 200, 'hello']);
        assert.ok(Math.max(token.ms, message.ms) < 1000, `${token.ms} and ${message.ms} ms`);
      }
      const [unread, change, wrong] = await Promise.all([
        askToken(url, fresh.id, fresh.secret),
        register(`never-made-${withinMs}`),
        askToken(url, warm.id, 'a-wrong-secret-of-some-length'),
      ]);
      assertStorageAway(unread);
      assertStorageAway(change);
      assert.notEqual(wrong.status, 200);
      isQuick(unread, change, wrong);

      age(15_000);
      const [token, message, live, ready, keys] = await Promise.all([
        askToken(url, warm.id, warm.secret),
        askFlow(url, '/hello', warm.token),
        ask(`${url}/health/live`),
        ask(`${url}/health/ready`),
        ask(`${url}/oauth2/api/v1/jwks`),
      ]);
      assertStorageAway(token);
      assertStorageAway(message);
      isQuick(token, message, ready);
      assert.equal(live.status, 200);
      assert.equal(ready.status, 503);
      assert.equal(
        (JSON.parse(ready.text) as { checks: object }).checks['storage' as never],
        'failed',
      );
      assert.equal(keys.status, 200, 'keys are good for 5 minutes');
    } finally {
      await proxy.set({ kind: 'works' });
    }
    const took = await recovers();
    assert.ok(took < 8000, `${took} ms`);
    const sent = await admin.send('GET', `/registry/v1/clients/never-made-${withinMs}`);
    assert.equal(sent.status, 404, 'a change that was answered 503 has not been made');
    assert.equal((await askToken(url, fresh.id, fresh.secret)).status, 200);
    // Three before the outage was too long, and at least the one of the recovery.
    await eventually(8000, async () => {
      assert.ok((await countMessages(admin, 'Hello')) >= before + 4);
    });
  });
}
