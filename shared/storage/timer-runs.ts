import { odata } from '@azure/data-tables';
import type { TimerRun, TimerRunStore } from '../iflow/timers/timer-runs.ts';
import { toHttpEtag, toStorageEtag } from './etags.ts';
import { encodeKey } from './keys.ts';
import { deleteWhere, readRow, type Row, stamp, textOf } from './rows.ts';
import { type Tables, unlessStale, unlessThere } from './tables.ts';

export interface TimerRunTable extends TimerRunStore {
  /** Revisions that there are records of. */
  revisions(): Promise<ReadonlySet<string>>;
  /** Removes the records of a revision. @returns how many. */
  removeRevision(revision: string): Promise<number>;
}

/** Table `timers`: a partition for each revision of a flow that timers start, a row for each timer. */
export function openTimerRuns(tables: Tables): TimerRunTable {
  const find = async (revision: string, startId: string) => {
    const row = await tables.withTable('timers', (table) =>
      readRow(table, encodeKey(revision), encodeKey(startId)),
    );
    return row === undefined ? undefined : { value: runOf(row), etag: toHttpEtag(row.etag) };
  };
  return {
    find,

    async create(run) {
      const created = await unlessThere(() =>
        tables.withTable('timers', (table) => table.createEntity(rowOf(run))),
      );
      if (created !== undefined) return toHttpEtag(created.etag);
      // Written after all by a call whose answer was lost, and tried again by the library.
      return ours(await find(run.revision, run.startId), run);
    },

    async replace(run, etag) {
      const storageEtag = toStorageEtag(etag);
      if (storageEtag === undefined) return undefined;
      const replaced = await unlessStale(() =>
        tables.withTable('timers', (table) =>
          table.updateEntity(rowOf(run), 'Replace', { etag: storageEtag }),
        ),
      );
      if (replaced !== undefined) return toHttpEtag(replaced.etag);
      return ours(await find(run.revision, run.startId), run);
    },

    async revisions() {
      return tables.withTable('timers', async (table) => {
        const found = new Set<string>();
        const select = ['partitionKey', 'revision'];
        for await (const row of table.listEntities<Row>({ queryOptions: { select } })) {
          found.add(textOf(row, 'revision'));
        }
        return found;
      });
    },

    removeRevision: (revision) =>
      tables.withTable('timers', (table) =>
        deleteWhere(table, odata`PartitionKey eq ${encodeKey(revision)}`),
      ),
  };
}

/** The ETag, if what is there is what was to be written: no two instances make the same message id. */
function ours(
  found: { readonly value: TimerRun; readonly etag: string } | undefined,
  run: TimerRun,
): string | undefined {
  const same =
    found?.value.messageGuid === run.messageGuid &&
    found.value.through === run.through &&
    found.value.runningUntil === run.runningUntil;
  return same ? found.etag : undefined;
}

function rowOf({ revision, startId, messageGuid, ...times }: TimerRun) {
  return {
    partitionKey: encodeKey(revision),
    rowKey: encodeKey(startId),
    revision,
    startId,
    messageGuid,
    through: stamp(times.through),
    runningUntil: stamp(times.runningUntil),
    startedAt: stamp(times.startedAt),
  };
}

function runOf(row: Row): TimerRun {
  return {
    revision: textOf(row, 'revision'),
    startId: textOf(row, 'startId'),
    messageGuid: textOf(row, 'messageGuid'),
    through: Number(textOf(row, 'through')),
    runningUntil: Number(textOf(row, 'runningUntil')),
    startedAt: Number(textOf(row, 'startedAt')),
  };
}
