import { odata } from '@azure/data-tables';
import type { Space } from '../registry/security-material/material.ts';
import type {
  MaterialRow,
  MaterialRows,
  StoredRow,
} from '../registry/security-material/material-store.ts';
import { encodeKey } from './keys.ts';
import { packBytes, unpackBytes } from './packed-json.ts';
import { readRow, type Row, textOf } from './rows.ts';
import { isConflict, type Tables, unlessStale } from './tables.ts';

/** Table `securitymaterial`: a partition for each space of names, a row for each name. */
export function openMaterialRows(tables: Tables): MaterialRows {
  return {
    list: (space) =>
      tables.withTable('securitymaterial', async (table) => {
        const rows: StoredRow[] = [];
        const filter = odata`PartitionKey eq ${space}`;
        for await (const row of table.listEntities<Row>({ queryOptions: { filter } })) {
          rows.push(storedOf(space, row));
        }
        return rows;
      }),

    async read(space, name) {
      const row = await tables.withTable('securitymaterial', (table) =>
        readRow(table, space, encodeKey(name)),
      );
      return row && storedOf(space, row);
    },

    async create(row) {
      try {
        await tables.withTable('securitymaterial', (table) => table.createEntity(entityOf(row)));
        return true;
      } catch (error) {
        if (isConflict(error)) return false;
        throw error;
      }
    },

    async replace(row, etag) {
      const replaced = await unlessStale(() =>
        tables.withTable('securitymaterial', (table) =>
          table.updateEntity(entityOf(row), 'Replace', { etag }),
        ),
      );
      return replaced !== undefined;
    },

    async remove(space, name, etag) {
      const removed = await unlessStale(() =>
        tables.withTable('securitymaterial', (table) =>
          table.deleteEntity(space, encodeKey(name), { etag }),
        ),
      );
      return removed !== undefined;
    },
  };
}

function entityOf({ space, name, kind, sealed }: MaterialRow) {
  return { ...packBytes(sealed), partitionKey: space, rowKey: encodeKey(name), name, kind };
}

function storedOf(space: Space, row: Row): StoredRow {
  const { etag } = row;
  const [name, kind] = [textOf(row, 'name'), textOf(row, 'kind')];
  return { space, name, kind, etag, sealed: unpackBytes(row) };
}
