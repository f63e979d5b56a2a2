import { odata } from '@azure/data-tables';
import type { Session, SessionStore } from '../oauth/sign-in/session-store.ts';
import { deleteWhere, readRow, type Row, stamp, textOf } from './rows.ts';
import { isNotFound, type Tables } from './tables.ts';

const SESSION = 'session';

export interface SessionStorage extends SessionStore {
  /** Removes the sessions that expired before `before`. @returns how many. */
  deleteBefore(before: number): Promise<number>;
}

/** Table `sessions`: one partition per session, named by the SHA-256 of its id. */
export function openSessionStore(tables: Tables): SessionStorage {
  return {
    async find(idHash) {
      const row = await tables.withTable('sessions', (table) => readRow(table, idHash, SESSION));
      return row === undefined ? undefined : sessionOf(row);
    },

    async create(idHash, session) {
      const row = {
        partitionKey: idHash,
        rowKey: SESSION,
        user: session.user,
        sessionKey: session.sessionKey,
        authTime: stamp(session.authTime),
        seenAt: stamp(session.seenAt),
        expiresAt: stamp(session.expiresAt),
      };
      await tables.withTable('sessions', (table) => table.createEntity(row));
    },

    async touch(idHash, seenAt) {
      const row = { partitionKey: idHash, rowKey: SESSION, seenAt: stamp(seenAt) };
      await unlessGone(
        tables.withTable('sessions', (table) => table.updateEntity(row, 'Merge', { etag: '*' })),
      );
    },

    async remove(idHash) {
      await unlessGone(
        tables.withTable('sessions', (table) => table.deleteEntity(idHash, SESSION, { etag: '*' })),
      );
    },

    async deleteBefore(before) {
      const filter = odata`RowKey eq ${SESSION} and expiresAt lt ${stamp(before)}`;
      return tables.withTable('sessions', (table) => deleteWhere(table, filter));
    },
  };
}

function sessionOf(row: Row): Session {
  return {
    user: textOf(row, 'user'),
    sessionKey: textOf(row, 'sessionKey'),
    authTime: Number(textOf(row, 'authTime')),
    seenAt: Number(textOf(row, 'seenAt')),
    expiresAt: Number(textOf(row, 'expiresAt')),
  };
}

async function unlessGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
