import { odata } from '@azure/data-tables';
import type {
  InitialAccessToken,
  InitialAccessTokenStore,
} from '../registry/initial-access-tokens.ts';
import { toHttpEtag, toStorageEtag } from './etags.ts';
import { encodeKey } from './keys.ts';
import { readRow, readRows, type Row, textOf, toPage } from './rows.ts';
import { isConflict, isNotFound, isStale, type Tables } from './tables.ts';

/** Table `initialtokens`: one partition, since there are few; a row for each token, by its id. */
const PARTITION = 'tokens';

export function openInitialAccessTokens(tables: Tables): InitialAccessTokenStore {
  return {
    async read(tokenId) {
      const row = await tables.withTable('initialtokens', (table) =>
        readRow(table, PARTITION, encodeKey(tokenId)),
      );
      return row === undefined ? undefined : { value: tokenOf(row), etag: toHttpEtag(row.etag) };
    },

    create: (token) =>
      unless(isConflict, () =>
        tables.withTable('initialtokens', (table) => table.createEntity(rowOf(token))),
      ),

    async replace(token, etag) {
      const storageEtag = toStorageEtag(etag);
      if (storageEtag === undefined) return false;
      return unless(isStaleOrGone, () =>
        tables.withTable('initialtokens', (table) =>
          table.updateEntity(rowOf(token), 'Merge', { etag: storageEtag }),
        ),
      );
    },

    remove: (tokenId) =>
      unless(isNotFound, () =>
        tables.withTable('initialtokens', (table) =>
          table.deleteEntity(PARTITION, encodeKey(tokenId)),
        ),
      ),

    async list({ after, limit }) {
      const all = odata`PartitionKey eq ${PARTITION}`;
      const filter =
        after === undefined ? all : `${all} and ${odata`RowKey gt ${encodeKey(after)}`}`;
      const found = await tables.withTable('initialtokens', (table) =>
        readRows(table, filter, limit),
      );
      return toPage(found, tokenOf, (token) => token.tokenId);
    },
  };
}

/** True when `write` is through, false when it failed for that reason. */
async function unless(
  expected: (error: unknown) => boolean,
  write: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (expected(error)) return false;
    throw error;
  }
}

const isStaleOrGone = (error: unknown): boolean => isStale(error) || isNotFound(error);

function rowOf(token: InitialAccessToken) {
  return {
    partitionKey: PARTITION,
    rowKey: encodeKey(token.tokenId),
    token: JSON.stringify(token),
  };
}

const tokenOf = (row: Row): InitialAccessToken =>
  JSON.parse(textOf(row, 'token')) as InitialAccessToken;
