import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteInTurn } from '../../shared/monitor/delete-in-turn.ts';

test('deletions run one after the other, and each tells how many rows it has deleted', async () => {
  let running = 0;
  const one = (count: number) => async (): Promise<number> => {
    running += 1;
    assert.equal(running, 1);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return count;
  };
  const deleted = await deleteInTurn({ a: one(3), b: one(0), c: one(1) }, () => assert.fail());
  assert.deepEqual(deleted, { a: 3, b: 0, c: 1 });
});

test('one that fails keeps none of the others from being done; each is told by name, and all of them when it ends', async () => {
  const done: string[] = [];
  const told: unknown[] = [];
  const [first, second] = [new Error('storage is away'), new Error('still away')];
  const run = deleteInTurn(
    {
      a: () => Promise.resolve(done.push('a')),
      b: () => Promise.reject(first),
      c: () => Promise.resolve(done.push('c')),
      d: () => Promise.reject(second),
      e: () => Promise.resolve(done.push('e')),
    },
    (problem, cause) => told.push([problem, cause]),
  );
  await assert.rejects(run, {
    message: 'Not everything that has expired could be deleted: b, d',
    cause: first,
  });
  assert.deepEqual(done, ['a', 'c', 'e']);
  assert.deepEqual(told, [
    ['What has expired of b could not be deleted', first],
    ['What has expired of d could not be deleted', second],
  ]);
});
