import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowCache, type FlowCacheLimits } from '../../shared/iflow/flow-cache.ts';
import type { CompiledFlow } from '../../shared/iflow/flow.ts';

function open(limits: Partial<FlowCacheLimits>, sizes: Readonly<Record<string, number>> = {}) {
  const loads: string[] = [];
  const cache = new FlowCache(
    (revision) => {
      loads.push(revision);
      if (revision === 'gone') return Promise.reject(new Error('gone'));
      const flow: CompiledFlow = {
        format: 2,
        id: revision,
        name: revision,
        version: '1.0.0',
        settings: {
          namespaces: {},
          allowedHeaders: [],
          returnExceptionToSender: false,
          httpSessionHandling: 'None',
        },
        senders: [],
        directSenders: [],
        timers: [],
        processes: {},
        resources: { 's.js': 'x'.repeat(sizes[revision] ?? 0) },
      };
      return Promise.resolve(flow);
    },
    { maxFlows: 10, maxCharacters: 1_000_000, ...limits },
  );
  return { cache, loads };
}

test('a flow is loaded once, and the least recently used goes for a new one', async () => {
  const { cache, loads } = open({ maxFlows: 2 });
  for (const revision of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.get(revision);
  assert.deepEqual(loads, ['a', 'b', 'c', 'b']);
});

test('flows that are too large together make room; one that is too large alone is kept', async () => {
  const sizes = { a: 400_000, b: 400_000, c: 400_000, huge: 5_000_000 };
  const { cache, loads } = open({}, sizes);
  for (const revision of ['a', 'b', 'c', 'b', 'c', 'a']) await cache.get(revision);
  assert.deepEqual(loads, ['a', 'b', 'c', 'a']);
  for (const revision of ['huge', 'huge', 'c']) await cache.get(revision);
  assert.deepEqual(loads.slice(4), ['huge', 'c']);
});

test('a load that failed is tried again', async () => {
  const { cache, loads } = open({});
  await assert.rejects(cache.get('gone'), /gone/);
  await assert.rejects(cache.get('gone'), /gone/);
  assert.deepEqual(loads, ['gone', 'gone']);
});
