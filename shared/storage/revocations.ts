import { odata } from '@azure/data-tables';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Clock } from '../config/clock.ts';
import {
  LONGEST_REVOCATION_MS,
  type Revocation,
  type RevocationMark,
  type RevocationStore,
} from '../oauth/revocations.ts';
import { packBytes, unpackBytes } from './packed-json.ts';
import { deleteWhere, hourOf, type Row } from './rows.ts';
import { isTableMissing, type Tables } from './tables.ts';

const HOUR_MS = 3_600_000;
/** Revocations of one row: some 15 KB. */
const MOST_IN_ROW = 500;
const LARGEST_UNPACKED = 4 * 1024 * 1024;
/**
 * What the times that storage gives to rows written next to each other may differ by, at most: they
 * may be given by different machines of it, and a write is seen a moment after its time.
 */
const OVERLAP_MS = 120_000;

export interface RevocationTable extends RevocationStore {
  /** Removes what can concern no token any more at `now`. @returns how many rows. */
  deleteExpired(now: number): Promise<number>;
}

/**
 * Table `revocations`. Each instance writes rows of its own, so that no two ever write the same one:
 * what it is asked to revoke while a write is under way goes into its row with the next, and when the
 * row is full, or the hour over, it begins another. Partitions are the hours of writing.
 * @param instance names the rows of this instance; unlike any other's, also of one before a restart.
 */
export function openRevocations(tables: Tables, instance: string, clock: Clock): RevocationTable {
  const rows = new OwnRows(instance);
  let waiting: Revocation[] = [];
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    next = undefined;
    const taken = waiting;
    waiting = [];
    // What storage did not take stays in its row, and goes out with the next that is written there.
    for (const row of rows.put(taken, clock.now())) {
      await tables.withTable('revocations', (table) => table.upsertEntity(row, 'Replace'));
    }
  };

  return {
    append(revocation) {
      waiting.push(revocation);
      if (next === undefined) {
        next = running.then(write);
        running = next.catch(() => undefined);
      }
      return next;
    },

    async read(mark) {
      const startedAt = clock.now();
      const filter = filterOf(mark as Mark | undefined, startedAt);
      const revocations: Revocation[] = [];
      let newest = (mark as Mark | undefined)?.newest ?? 0;
      try {
        const listed = tables.table('revocations').listEntities<Row>({ queryOptions: { filter } });
        for await (const row of listed) {
          revocations.push(...unpack(row));
          newest = Math.max(newest, Date.parse(row.timestamp ?? ''));
        }
      } catch (error) {
        // Nobody has revoked anything yet.
        if (!isTableMissing(error)) throw error;
      }
      return { revocations, mark: { newest, startedAt } satisfies Mark };
    },

    async deleteExpired(now) {
      const filter = odata`PartitionKey lt ${hourOf(now - LONGEST_REVOCATION_MS - HOUR_MS)}`;
      return tables.withTable('revocations', (table) => deleteWhere(table, filter));
    },
  };
}

interface Mark extends RevocationMark {
  /** The newest time that storage has given to a row: of its clock, not ours. */
  readonly newest: number;
  /** When the reading began, by our clock. */
  readonly startedAt: number;
}

/**
 * Only storage's clock tells which rows are new: those of instances may be minutes apart. They tell
 * which hours to look at, an hour more at both ends.
 */
function filterOf(mark: Mark | undefined, now: number): string {
  const oldest = now - LONGEST_REVOCATION_MS;
  const since = Math.max(Math.min(mark?.startedAt ?? oldest, now), oldest) - HOUR_MS;
  const hours = odata`PartitionKey ge ${hourOf(since)}`;
  if (mark === undefined || mark.newest === 0) return hours;
  return `${hours} and ${odata`Timestamp ge ${new Date(mark.newest - OVERLAP_MS)}`}`;
}

/** The rows that this instance writes; the last of them is added to. */
class OwnRows {
  readonly #instance: string;
  #begun = 0;
  #hour = '';
  #entries = new Map<string, Revocation>();

  constructor(instance: string) {
    this.#instance = instance;
  }

  /** Adds to the rows, and gives those that have to be written. */
  *put(revocations: readonly Revocation[], now: number): Iterable<Record<string, unknown> & Keys> {
    let written = 0;
    while (written < revocations.length) {
      if (this.#hour !== hourOf(now) || this.#entries.size >= MOST_IN_ROW) {
        this.#hour = hourOf(now);
        this.#entries = new Map();
        this.#begun += 1;
      }
      const some = revocations.slice(written, written + MOST_IN_ROW - this.#entries.size);
      written += some.length;
      for (const revocation of some) {
        this.#entries.set(`${revocation.kind} ${revocation.id}`, revocation);
      }
      yield {
        partitionKey: this.#hour,
        rowKey: `${this.#instance}|${this.#begun}`,
        ...pack([...this.#entries.values()]),
      };
    }
  }
}

interface Keys {
  readonly partitionKey: string;
  readonly rowKey: string;
}

type Told = readonly (readonly [Revocation['kind'], string, string, number])[];

function pack(revocations: readonly Revocation[]): Record<string, Uint8Array> {
  const told: Told = revocations.map(({ kind, id, clientId, until }) => [
    kind,
    id,
    clientId,
    until,
  ]);
  return packBytes(deflateRawSync(JSON.stringify(told), { level: 1 }));
}

function unpack(row: Row): Revocation[] {
  const json = inflateRawSync(unpackBytes(row), { maxOutputLength: LARGEST_UNPACKED });
  const told = JSON.parse(json.toString('utf8')) as Told;
  return told.map(([kind, id, clientId, until]) => ({ kind, id, clientId, until }));
}
