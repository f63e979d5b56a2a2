import { odata } from '@azure/data-tables';
import { hash } from 'node:crypto';
import type { Clock } from '../config/clock.ts';
import type { ProcessedMessages, ProcessingStep } from '../iflow/services/processed-messages.ts';
import { toHttpEtag, toStorageEtag } from './etags.ts';
import { joinKey } from './keys.ts';
import { deleteUnchangedWhere, readRow, stamp, textOf } from './rows.ts';
import { type Tables, unlessStale, unlessThere } from './tables.ts';

export interface ProcessedMessageTable extends ProcessedMessages {
  /** Removes what has counted for nothing since `before`. @returns how many. */
  deleteExpired(before: number): Promise<number>;
}

/** Somebody else's mark came and went that often: the step asks again. */
const MOST_TRIES = 5;

/**
 * Table `processed`: a partition for each step (`<iFlow>|<step>`), a row for each message id, named by its
 * SHA-256. A mark is the ETag of the row that its instance has written.
 */
export function openProcessedMessages(deps: {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly randomUUID: () => string;
}): ProcessedMessageTable {
  const { tables, clock } = deps;
  return {
    async begin(step, messageId, until) {
      const keys = keysOf(step, messageId);
      const owner = deps.randomUUID();
      const row = { ...keys, state: 'begun', until: stamp(until), owner };
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const made = await unlessThere(() =>
          tables.withTable('processed', (table) => table.createEntity(row)),
        );
        if (made !== undefined) return { mark: toHttpEtag(made.etag) };
        const found = await tables.withTable('processed', (table) =>
          readRow(table, keys.partitionKey, keys.rowKey),
        );
        if (found === undefined) continue;
        // Written after all by a call whose answer was lost, and tried again by the library.
        if (found['owner'] === owner) return { mark: toHttpEtag(found.etag) };
        if (Number(textOf(found, 'until')) > clock.now()) {
          return textOf(found, 'state') === 'done' ? 'processed' : 'in progress';
        }
        const { etag } = found;
        const taken = await unlessStale(() =>
          tables.withTable('processed', (table) => table.updateEntity(row, 'Replace', { etag })),
        );
        if (taken !== undefined) return { mark: toHttpEtag(taken.etag) };
      }
      return 'in progress';
    },

    async complete(step, messageId, mark, until) {
      const etag = toStorageEtag(mark);
      if (etag === undefined) throw new Error('A mark is what begin() has returned.');
      const row = { ...keysOf(step, messageId), state: 'done', until: stamp(until) };
      // Another instance has taken over if it took too long: then that one's outcome counts.
      await unlessStale(() =>
        tables.withTable('processed', (table) => table.updateEntity(row, 'Merge', { etag })),
      );
    },

    async abandon(step, messageId, mark) {
      const etag = toStorageEtag(mark);
      if (etag === undefined) throw new Error('A mark is what begin() has returned.');
      const { partitionKey, rowKey } = keysOf(step, messageId);
      await unlessStale(() =>
        tables.withTable('processed', (table) =>
          table.deleteEntity(partitionKey, rowKey, { etag }),
        ),
      );
    },

    deleteExpired: (before) =>
      tables.withTable('processed', (table) =>
        deleteUnchangedWhere(table, odata`until lt ${stamp(before)}`),
      ),
  };
}

function keysOf({ flowId, nodeId }: ProcessingStep, messageId: string) {
  // In UTF-16, since UTF-8 has one form for all lone surrogates.
  const rowKey = hash('sha256', Buffer.from(messageId, 'utf16le'), 'hex');
  return { partitionKey: joinKey(flowId, nodeId), rowKey };
}
