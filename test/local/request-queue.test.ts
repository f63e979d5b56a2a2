import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRequestQueue } from '../../local/host/request-queue.ts';
import { startHost } from '../../local/host/start-host.ts';

/** Work that ends when it is told to. */
function openWork() {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  return {
    begun,
    work: (id: number) => () => {
      begun.push(id);
      return new Promise<void>((resolve) => (ends[id] = resolve));
    },
    end: async (id: number) => {
      ends[id]?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('without bounds all work runs at once', () => {
  const { begun, work } = openWork();
  const queue = createRequestQueue({ maxOutstanding: Infinity, maxConcurrent: Infinity });
  for (let id = 0; id < 100; id += 1) assert.equal(queue.post(work(id)), true);
  assert.equal(begun.length, 100);
});

test('work beyond maxConcurrent waits in turn, and beyond maxOutstanding is not taken on', async () => {
  const { begun, work, end } = openWork();
  const queue = createRequestQueue({ maxOutstanding: 4, maxConcurrent: 2 });
  const taken = [0, 1, 2, 3, 4].map((id) => queue.post(work(id)));
  assert.deepEqual(taken, [true, true, true, true, false]);
  assert.deepEqual(begun, [0, 1]);
  await end(1);
  assert.deepEqual(begun, [0, 1, 2]);
  assert.equal(queue.post(work(5)), true);
  assert.equal(queue.post(work(6)), false);
  await end(0);
  await end(2);
  await end(3);
  assert.deepEqual(begun, [0, 1, 2, 3, 5]);
  await end(5);
  assert.equal(queue.post(work(7)), true);
  assert.deepEqual(begun, [0, 1, 2, 3, 5, 7]);
});

test('the host answers 429 with X-FUNCTION-SCALEOUT and nothing else beyond maxOutstandingRequests, but for its own API', async (t) => {
  // In the repository, so that the app finds the library.
  const appRoot = join(import.meta.dirname, '..', '..', 'dist', `busy-app-${process.pid}`);
  t.after(() => rm(appRoot, { recursive: true, force: true }));
  await mkdir(appRoot, { recursive: true });
  const http = { routePrefix: '', maxOutstandingRequests: 2, maxConcurrentRequests: 1 };
  await writeFile(
    join(appRoot, 'host.json'),
    JSON.stringify({ version: '2.0', extensions: { http } }),
  );
  await writeFile(join(appRoot, 'package.json'), '{"type": "module", "main": "app.js"}');
  await writeFile(
    join(appRoot, 'app.js'),
    `import { app } from '@azure/functions';
    app.http('wait', {
      methods: ['GET', 'POST'], authLevel: 'anonymous', route: 'wait',
      handler: () => new Promise((resolve) => { globalThis.releaseWaiting = () => resolve({ body: 'done' }); }),
    });`,
  );
  const host = await startHost({ appRoot, port: 0 });
  t.after(() => host.stop());
  const release = async (): Promise<void> => {
    const { releaseWaiting } = globalThis as { releaseWaiting?: () => void };
    if (releaseWaiting === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return release();
    }
    delete (globalThis as { releaseWaiting?: () => void }).releaseWaiting;
    releaseWaiting();
  };
  const first = fetch(`${host.url}/wait`);
  const second = fetch(`${host.url}/wait`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const refused = await fetch(`${host.url}/wait`, { method: 'POST', body: 'x'.repeat(100_000) });
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('x-function-scaleout'), '1');
  assert.equal(refused.headers.get('retry-after'), null);
  assert.equal(await refused.text(), '');
  assert.equal(
    (await fetch(`${host.url}/nothing-here`)).status,
    429,
    'before routes are looked at',
  );
  assert.equal((await fetch(`${host.url}/admin/host/status`)).status, 200);
  await release();
  assert.equal(await (await first).text(), 'done');
  await release();
  assert.equal(await (await second).text(), 'done');
  const third = fetch(`${host.url}/wait`);
  await release();
  assert.equal((await third).status, 200);
});
