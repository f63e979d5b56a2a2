import {
  type AccessPolicies,
  type AccessPolicyStore,
  NO_POLICIES,
} from '../registry/access-policies/access-policy.ts';
import { packJson, unpackJson } from './packed-json.ts';
import { readRow } from './rows.ts';
import { isConflict, type Tables, unlessStale } from './tables.ts';

/** Table `accesspolicies`: one row with all of them. */
const PARTITION = 'policies';
const ROW = 'all';

export function openAccessPolicyStore(tables: Tables): AccessPolicyStore {
  return {
    async read() {
      const row = await tables.withTable('accesspolicies', (table) =>
        readRow(table, PARTITION, ROW),
      );
      if (row === undefined) return { value: NO_POLICIES, etag: undefined };
      return { value: unpackJson(row) as AccessPolicies, etag: row.etag };
    },

    async write(value, etag) {
      const row = { ...packJson(value), partitionKey: PARTITION, rowKey: ROW };
      if (etag !== undefined) {
        const replaced = await unlessStale(() =>
          tables.withTable('accesspolicies', (table) =>
            table.updateEntity(row, 'Replace', { etag }),
          ),
        );
        return replaced !== undefined;
      }
      try {
        await tables.withTable('accesspolicies', (table) => table.createEntity(row));
        return true;
      } catch (error) {
        if (isConflict(error)) return false;
        throw error;
      }
    },
  };
}
