import assert from 'node:assert/strict';
import { test } from 'node:test';
import { once } from '../../shared/cache/once.ts';
import { StaleCache } from '../../shared/cache/stale-cache.ts';

function setUp(options: { maxEntries?: number } = {}) {
  const time = { ms: 1_000_000 };
  const state = { value: 'first', reads: 0, failing: false };
  const cache = new StaleCache<string>(
    () => {
      state.reads += 1;
      return state.failing ? Promise.reject(new Error('away')) : Promise.resolve(state.value);
    },
    { clock: { now: () => time.ms }, maxEntries: options.maxEntries ?? 10 },
  );
  return { time, state, cache };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a fresh entry is served without a read', async () => {
  const { cache, state, time } = setUp();
  await cache.get('k');
  time.ms += 10_000;
  assert.equal(await cache.get('k'), 'first');
  await settle();
  assert.equal(state.reads, 1);
});

test('an entry past freshMs is served at once and read again behind the answer', async () => {
  const { cache, state, time } = setUp();
  await cache.get('k');
  state.value = 'second';
  time.ms += 10_001;
  assert.equal(await cache.get('k'), 'first');
  await settle();
  assert.equal(await cache.get('k'), 'second');
  assert.equal(state.reads, 2);
});

test('an entry past staleMs is never served', async () => {
  const { cache, state, time } = setUp();
  await cache.get('k');
  state.value = 'second';
  time.ms += 25_001;
  assert.equal(await cache.get('k'), 'second');
});

test('a caller may ask for a younger entry than the cache would serve', async () => {
  const { cache, state, time } = setUp();
  await cache.get('k');
  state.value = 'second';
  time.ms += 1001;
  assert.equal(await cache.get('k'), 'first');
  assert.equal(await cache.get('k', 1000), 'second');
});

test('the age of an entry counts from the beginning of its read', async () => {
  const time = { ms: 0 };
  const cache = new StaleCache<number>(
    () => {
      const read = time.ms;
      time.ms += 20_000;
      return Promise.resolve(read);
    },
    { clock: { now: () => time.ms }, maxEntries: 1 },
  );
  assert.equal(await cache.get('k'), 0);
  time.ms += 5001;
  assert.equal(await cache.get('k'), 25_001);
});

test('a clock that goes back makes the entry be read again', async () => {
  const { cache, state, time } = setUp();
  await cache.get('k');
  time.ms -= 60_000;
  await cache.get('k');
  assert.equal(state.reads, 2);
});

test('readers of one key at the same time share one read', async () => {
  const { cache, state } = setUp();
  await Promise.all(Array.from({ length: 20 }, () => cache.get('k')));
  assert.equal(state.reads, 1);
});

test('a read that was under way when the key was forgotten is not kept', async () => {
  const { cache, state } = setUp();
  const early = cache.get('k');
  cache.forget('k');
  state.value = 'second';
  assert.equal(await cache.get('k'), 'second');
  await early;
  assert.equal(await cache.get('k'), 'second');
});

test('while storage fails the entry is served on to staleMs, then the failure shows', async () => {
  const { cache, state, time } = setUp();
  await cache.get('k');
  state.failing = true;
  time.ms += 20_000;
  assert.equal(await cache.get('k'), 'first');
  await settle();
  assert.equal(await cache.get('k'), 'first');
  time.ms += 5001;
  await assert.rejects(cache.get('k'), /away/);
  state.failing = false;
  assert.equal(await cache.get('k'), 'first');
});

test('no more than maxEntries are kept, the least recently used goes first', async () => {
  const { cache, state } = setUp({ maxEntries: 2 });
  for (const key of ['a', 'b', 'a', 'c']) await cache.get(key);
  assert.equal(cache.size, 2);
  assert.equal(state.reads, 3);
  await cache.get('a');
  assert.equal(state.reads, 3);
  await cache.get('b');
  assert.equal(state.reads, 4);
});

test('once makes a value a single time, and tries again after a failure', async () => {
  let attempts = 0;
  const get = once(() => {
    attempts += 1;
    if (attempts === 1) throw new Error('not yet');
    return attempts;
  });
  await assert.rejects(get(), /not yet/);
  assert.deepEqual(await Promise.all([get(), get()]), [2, 2]);
});
