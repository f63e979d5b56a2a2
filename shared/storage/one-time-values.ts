import { odata } from '@azure/data-tables';
import { hash } from 'node:crypto';
import type { OneTimeValues } from '../oauth/one-time-values.ts';
import type { Row } from './rows.ts';
import { isConflict, isNotFound, type Tables } from './tables.ts';

const HOUR_MS = 3_600_000;

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
      return tables.withTable('onetime', async (table) => {
        let deleted = 0;
        for await (const row of table.listEntities<Row>({ queryOptions: { filter } })) {
          try {
            await table.deleteEntity(row.partitionKey ?? '', row.rowKey ?? '');
            deleted += 1;
          } catch (error) {
            // Another instance has been quicker.
            if (!isNotFound(error)) throw error;
          }
        }
        return deleted;
      });
    },
  };
}

/** Text that sorts as the hours do. */
const hourOf = (ms: number): string => String(Math.floor(ms / HOUR_MS)).padStart(8, '0');
