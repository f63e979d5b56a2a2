import { odata } from '@azure/data-tables';
import type { NumberRange, NumberRangeStore } from '../iflow/services/number-ranges.ts';
import { toHttpEtag, toStorageEtag } from './etags.ts';
import { encodeKey } from './keys.ts';
import { readRow, type Row, textOf } from './rows.ts';
import { isNotFound, type Tables, unlessStale, unlessThere } from './tables.ts';

/**
 * Table `numberranges`: one partition with a row per number range, so that one query reads them all.
 * `next` is in a property of its own, and the row's ETag guards it.
 */
const PARTITION = 'ranges';

export function openNumberRanges(tables: Tables): NumberRangeStore {
  return {
    async find(name) {
      const row = await tables.withTable('numberranges', (table) =>
        readRow(table, PARTITION, encodeKey(name)),
      );
      return row === undefined ? undefined : { value: rangeOf(row), etag: toHttpEtag(row.etag) };
    },

    async list() {
      const filter = odata`PartitionKey eq ${PARTITION}`;
      return tables.withTable('numberranges', async (table) => {
        const ranges: NumberRange[] = [];
        for await (const row of table.listEntities<Row>({ queryOptions: { filter } })) {
          ranges.push(rangeOf(row));
        }
        return ranges;
      });
    },

    async create(range) {
      const created = await unlessThere(() =>
        tables.withTable('numberranges', (table) => table.createEntity(rowOf(range))),
      );
      return created !== undefined;
    },

    async replace(range, etag) {
      const storageEtag = toStorageEtag(etag);
      if (storageEtag === undefined) return false;
      const replaced = await unlessStale(() =>
        tables.withTable('numberranges', (table) =>
          table.updateEntity(rowOf(range), 'Merge', { etag: storageEtag }),
        ),
      );
      return replaced !== undefined;
    },

    async remove(name) {
      try {
        await tables.withTable('numberranges', (table) =>
          table.deleteEntity(PARTITION, encodeKey(name)),
        );
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    },
  };
}

function rowOf({ next, ...range }: NumberRange) {
  const keys = { partitionKey: PARTITION, rowKey: encodeKey(range.name) };
  return { ...keys, next: String(next), range: JSON.stringify(range) };
}

function rangeOf(row: Row): NumberRange {
  const range = JSON.parse(textOf(row, 'range')) as Omit<NumberRange, 'next'>;
  return { ...range, next: Number(textOf(row, 'next')) };
}
