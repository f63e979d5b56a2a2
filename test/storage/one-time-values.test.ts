import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { openOneTimeValues, type OneTimeValueStore } from '../../shared/storage/one-time-values.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';

const HOUR_MS = 3_600_000;
const at = Date.UTC(2030, 0, 1, 12, 30);

let storage: TestStorage;
let instances: readonly OneTimeValueStore[];

before(async () => {
  storage = await testStorage();
  instances = [1, 2, 3].map(() => openOneTimeValues(openTables(storage)));
});

const [ONE, OTHER] = [0, 1] as const;
const instance = (i: number): OneTimeValueStore => {
  const found = instances[i];
  assert.ok(found !== undefined);
  return found;
};

test('a value counts once, on whichever instance it comes', async () => {
  assert.equal(await instance(ONE).use('jti', 'a', at), true);
  assert.equal(await instance(ONE).use('jti', 'a', at), false);
  assert.equal(await instance(OTHER).use('jti', 'a', at), false);
  assert.equal(await instance(OTHER).use('jti', 'b', at), true);
  assert.equal(await instance(OTHER).use('code', 'a', at), true, 'of another purpose');
});

test('of many instances that see a value at the same moment, one wins', async () => {
  for (let round = 0; round < 5; round += 1) {
    const outcomes = await Promise.all(
      [...instances, ...instances].map((one) => one.use('race', `value ${round}`, at)),
    );
    assert.equal(outcomes.filter(Boolean).length, 1, `round ${round}`);
  }
});

test('a value of any length and any characters is kept as its hash alone', async () => {
  const value = `secret/\\#?\u0000 ${'🔑'.repeat(10_000)}`;
  assert.equal(await instance(ONE).use('odd', value, at), true);
  assert.equal(await instance(OTHER).use('odd', value, at), false);
  const rows: unknown[] = [];
  for await (const row of openTables(storage).table('onetime').listEntities()) rows.push(row);
  assert.doesNotMatch(JSON.stringify(rows), /secret/);
});

test('values of hours that are over are deleted, by two instances at once too; the rest counts on', async () => {
  const old = at - 3 * HOUR_MS;
  await instance(ONE).use('old', 'x', old);
  await instance(ONE).use('old', 'y', old + HOUR_MS);
  await instance(ONE).use('old', 'z', at);
  const deleted = await Promise.all([
    instance(ONE).deleteBefore(at),
    instance(OTHER).deleteBefore(at),
  ]);
  assert.ok(deleted[0] + deleted[1] >= 2, String(deleted));
  assert.equal(await instance(OTHER).use('old', 'z', at), false);
  assert.equal(await instance(OTHER).use('old', 'x', old), true, 'is forgotten');
});
