import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  deleteSecretRecordsBefore,
  openSecretRecords,
} from '../../shared/storage/secret-records.ts';
import { openTables, type Tables } from '../../shared/storage/tables.ts';
import { testStorage } from '../support/azurite.ts';

let tables: Tables;
let others: Tables;

before(async () => {
  const storage = await testStorage();
  tables = openTables(storage);
  others = openTables(storage);
});

test('a record is found by its secret alone, on every instance, and its secret is not kept', async () => {
  const codes = openSecretRecords<{ of: string }>(tables, 'code');
  await codes.put('the-secret', { of: 'ann' }, 5000);
  assert.deepEqual(await openSecretRecords(others, 'code').find('the-secret'), {
    value: { of: 'ann' },
    expiresAt: 5000,
  });
  for (const secret of ['', 'The-secret', "the-secret' or true", '/', 'the-secret\n']) {
    assert.equal(await codes.find(secret), undefined);
  }
  assert.equal(await openSecretRecords(tables, 'pushed_request').find('the-secret'), undefined);
  for await (const row of tables.table('codes').listEntities()) {
    assert.ok(!JSON.stringify(row).includes('the-secret'));
  }
});

test('of two that take a record at the same moment one gets it', async () => {
  const mine = openSecretRecords<string>(tables, 'pushed_request');
  const theirs = openSecretRecords<string>(others, 'pushed_request');
  await mine.put('taken', 'x', 5000);
  const outcomes = await Promise.all([mine.take('taken'), theirs.take('taken')]);
  assert.deepEqual(outcomes.sort(), [false, true]);
  assert.equal(await theirs.find('taken'), undefined);
});

test('a record gets another end; one that is gone does not come back', async () => {
  const requests = openSecretRecords<string>(tables, 'pushed_request');
  await requests.put('extended', 'x', 5000);
  await requests.extend('extended', 9000);
  assert.deepEqual(await requests.find('extended'), { value: 'x', expiresAt: 9000 });
  await requests.take('extended');
  await requests.extend('extended', 10_000);
  assert.equal(await requests.find('extended'), undefined);
});

test('expired records are removed, by two at the same moment too', async () => {
  const codes = openSecretRecords<string>(tables, 'code');
  for (let i = 0; i < 30; i += 1) await codes.put(`old-${i}`, 'x', 100);
  await codes.put('young', 'x', 200);
  await Promise.all([
    deleteSecretRecordsBefore(tables, 200),
    deleteSecretRecordsBefore(others, 200),
  ]);
  assert.equal(await codes.find('old-0'), undefined);
  assert.equal(await codes.find('old-29'), undefined);
  assert.notEqual(await codes.find('young'), undefined);
});
