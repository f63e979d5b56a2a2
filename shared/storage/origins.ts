import { odata } from '@azure/data-tables';
import type { OriginIndex } from '../registry/origins.ts';
import { encodeKey } from './keys.ts';
import { readRow, readRows, textOf } from './rows.ts';
import { isNotFound, isStale, type Tables } from './tables.ts';

/**
 * Table `origins`: one partition per origin, a row for each client that lists it, or has listed it.
 * Partition `!built` tells when all clients were entered; no origin is encoded like it.
 */
const BUILT = { partitionKey: '!built', rowKey: 'all' };

export function openOriginIndex(tables: Tables): OriginIndex {
  return {
    async add(origin, clientId, now) {
      const row = {
        partitionKey: encodeKey(origin),
        rowKey: encodeKey(clientId),
        clientId,
        writtenAt: String(now),
      };
      await tables.withTable('origins', (table) => table.upsertEntity(row, 'Merge'));
    },

    async clientsOf(origin, after, limit) {
      const filter = odata`PartitionKey eq ${encodeKey(origin)} and RowKey gt ${encodeKey(after)}`;
      const { rows } = await tables.withTable('origins', (table) => readRows(table, filter, limit));
      return rows.map((row) => ({
        clientId: textOf(row, 'clientId'),
        writtenAt: Number(textOf(row, 'writtenAt')),
        etag: row.etag,
      }));
    },

    async remove(origin, { clientId, etag }) {
      try {
        await tables.withTable('origins', (table) =>
          table.deleteEntity(encodeKey(origin), encodeKey(clientId), { etag }),
        );
      } catch (error) {
        if (!isStale(error) && !isNotFound(error)) throw error;
      }
    },

    async builtAt() {
      const row = await tables.withTable('origins', (table) =>
        readRow(table, BUILT.partitionKey, BUILT.rowKey),
      );
      return row === undefined ? undefined : Number(textOf(row, 'builtAt'));
    },

    async markBuilt(now) {
      const row = { ...BUILT, builtAt: String(now) };
      await tables.withTable('origins', (table) => table.upsertEntity(row, 'Merge'));
    },
  };
}
