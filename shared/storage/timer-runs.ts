import { odata } from '@azure/data-tables';
import type { DeploymentStore } from '../iflow/deployment/deployment-store.ts';
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
export function openTimerRuns(tables: Tables, randomUUID: () => string): TimerRunTable {
  const read = (revision: string, startId: string): Promise<Row | undefined> =>
    tables.withTable('timers', (table) => readRow(table, encodeKey(revision), encodeKey(startId)));

  /** A write whose answer was lost is tried again by the library, and then finds itself there. */
  const etagOf = async (
    answer: { readonly etag?: string } | undefined,
    { revision, startId }: TimerRun,
    write: string,
  ): Promise<string | undefined> => {
    if (answer !== undefined) return toHttpEtag(answer.etag);
    const row = await read(revision, startId);
    return row?.['write'] === write ? toHttpEtag(row.etag) : undefined;
  };

  return {
    async find(revision, startId) {
      const row = await read(revision, startId);
      return row === undefined ? undefined : { value: runOf(row), etag: toHttpEtag(row.etag) };
    },

    async create(run) {
      const write = randomUUID();
      const created = await unlessThere(() =>
        tables.withTable('timers', (table) => table.createEntity(rowOf(run, write))),
      );
      return etagOf(created, run, write);
    },

    async replace(run, etag) {
      const storageEtag = toStorageEtag(etag);
      if (storageEtag === undefined) return undefined;
      const write = randomUUID();
      const replaced = await unlessStale(() =>
        tables.withTable('timers', (table) =>
          table.updateEntity(rowOf(run, write), 'Replace', { etag: storageEtag }),
        ),
      );
      return etagOf(replaced, run, write);
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

/**
 * Removes the records of revisions that are deployed no more. A revision is deployed before it has a
 * record and never again once it is gone: so the records are listed first.
 * @returns how many.
 */
export async function removeUndeployedTimers(
  runs: TimerRunTable,
  deployed: Pick<DeploymentStore, 'readState'>,
): Promise<number> {
  const recorded = await runs.revisions();
  const { deployments } = await deployed.readState();
  const live = new Set(deployments.map(({ deployment }) => deployment.revision));
  let removed = 0;
  for (const revision of recorded) {
    if (!live.has(revision)) removed += await runs.removeRevision(revision);
  }
  return removed;
}

function rowOf({ revision, startId, messageGuid, ...times }: TimerRun, write: string) {
  return {
    partitionKey: encodeKey(revision),
    rowKey: encodeKey(startId),
    revision,
    startId,
    messageGuid,
    write,
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
