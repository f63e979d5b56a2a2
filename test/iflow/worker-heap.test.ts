import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { watchHeap, WORKER_LIMITS } from '../../shared/iflow/worker-heap.ts';

const start = (source: string): Worker =>
  new Worker(source, { eval: true, resourceLimits: WORKER_LIMITS });

test('a worker whose heap holds more than it may is ended, as V8 ends one', async () => {
  const worker = start('const all = []; for (;;) all.push({ of: [all.length] });');
  watchHeap(worker, 64);
  const [error] = (await once(worker, 'error')) as [Error & { code?: string }];
  assert.equal(error.code, 'ERR_WORKER_OUT_OF_MEMORY');
  await once(worker, 'exit');
});

test('a worker that lets go of what it makes goes on', async () => {
  const worker = start(`
    let made = 0;
    for (const end = Date.now() + 500; Date.now() < end; made += 1) ({ of: [made] });
    require('node:worker_threads').parentPort.postMessage(made);`);
  watchHeap(worker, 64);
  const [made] = (await once(worker, 'message')) as [number];
  assert.ok(made > 0);
});

test('one text of all the characters that V8 allows has room beside what a worker may hold', async () => {
  const worker = start(`
    const large = 'ж'.repeat(2 ** 29 - 24);
    require('node:worker_threads').parentPort.postMessage(large.charCodeAt(7));`);
  const [code] = (await once(worker, 'message')) as [number];
  assert.equal(code, 'ж'.charCodeAt(0));
});

test('a worker that nobody listens to any more is ended all the same', async () => {
  const worker = start(`
    require('node:worker_threads').parentPort.postMessage(1);
    const all = []; for (;;) all.push({ of: [all.length] });`);
  watchHeap(worker, 64);
  await once(worker, 'message');
  await new Promise((resolve) => worker.once('exit', resolve));
});
