import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { drawnAhead } from '../../shared/monitor/drawn-ahead.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('no byte is handed out twice, and one draw is enough for many ids', () => {
  let draws = 0;
  const draw = drawnAhead((size) => {
    draws += 1;
    return randomBytes(size);
  });
  const drawn = Array.from({ length: 1000 }, () => draw(16));
  assert.ok(drawn.every(({ length }) => length === 16));
  assert.equal(new Set(drawn.map(hex)).size, 1000);
  assert.ok(draws <= 4, String(draws));
  assert.equal(draw(10_000).length, 10_000);
});
