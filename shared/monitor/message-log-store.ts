import type { MessageLogEntry } from './message-log.ts';

/** Many entries packed into one, with the bounds of their LogStart in milliseconds. */
export interface MessageLogRecord {
  readonly from: number;
  readonly to: number;
  readonly entries: readonly MessageLogEntry[];
}

/** Where the message processing log is kept. */
export interface MessageLogStore {
  /** Packs and writes. Writing the same entries again makes them no second time. */
  append(entries: readonly MessageLogEntry[]): Promise<void>;
  /**
   * Records that may hold entries with LogStart from `from` to `to` (inclusive), in descending
   * order of the newest entry of each.
   */
  scan(from: number, to: number): AsyncIterable<MessageLogRecord>;
  /** Deletes the records whose newest entry began before `before`. @returns how many. */
  deleteBefore(before: number): Promise<number>;
}
