import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage } from './azurite.ts';

test('a write makes the table that it finds missing', async () => {
  const tables = openTables(await testStorage());
  await tables.withTable('clients', (table) =>
    table.createEntity({ partitionKey: 'p', rowKey: 'r', v: 1 }),
  );
  assert.equal((await tables.table('clients').getEntity('p', 'r'))['v'], 1);
});
