import { odata } from '@azure/data-tables';
import { hash } from 'node:crypto';
import type { OneTimeValues } from '../oauth/one-time-values.ts';
import { deleteWhere, hourOf } from './rows.ts';
import { isConflict, type Tables } from './tables.ts';

export interface OneTimeValueStore extends OneTimeValues {
  /** Removes the values that expired before `before`. @returns how many. */
  deleteBefore(before: number): Promise<number>;
}

/**
 * Table `onetime`: a row for each value that was used, written by whoever uses it first. Partitions
 * are the hours in which values expire, so that old ones are found without reading the others.
 */
export function openOneTimeValues(tables: Tables): OneTimeValueStore {
  return {
    async use(purpose, value, expiresAt) {
      const row = {
        partitionKey: hourOf(expiresAt),
        rowKey: hash('sha256', `${purpose}\n${value}`, 'hex'),
      };
      try {
        await tables.withTable('onetime', (table) => table.createEntity(row));
        return true;
      } catch (error) {
        if (isConflict(error)) return false;
        throw error;
      }
    },

    async deleteBefore(before) {
      // The hour that `before` is in is not over.
      const filter = odata`PartitionKey lt ${hourOf(before)}`;
      return tables.withTable('onetime', (table) => deleteWhere(table, filter));
    },
  };
}
