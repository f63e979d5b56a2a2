import { odata } from '@azure/data-tables';
import { hash } from 'node:crypto';
import type { SecretRecords } from '../oauth/secret-records.ts';
import { deleteRows, readRow, readRows, stamp, textOf } from './rows.ts';
import { isNotFound, type Tables } from './tables.ts';

/** A secret as keys: its SHA-256, of which the first byte spreads the rows over partitions. */
function keysOf(kind: string, secret: string) {
  const digest = hash('sha256', `${kind}\n${secret}`, 'hex');
  return { partitionKey: `${kind}|${digest.slice(0, 2)}`, rowKey: digest };
}

/**
 * Records in the table `codes`.
 * @param kind keeps records of different kinds apart; no secret of one is one of another.
 * @typeParam T is kept as JSON of at most 32,768 characters.
 */
export function openSecretRecords<T>(
  tables: Tables,
  kind: 'code' | 'pushed_request',
): SecretRecords<T> {
  return {
    async put(secret, value, expiresAt) {
      const row = { ...keysOf(kind, secret), expiresAt: stamp(expiresAt) };
      const record = JSON.stringify(value);
      await tables.withTable('codes', (table) => table.createEntity({ ...row, record }));
    },

    async find(secret) {
      const { partitionKey, rowKey } = keysOf(kind, secret);
      const row = await tables.withTable('codes', (table) => readRow(table, partitionKey, rowKey));
      if (row === undefined) return undefined;
      return {
        value: JSON.parse(textOf(row, 'record')) as T,
        expiresAt: Number(textOf(row, 'expiresAt')),
      };
    },

    async extend(secret, expiresAt) {
      const row = { ...keysOf(kind, secret), expiresAt: stamp(expiresAt) };
      try {
        await tables.withTable('codes', (table) => table.updateEntity(row, 'Merge'));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },

    async take(secret) {
      const { partitionKey, rowKey } = keysOf(kind, secret);
      try {
        await tables.withTable('codes', (table) => table.deleteEntity(partitionKey, rowKey));
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    },
  };
}

/** Removes records of every kind that have expired before `before`. @returns how many. */
export async function deleteSecretRecordsBefore(tables: Tables, before: number): Promise<number> {
  const filter = odata`expiresAt lt ${stamp(before)}`;
  for (let deleted = 0; ;) {
    const { rows } = await tables.withTable('codes', (table) => readRows(table, filter, 1000));
    if (rows.length === 0) return deleted;
    await tables.withTable('codes', (table) => deleteRows(table, rows));
    deleted += rows.length;
  }
}
