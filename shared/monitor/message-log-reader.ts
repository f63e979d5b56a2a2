import type { Clock } from '../config/clock.ts';
import { Fault } from '../http/fault.ts';
import type { LogStore } from './log-store.ts';
import { startOfMessageGuid } from './message-guid.ts';
import type {
  MessageLogEntry,
  MessageLogQuery,
  MessageLogReader,
  MessageLogWriter,
} from './message-log.ts';

/** A flow runs at most this long, so LogEnd is at most this far from LogStart. */
const LONGEST_MESSAGE_MS = 230_000;
/** Held beyond what is wanted, before it is cut back to that. */
const SPARE_ENTRIES = 1000;
/** Entries read for one query, at most. */
const MOST_ENTRIES_READ = 200_000;

/**
 * Reads the message processing log, what this instance still holds in memory included.
 * @param retentionMs how far back entries are kept.
 */
export function createMessageLogReader(
  store: Pick<LogStore<MessageLogEntry>, 'scan'>,
  writer: Pick<MessageLogWriter, 'flush'>,
  clock: Clock,
  retentionMs: number,
): MessageLogReader {
  return {
    async find(messageGuid) {
      const start = startOfMessageGuid(messageGuid);
      if (start === undefined) return undefined;
      await writer.flush();
      for await (const record of store.scan(start, start + 999)) {
        const entry = record.entries.find((e) => e.messageGuid === messageGuid);
        if (entry !== undefined) return entry;
      }
      return undefined;
    },

    async query(query) {
      await writer.flush();
      const now = clock.now();
      const from = Math.max(
        query.startFrom ?? 0,
        (query.endFrom ?? 0) - LONGEST_MESSAGE_MS,
        now - retentionMs,
      );
      const to = Math.min(query.startTo ?? Infinity, query.endTo ?? Infinity, now + 60_000);
      const timeOf = (entry: MessageLogEntry): number =>
        query.orderBy === 'LogStart' ? entry.logStart : entry.logEnd;
      const wanted = query.skip + query.top;
      const slack = query.orderBy === 'LogStart' ? 0 : LONGEST_MESSAGE_MS;
      const sign = query.descending ? -1 : 1;
      const inOrder = (a: MessageLogEntry, b: MessageLogEntry): number =>
        sign * (timeOf(a) - timeOf(b)) || sign * (a.messageGuid < b.messageGuid ? -1 : 1);
      let found: MessageLogEntry[] = [];
      let matched = 0;
      let read = 0;
      for await (const record of store.scan(from, to)) {
        // Newest first: what follows cannot come before what has been found.
        if (query.descending && !query.count && found.length >= wanted) {
          const settled = found.filter((e) => timeOf(e) > record.to + slack).length;
          if (settled >= wanted) break;
        }
        read += record.entries.length;
        if (read > MOST_ENTRIES_READ) throw tooMany();
        for (const entry of record.entries) {
          if (!matches(entry, query)) continue;
          matched += 1;
          found.push(entry);
        }
        // What only counts is not held in memory.
        if (found.length > 2 * wanted + SPARE_ENTRIES) found = found.sort(inOrder).slice(0, wanted);
      }
      found.sort(inOrder);
      return {
        entries: found.slice(query.skip, wanted),
        count: query.count ? matched : undefined,
      };
    },
  };
}

function matches(entry: MessageLogEntry, query: MessageLogQuery): boolean {
  const same = (wanted: string | undefined, value: string): boolean =>
    wanted === undefined || wanted === value;
  return (
    entry.logStart >= (query.startFrom ?? 0) &&
    entry.logStart <= (query.startTo ?? Infinity) &&
    entry.logEnd >= (query.endFrom ?? 0) &&
    entry.logEnd <= (query.endTo ?? Infinity) &&
    (query.status === undefined || query.status.includes(entry.status)) &&
    same(query.flowId, entry.flowId) &&
    same(query.flowName, entry.flowName) &&
    same(query.correlationId, entry.correlationId) &&
    same(query.applicationMessageId, entry.applicationMessageId) &&
    same(query.applicationMessageType, entry.applicationMessageType) &&
    same(query.sender, entry.sender) &&
    same(query.customStatus, entry.customStatus)
  );
}

function tooMany(): Fault {
  return new Fault(
    400,
    `More than ${MOST_ENTRIES_READ} messages lie in that period. Narrow it with LogStart or LogEnd in $filter.`,
    { reason: 'too_many_messages' },
  );
}
