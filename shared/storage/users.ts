import { odata } from '@azure/data-tables';
import type { Versioned } from '../registry/client.ts';
import type { User } from '../registry/users/user.ts';
import type { UserStore } from '../registry/users/user-store.ts';
import { toHttpEtag, toStorageEtag } from './etags.ts';
import { encodeKey } from './keys.ts';
import { readRow, readRows, type Row, textOf, toPage } from './rows.ts';
import { isConflict, isNotFound, type Tables, unlessStale } from './tables.ts';

/**
 * Table `users`: one partition per user, named in lower case so that no two names differ only in
 * case. Changes are merged into the row: properties that a later version has added stay.
 */
const USER = 'user';

export function createUserStore(tables: Tables): UserStore {
  return {
    async read(name) {
      const row = await tables.withTable('users', (table) => readRow(table, keyOf(name), USER));
      return row === undefined ? undefined : versioned(row);
    },

    async create(user) {
      try {
        const { etag } = await tables.withTable('users', (table) =>
          table.createEntity(rowOf(user)),
        );
        return toHttpEtag(etag);
      } catch (error) {
        if (isConflict(error)) return undefined;
        throw error;
      }
    },

    async replace(user, etag) {
      const storageEtag = toStorageEtag(etag);
      if (storageEtag === undefined) return undefined;
      return unlessStale(async () => {
        const replaced = await tables.withTable('users', (table) =>
          table.updateEntity(rowOf(user), 'Merge', { etag: storageEtag }),
        );
        return toHttpEtag(replaced.etag);
      });
    },

    async remove(name, etag) {
      const storageEtag = toStorageEtag(etag);
      if (storageEtag === undefined) return false;
      const removed = await unlessStale(() =>
        tables.withTable('users', (table) =>
          table.deleteEntity(keyOf(name), USER, { etag: storageEtag }),
        ),
      );
      return removed !== undefined;
    },

    async noteSignIn(name, at) {
      try {
        const row = { partitionKey: keyOf(name), rowKey: USER, lastSignInAt: String(at) };
        await tables.withTable('users', (table) => table.updateEntity(row, 'Merge', { etag: '*' }));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },

    async list({ after, limit }) {
      const rest = odata`RowKey eq ${USER}`;
      const filter =
        after === undefined ? rest : `${odata`PartitionKey gt ${keyOf(after)}`} and ${rest}`;
      const found = await tables.withTable('users', (table) => readRows(table, filter, limit));
      return toPage(found, userOf, ({ user }) => user);
    },
  };
}

type Settings = Omit<User, 'credential' | 'lastSignInAt'>;

const keyOf = (name: string): string => encodeKey(name.toLowerCase());

function rowOf(user: User) {
  const settings: Settings = {
    user: user.user,
    displayName: user.displayName,
    email: user.email,
    enabled: user.enabled,
    sessionKey: user.sessionKey,
    createdAt: user.createdAt,
    updatedAt: user.updatedAt,
  };
  return {
    partitionKey: keyOf(user.user),
    rowKey: USER,
    settings: JSON.stringify(settings),
    credential: JSON.stringify(user.credential),
  };
}

function userOf(row: Row): User {
  const settings = JSON.parse(textOf(row, 'settings')) as Settings;
  const credential = JSON.parse(textOf(row, 'credential')) as User['credential'];
  const lastSignInAt = 'lastSignInAt' in row ? Number(textOf(row, 'lastSignInAt')) : undefined;
  return { ...settings, email: settings.email, credential, lastSignInAt };
}

function versioned(row: Row): Versioned<User> {
  return { value: userOf(row), etag: toHttpEtag(row.etag) };
}
