import type { Clock } from '../../config/clock.ts';
import type { LogStore } from '../../monitor/log-store.ts';
import type { WriteBehind } from '../../monitor/write-behind.ts';
import type { AuditEntry } from './audit-entry.ts';

/** A place in the trail: behind this entry, as the trail is read (newest first). */
export interface AuditPosition {
  readonly time: number;
  readonly id: string;
}

export interface AuditQuery {
  /** Milliseconds since the epoch, inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Exact, as the rest. */
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  /** The object's name. */
  readonly object?: string | undefined;
  /** What else an entry has to be. */
  readonly keep?: ((entry: AuditEntry) => boolean) | undefined;
  readonly limit: number;
  readonly after?: AuditPosition | undefined;
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** Where the next page begins; a page may be short, even empty, and not be the last. */
  readonly next: AuditPosition | undefined;
}

export interface AuditReader {
  query(query: AuditQuery): Promise<AuditPage>;
}

/** Entries read for one page, about. */
const MOST_READ = 50_000;
/** Sorts behind every id. */
const AFTER_EVERY_ID = '~';

/**
 * Reads the audit trail, what this instance still holds in memory included.
 * @param retentionMs how far back entries are kept.
 */
export function createAuditReader(
  store: Pick<LogStore<AuditEntry>, 'scan'>,
  behind: Pick<WriteBehind<AuditEntry>, 'flush'>,
  clock: Clock,
  retentionMs: number,
  mostRead = MOST_READ,
): AuditReader {
  return {
    async query(query) {
      await behind.flush();
      const now = clock.now();
      const from = Math.max(query.from, now - retentionMs);
      // A minute more, since another instance's clock may be ahead.
      const to = Math.min(query.to - 1, query.after?.time ?? Infinity, now + 60_000);
      const found: AuditEntry[] = [];
      let pending: AuditEntry[] = [];
      let read = 0;
      /** Nothing newer than `above` can come any more. */
      const settle = (above: number): void => {
        const ready = pending.filter((entry) => entry.time > above).sort(byPosition);
        pending = pending.filter((entry) => entry.time <= above);
        // An entry whose outcome had to be written behind is there twice, the outcome first.
        for (const entry of ready) if (entry.id !== found.at(-1)?.id) found.push(entry);
      };
      if (from > to) return { entries: [], next: undefined };
      for await (const record of store.scan(from, to)) {
        settle(record.to);
        if (found.length > query.limit) break;
        if (read >= mostRead && record.to < to) {
          return { entries: found, next: { time: record.to, id: AFTER_EVERY_ID } };
        }
        read += record.entries.length;
        for (const entry of record.entries) {
          if (entry.time >= from && entry.time <= to && matches(entry, query)) pending.push(entry);
        }
      }
      if (found.length <= query.limit) settle(-Infinity);
      const entries = found.slice(0, query.limit);
      const last = entries.at(-1);
      const more = found.length > query.limit && last !== undefined;
      return { entries, next: more ? { time: last.time, id: last.id } : undefined };
    },
  };
}

function matches(entry: AuditEntry, query: AuditQuery): boolean {
  const { after } = query;
  return (
    (query.actor === undefined || entry.actor === query.actor) &&
    (query.action === undefined || entry.action === query.action) &&
    (query.object === undefined || entry.object.name === query.object) &&
    (query.keep?.(entry) ?? true) &&
    (after === undefined ||
      entry.time < after.time ||
      (entry.time === after.time && entry.id < after.id))
  );
}

function byPosition(a: AuditEntry, b: AuditEntry): number {
  if (a.time !== b.time) return b.time - a.time;
  if (a.id !== b.id) return a.id < b.id ? 1 : -1;
  return Number(a.outcome === 'unknown') - Number(b.outcome === 'unknown');
}
