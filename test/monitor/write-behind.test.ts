import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWriteBehind } from '../../shared/monitor/write-behind.ts';

test('many who ask for a flush while storage is slow wait for one write together, not for one each', async () => {
  const written: (readonly number[])[] = [];
  const gates: (() => void)[] = [];
  const behind = createWriteBehind<number>(
    (entries) => {
      written.push(entries);
      return new Promise((resolve) => gates.push(resolve));
    },
    { what: 'entries', onError: () => undefined },
  );
  behind.add(1);
  const first = behind.flush();
  await new Promise((resolve) => setImmediate(resolve));
  behind.add(2);
  const others = Array.from({ length: 50 }, () => behind.flush());
  gates[0]?.();
  await first;
  await new Promise((resolve) => setImmediate(resolve));
  behind.add(3);
  gates[1]?.();
  await Promise.all(others);
  assert.deepEqual(written, [[1], [2]]);
  const last = behind.flush();
  await new Promise((resolve) => setImmediate(resolve));
  gates[2]?.();
  await last;
  assert.deepEqual(written, [[1], [2], [3]]);
});

test('what storage has not taken is written by the next flush, and whoever asked is told', async () => {
  const written: number[] = [];
  const problems: string[] = [];
  let isAway = true;
  const behind = createWriteBehind<number>(
    (entries) => {
      if (isAway) return Promise.reject(new Error('away'));
      written.push(...entries);
      return Promise.resolve();
    },
    { what: 'entries', onError: (problem) => problems.push(problem) },
  );
  behind.add(1);
  behind.add(2);
  await assert.rejects(Promise.all([behind.flush(), behind.flush()]), /away/);
  isAway = false;
  behind.add(3);
  await behind.flush();
  assert.deepEqual(written, [1, 2, 3]);
  assert.deepEqual(problems, ['2 entries wait for storage']);
});
