import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteWhere, hourOf } from '../../shared/storage/rows.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';

const HOUR_MS = 3_600_000;
const OLD = odata`PartitionKey lt ${'new'}`;

interface Rows {
  readonly storage: TestStorage;
  readonly tables: ReturnType<typeof openTables>;
  /** Keys of all rows, as `partition/row`. */
  readonly left: () => Promise<string[]>;
}

/** A table with rows `0`, `1` … in each of these partitions. */
async function openRows(partitions: Readonly<Record<string, number>>): Promise<Rows> {
  const storage = await testStorage();
  const tables = openTables(storage);
  await tables.withTable('onetime', async (table) => {
    for (const [partitionKey, count] of Object.entries(partitions)) {
      for (let begin = 0; begin < count; begin += 100) {
        const rowKeys = Array.from({ length: Math.min(100, count - begin) }, (_, i) =>
          String(begin + i),
        );
        await table.submitTransaction(
          rowKeys.map((rowKey): TransactionAction => ['create', { partitionKey, rowKey }]),
        );
      }
    }
  });
  const left = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { partitionKey, rowKey } of tables.table('onetime').listEntities()) {
      found.push(`${partitionKey ?? ''}/${rowKey ?? ''}`);
    }
    return found.sort();
  };
  return { storage, tables, left };
}

/** The calls that delete something, by their kind, with the number of rows. */
function watch(table: TableClient): { readonly table: TableClient; readonly calls: string[] } {
  const calls: string[] = [];
  const watched = new Proxy(table, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (name === 'submitTransaction') calls.push(`batch of ${(args[0] as unknown[]).length}`);
        if (name === 'deleteEntity') calls.push('row');
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
  return { table: watched, calls };
}

test('the rows of one partition are deleted a hundred at a time, and no others', async () => {
  const { tables, left } = await openRows({ a: 250, new: 2 });
  const { table, calls } = watch(tables.table('onetime'));
  assert.equal(await deleteWhere(table, OLD), 250);
  assert.deepEqual(calls, ['batch of 100', 'batch of 100', 'batch of 50']);
  assert.deepEqual(await left(), ['new/0', 'new/1']);
  assert.equal(await deleteWhere(table, OLD), 0);
  assert.equal(calls.length, 3);
});

test('no batch spans partitions, and a single row is deleted as one', async () => {
  const { tables, left } = await openRows({ a: 3, b: 1, c: 101, d: 100, new: 1 });
  const { table, calls } = watch(tables.table('onetime'));
  assert.equal(await deleteWhere(table, OLD), 205);
  assert.deepEqual(calls, ['batch of 3', 'row', 'batch of 100', 'row', 'batch of 100']);
  assert.deepEqual(await left(), ['new/0']);
});

test('more rows than a page of storage has are all found', async () => {
  const { tables, left } = await openRows({ a: 1250, new: 1 });
  assert.equal(await deleteWhere(tables.table('onetime'), OLD), 1250);
  assert.deepEqual(await left(), ['new/0']);
});

test('where another instance has deleted one of a batch meanwhile, the rest of it goes all the same', async () => {
  const { tables, left } = await openRows({ a: 40, b: 2, new: 1 });
  const { table, calls } = watch(tables.table('onetime'));
  // Between the look and the batch.
  const quicker = new Proxy(table, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'submitTransaction' || calls.length > 0) return value;
      return async (...args: unknown[]): Promise<unknown> => {
        await tables.table('onetime').deleteEntity('a', '7');
        return (value as (...all: unknown[]) => Promise<unknown>)(...args);
      };
    },
  });
  await deleteWhere(quicker, OLD);
  assert.deepEqual(
    [calls[0], calls.filter((call) => call === 'row').length, calls.at(-1)],
    ['batch of 40', 40, 'batch of 2'],
  );
  assert.deepEqual(await left(), ['new/0']);
});

test('instances that delete at once leave nothing, and none of them fails', async () => {
  const { storage, tables, left } = await openRows({ a: 250, b: 120, c: 1, new: 3 });
  const others = [tables, openTables(storage), openTables(storage)];
  const counts = await Promise.all(
    others.map((one) => one.withTable('onetime', (table) => deleteWhere(table, OLD))),
  );
  assert.ok(
    counts.every((count) => count <= 371),
    String(counts),
  );
  assert.ok(counts.reduce((sum, count) => sum + count) >= 371, String(counts));
  assert.deepEqual(await left(), ['new/0', 'new/1', 'new/2']);
});

test('an error that is none of these is thrown, and the rows are there still', async () => {
  const { tables, left } = await openRows({ a: 5 });
  const table = new Proxy(tables.table('onetime'), {
    get(target, name) {
      if (name === 'submitTransaction') return () => Promise.reject(new Error('storage is away'));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function'
        ? (...args: unknown[]) => Reflect.apply(value, target, args) as unknown
        : value;
    },
  });
  await assert.rejects(deleteWhere(table, OLD), /storage is away/);
  assert.equal((await left()).length, 5);
});

test('hours sort as text as they do as numbers', () => {
  const hours = [0, HOUR_MS - 1, HOUR_MS, 10 * HOUR_MS, Date.UTC(2030, 0, 1), Date.UTC(2100, 0, 1)];
  const texts = hours.map(hourOf);
  assert.deepEqual(texts, texts.toSorted());
  assert.equal(texts[0], texts[1]);
  assert.equal(new Set(texts).size, hours.length - 1);
  assert.ok(texts.every((text) => /^\d{8}$/.test(text)));
});
