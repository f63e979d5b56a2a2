import { odata, type TransactionAction } from '@azure/data-tables';
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { LogStore } from '../monitor/log-store.ts';
import { deleteWhere } from './rows.ts';
import { isTableMissing, type TableName, type Tables } from './tables.ts';

const HOUR_MS = 3_600_000;
/** Of one record: a binary property holds 64 KiB. */
const LARGEST_PACKED = 64_000;
const MOST_ENTRIES = 500;
const LARGEST_UNPACKED = 64 * 1024 * 1024;

/** Read together: of up to 64 KiB each, and a reader that wants the newest is done after a few. */
const RECORDS_AT_ONCE = 8;

interface Row {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly packed: Uint8Array;
}

/** What the table has to know of an entry. */
export interface EntryKeys<T> {
  /** Milliseconds since the epoch. */
  readonly timeOf: (entry: T) => number;
  readonly idOf: (entry: T) => string;
}

/**
 * A table of packed entries. The hour of an entry's time makes the partition, the newest time of a
 * record begins its row key, both counted down from a fixed point, so that a query in key order is
 * newest first.
 */
export function openPackedLog<T>(tables: Tables, name: TableName, keys: EntryKeys<T>): LogStore<T> {
  return {
    async append(entries) {
      for (const [hour, group] of byHour(entries, keys)) {
        const rows = pack(group, keys);
        for (let i = 0; i < rows.length; i += 50) {
          const actions = rows
            .slice(i, i + 50)
            .map((row): TransactionAction => [
              'upsert',
              { partitionKey: countdown(hour), ...row },
              'Replace',
            ]);
          await tables.withTable(name, (table) => table.submitTransaction(actions));
        }
      }
    },

    async *scan(from, to) {
      const filter = odata`PartitionKey ge ${countdown(Math.floor(to / HOUR_MS))} and PartitionKey le ${countdown(Math.floor(from / HOUR_MS))} and from le ${stamp(to)} and to ge ${stamp(from)}`;
      const pages = tables
        .table(name)
        .listEntities<Row>({ queryOptions: { filter } })
        .byPage({ maxPageSize: RECORDS_AT_ONCE });
      for await (const row of untilMissing(rowsOf(pages))) {
        // Several records come at a time: others get their turn in between.
        await setImmediate();
        yield { from: Number(row.from), to: Number(row.to), entries: unpack<T>(row.packed) };
      }
    },

    async deleteBefore(before) {
      const filter = odata`PartitionKey ge ${countdown(Math.floor(before / HOUR_MS))} and to lt ${stamp(before)}`;
      return tables.withTable(name, (table) => deleteWhere(table, filter));
    },
  };
}

async function* rowsOf<T>(pages: AsyncIterable<readonly T[]>): AsyncIterable<T> {
  for await (const page of pages) yield* page;
}

/** A table that nobody has written to yet has no entries. */
async function* untilMissing<T>(rows: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* rows;
  } catch (error) {
    if (!isTableMissing(error)) throw error;
  }
}

function byHour<T>(entries: readonly T[], { timeOf }: EntryKeys<T>): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const entry of entries) {
    const hour = Math.floor(timeOf(entry) / HOUR_MS);
    const group = groups.get(hour);
    if (group === undefined) groups.set(hour, [entry]);
    else group.push(entry);
  }
  return groups;
}

function pack<T>(entries: readonly T[], keys: EntryKeys<T>): (Row & { rowKey: string })[] {
  const packed =
    entries.length > MOST_ENTRIES
      ? undefined
      : deflateRawSync(JSON.stringify(entries), { level: 1 });
  if (packed === undefined || (packed.length > LARGEST_PACKED && entries.length > 1)) {
    const half = Math.ceil(entries.length / 2);
    return [...pack(entries.slice(0, half), keys), ...pack(entries.slice(half), keys)];
  }
  const times = entries.map(keys.timeOf);
  const to = Math.max(...times);
  // Named by its content, so that a write that is tried again replaces itself.
  const name = createHash('sha256').update(entries.map(keys.idOf).join()).digest('hex');
  return [
    {
      rowKey: `${countdown(to)}-${name.slice(0, 32)}`,
      from: stamp(Math.min(...times)),
      to: stamp(to),
      count: entries.length,
      packed,
    },
  ];
}

function unpack<T>(packed: Uint8Array): T[] {
  const text = inflateRawSync(packed, { maxOutputLength: LARGEST_UNPACKED }).toString('utf8');
  return JSON.parse(text) as T[];
}

/** Numbers as fixed-width text that sorts in reverse. */
function countdown(value: number): string {
  return String(9_999_999_999_999 - value).padStart(13, '0');
}

/** Milliseconds as text that sorts as they do. */
function stamp(ms: number): string {
  return String(Math.max(0, Math.min(Math.floor(ms), 9_999_999_999_999))).padStart(13, '0');
}
