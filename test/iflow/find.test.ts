import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexIn, lastIndexIn, splitIn } from '../../shared/iflow/expressions/find.ts';
import { processorMs } from '../support/processor-time.ts';

/** Texts of two signs, long enough to be searched by the careful way. */
function textOf(length: number, seed: number): string {
  let state = seed;
  const signs = Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state > 1_200_000_000 ? 'a' : 'b';
  });
  return signs.join('');
}

test('long texts are found where String finds them', () => {
  const text = textOf(100_000, 1);
  const parts = [
    text.slice(50_000, 51_000),
    text.slice(0, 1000),
    text.slice(-1000),
    textOf(1000, 2),
    `${'a'.repeat(999)}c`,
  ];
  for (const part of parts) {
    const repeated = text + part + text + part;
    assert.equal(indexIn(repeated, part), repeated.indexOf(part));
    assert.equal(indexIn(repeated, part, 60_000), repeated.indexOf(part, 60_000));
    assert.equal(lastIndexIn(repeated, part), repeated.lastIndexOf(part));
    assert.deepEqual(splitIn(repeated, part, 10), repeated.split(part, 10));
    assert.deepEqual(splitIn(repeated, part, 1), repeated.split(part, 1));
  }
  const periodic = 'ab'.repeat(50_000);
  const part = 'ab'.repeat(400);
  assert.deepEqual(splitIn(periodic, part, 1000), periodic.split(part, 1000));
  assert.equal(indexIn('a', 'a'.repeat(100_000_000)), -1);
  assert.equal(lastIndexIn('a', 'a'.repeat(100_000_000)), -1);
});

test('a condition on two texts of the message does not hold the event loop, whatever they are', () => {
  // To compare at each place would be 300,000,000,000 comparisons.
  const body = 'a'.repeat(20 * 1024 * 1024);
  const part = `${'a'.repeat(16_000)}b${'a'.repeat(16_000)}`;
  const begun = processorMs();
  assert.equal(indexIn(body, part), -1);
  assert.equal(lastIndexIn(body, part), -1);
  assert.deepEqual(splitIn(body, part, 3), [body]);
  assert.ok(processorMs() - begun < 30_000);
});
