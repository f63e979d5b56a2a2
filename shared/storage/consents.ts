import type { Consents } from '../oauth/consents.ts';
import { userPartOf } from '../oauth/grant-id.ts';
import { joinKey } from './keys.ts';
import { readRow, textOf } from './rows.ts';
import { isNotFound, type Tables } from './tables.ts';

/** In the table `grants`, so that all that is kept of a user is in one partition; see grants.ts. */
export function openConsents(tables: Tables): Consents {
  const keysOf = (user: string, clientId: string) => ({
    partitionKey: userPartOf(user),
    rowKey: joinKey('consent', user, clientId),
  });
  return {
    async find(user, { clientId, createdAt }) {
      const { partitionKey, rowKey } = keysOf(user, clientId);
      const row = await tables.withTable('grants', (table) => readRow(table, partitionKey, rowKey));
      if (row === undefined || textOf(row, 'registeredAt') !== String(createdAt)) return undefined;
      return new Set(JSON.parse(textOf(row, 'scopes')) as readonly string[]);
    },

    async remember(user, { clientId, createdAt }, scopes) {
      const row = {
        ...keysOf(user, clientId),
        user,
        registeredAt: String(createdAt),
        scopes: JSON.stringify([...scopes]),
      };
      await tables.withTable('grants', (table) => table.upsertEntity(row, 'Replace'));
    },

    async forget(user, clientId) {
      const { partitionKey, rowKey } = keysOf(user, clientId);
      try {
        await tables.withTable('grants', (table) => table.deleteEntity(partitionKey, rowKey));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}
