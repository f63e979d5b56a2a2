import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observeStorage } from '../../shared/storage/observe.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage } from '../support/azurite.ts';

test('storage operations are told of one by one, with what has failed', async () => {
  const told: string[] = [];
  observeStorage((operation) => ({ ms, failure }) => {
    assert.ok(ms > 0);
    told.push(`${operation} ${failure ?? 'ok'}`);
  });
  const tables = openTables(await testStorage());
  await tables.createAll();
  told.length = 0;

  const row = { partitionKey: 'p', rowKey: 'r' };
  const table = tables.table('tasks');
  await table.createEntity(row);
  // Expected refusals are answers like others.
  await assert.rejects(table.createEntity(row));
  await assert.rejects(table.getEntity('p', 'none'));
  // The rows of a batch go in one request.
  await table.submitTransaction([
    ['upsert', row],
    ['upsert', { ...row, rowKey: 's' }],
  ]);
  for await (const found of table.listEntities()) assert.equal(found.partitionKey, 'p');
  await assert.rejects(table.submitTransaction([['create', row]]));
  assert.deepEqual(told, [
    'TableClient.createEntity ok',
    'TableClient.createEntity ok',
    'TableClient.getEntity ok',
    'TableTransaction.submitTransaction ok',
    'HTTP GET ok',
    'TableTransaction.submitTransaction ok',
  ]);

  told.length = 0;
  const nowhere =
    'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=aGVsbG8=;TableEndpoint=http://127.0.0.1:9/a;';
  const gone = openTables({ connectionString: nowhere, prefix: 'gone' });
  await assert.rejects(gone.table('tasks').getEntity('p', 'r'));
  const list = gone.table('tasks').listEntities();
  await assert.rejects(list.next());
  assert.equal(told.shift(), 'TableClient.getEntity ECONNREFUSED');
  // Each attempt by itself.
  assert.deepEqual(new Set(told), new Set(['HTTP GET ECONNREFUSED']));
});
