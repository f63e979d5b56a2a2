import { odata } from '@azure/data-tables';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { FailedSignIn, FailedSignIns, FailureBoard } from '../oauth/failed-sign-ins.ts';
import { packBytes, unpackBytes } from './packed-json.ts';
import { type Row, readRows, stamp } from './rows.ts';
import type { Tables } from './tables.ts';

const PARTITION = 'failures';
/** Instances whose counts are read. */
const MOST_INSTANCES = 200;
const LARGEST_UNPACKED = 4 * 1024 * 1024;
const EXCHANGE_MS = 1000;

/** The board of one instance, and what keeps it small. */
export interface FailureBoardStore extends FailureBoard {
  /** Removes what was told before `before`, by instances that have ended. @returns how many rows. */
  deleteBefore(before: number): Promise<number>;
}

/**
 * The table `throttle`: one row for each instance that has seen a sign-in fail, rewritten by it. So
 * callers, however many, make no rows.
 */
export function openFailureBoard(tables: Tables, instanceId: string): FailureBoardStore {
  return {
    async exchange(own, now, since) {
      const abortSignal = AbortSignal.timeout(EXCHANGE_MS);
      const row = { partitionKey: PARTITION, rowKey: instanceId, at: stamp(now), ...pack(own) };
      await tables.withTable('throttle', (table) =>
        table.upsertEntity(row, 'Replace', { abortSignal }),
      );
      const filter = odata`PartitionKey eq ${PARTITION} and RowKey ne ${instanceId} and at ge ${stamp(since)}`;
      const { rows } = await readRows(
        tables.table('throttle'),
        filter,
        MOST_INSTANCES,
        abortSignal,
      );
      return rows.map(unpack);
    },

    async deleteBefore(before) {
      const filter = odata`PartitionKey eq ${PARTITION} and at lt ${stamp(before)}`;
      return tables.withTable('throttle', async (table) => {
        let deleted = 0;
        for await (const row of table.listEntities<Row>({ queryOptions: { filter } })) {
          await table.deleteEntity(PARTITION, row.rowKey ?? '');
          deleted += 1;
        }
        return deleted;
      });
    },
  };
}

/** `[network, [at, client, at, client, …]]`; 1000 networks are below half of what a row holds. */
type Told = readonly (readonly [string, readonly (number | string)[]])[];

function pack(failures: FailedSignIns): Record<string, Uint8Array> {
  const told: Told = Array.from(failures, ([network, list]) => [
    network,
    list.flatMap(({ at, client }) => [at, client]),
  ]);
  return packBytes(deflateRawSync(JSON.stringify(told), { level: 1 }));
}

function unpack(row: Row): FailedSignIns {
  const json = inflateRawSync(unpackBytes(row), { maxOutputLength: LARGEST_UNPACKED });
  const told = JSON.parse(json.toString('utf8')) as Told;
  return new Map(told.map(([network, flat]) => [network, pairs(flat)]));
}

function pairs(flat: readonly (number | string)[]): FailedSignIn[] {
  const failures: FailedSignIn[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    failures.push({ at: Number(flat[i]), client: String(flat[i + 1]) });
  }
  return failures;
}
