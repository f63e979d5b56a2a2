import { odata } from '@azure/data-tables';
import { splitGrantId, userPartOf } from '../oauth/grant-id.ts';
import type { GrantStore, UserGrant } from '../oauth/grant-store.ts';
import { toHttpEtag, toStorageEtag } from './etags.ts';
import { upTo } from './keys.ts';
import { deleteRows, readRow, readRows, type Row, stamp, textOf, toPage } from './rows.ts';
import { isConflict, isNotFound, isStale, type Tables } from './tables.ts';

/*
 * Table `grants`. The partition of a user, named by the part of grant ids that stands for it:
 *   grant|<rest of the id>   a grant
 *   consent|<user>|<client>  see consents.ts
 */
const GRANT = 'grant|';

export interface GrantTable extends GrantStore {
  /** Removes the grants that have expired before `before`. @returns how many rows. */
  deleteBefore(before: number): Promise<number>;
}

export function openGrants(tables: Tables): GrantTable {
  const read = async (grantId: string): Promise<Row | undefined> => {
    const keys = keysOf(grantId);
    if (keys === undefined) return undefined;
    return tables.withTable('grants', (table) => readRow(table, keys.partitionKey, keys.rowKey));
  };
  const list = (filter: string, limit: number) =>
    tables.withTable('grants', (table) => readRows(table, filter, limit));
  /** Reads and deletes until there is nothing left. */
  const clear = async (filter: string): Promise<number> => {
    for (let deleted = 0; ;) {
      const { rows } = await list(filter, 1000);
      if (rows.length === 0) return deleted;
      await tables.withTable('grants', (table) => deleteRows(table, rows));
      deleted += rows.length;
    }
  };

  return {
    async create(grant) {
      const keys = keysOf(grant.grantId);
      if (keys === undefined) throw new Error('The id of a grant is malformed.');
      try {
        const row = { ...keys, ...propertiesOf(grant) };
        await tables.withTable('grants', (table) => table.createEntity(row));
        return true;
      } catch (error) {
        if (isConflict(error)) return false;
        throw error;
      }
    },

    async find(grantId) {
      const row = await read(grantId);
      return row === undefined ? undefined : { value: grantOf(row), etag: toHttpEtag(row.etag) };
    },

    async rotate({ grantId, generation, lastUsedAt }, etag) {
      const keys = keysOf(grantId);
      const storageEtag = toStorageEtag(etag);
      if (keys === undefined || storageEtag === undefined) return false;
      const row = { ...keys, generation, lastUsedAt: optionalStamp(lastUsedAt) };
      try {
        await tables.withTable('grants', (table) =>
          table.updateEntity(row, 'Merge', { etag: storageEtag }),
        );
        return true;
      } catch (error) {
        if (isStale(error) || isNotFound(error)) return false;
        throw error;
      }
    },

    async revoke(grantId, at) {
      const keys = keysOf(grantId);
      if (keys === undefined) return undefined;
      try {
        const row = { ...keys, revokedAt: stamp(at) };
        await tables.withTable('grants', (table) => table.updateEntity(row, 'Merge'));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
      const revoked = await read(grantId);
      return revoked === undefined ? undefined : grantOf(revoked);
    },

    async listOfUser(user, now, { after, limit }) {
      const begin = GRANT + (after === undefined ? '' : (splitGrantId(after)?.rest ?? ''));
      const filter = odata`PartitionKey eq ${userPartOf(user)} and user eq ${user} and RowKey gt ${begin} and RowKey lt ${upTo(GRANT)} and revokedAt eq '' and expiresAt gt ${stamp(now)}`;
      return toPage(await list(filter, limit), grantOf, (grant) => grant.grantId);
    },

    async deleteOfUser(user) {
      await clear(odata`PartitionKey eq ${userPartOf(user)} and user eq ${user}`);
    },

    deleteBefore: (before) => clear(odata`expiresAt lt ${stamp(before)}`),
  };
}

function keysOf(
  grantId: string,
): { readonly partitionKey: string; readonly rowKey: string } | undefined {
  const parts = splitGrantId(grantId);
  if (parts === undefined) return undefined;
  return { partitionKey: parts.userPart, rowKey: GRANT + parts.rest };
}

/** `user` and what changes or is filtered by are properties, the rest is JSON. */
function propertiesOf(grant: UserGrant) {
  const { user, expiresAt, revokedAt, lastUsedAt, generation, ...rest } = grant;
  return {
    user,
    expiresAt: stamp(expiresAt),
    revokedAt: optionalStamp(revokedAt),
    lastUsedAt: optionalStamp(lastUsedAt),
    generation,
    grant: JSON.stringify(rest),
  };
}

type StoredRest = Omit<
  UserGrant,
  'user' | 'expiresAt' | 'revokedAt' | 'lastUsedAt' | 'generation' | 'confirmation'
> &
  Partial<UserGrant>;

function grantOf(row: Row): UserGrant {
  const rest = JSON.parse(textOf(row, 'grant')) as StoredRest;
  return {
    confirmation: undefined,
    ...rest,
    user: textOf(row, 'user'),
    expiresAt: Number(textOf(row, 'expiresAt')),
    revokedAt: timeOf(textOf(row, 'revokedAt')),
    lastUsedAt: timeOf(textOf(row, 'lastUsedAt')),
    generation: Number(row['generation']),
  };
}

/** '' for never: a filter cannot ask for a property that is not there. */
const optionalStamp = (ms: number | undefined): string => (ms === undefined ? '' : stamp(ms));
const timeOf = (text: string): number | undefined => (text === '' ? undefined : Number(text));
