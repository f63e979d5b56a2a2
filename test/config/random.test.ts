import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandomPool } from '../../shared/config/random.ts';

test('no byte of the pool is given out twice, over many draws and refills', () => {
  const random = createRandomPool();
  const ids = Array.from({ length: 10_000 }, () => random(16).toString('hex'));
  assert.ok(ids.every((id) => id.length === 32));
  assert.equal(new Set(ids).size, ids.length);
});

test('what was given out is not changed by later draws', () => {
  const random = createRandomPool();
  const first = random(16);
  const copy = Buffer.from(first);
  for (let i = 0; i < 1000; i += 1) random(16);
  assert.deepEqual(first, copy);
});

test('a draw may be as large as the pool', () => {
  assert.equal(createRandomPool()(4096).length, 4096);
});
