/** Many entries packed into one, with the bounds of their times in milliseconds. */
export interface LogRecord<T> {
  readonly from: number;
  readonly to: number;
  readonly entries: readonly T[];
}

/** Where entries that are never changed are kept by time, many to a record. */
export interface LogStore<T> {
  /** Packs and writes. Writing the same entries again makes them no second time. */
  append(entries: readonly T[]): Promise<void>;
  /**
   * Records that may hold entries with times from `from` to `to` (inclusive), in descending order
   * of the newest entry of each.
   */
  scan(from: number, to: number): AsyncIterable<LogRecord<T>>;
  /** Deletes the records whose newest entry is from before `before`. @returns how many. */
  deleteBefore(before: number): Promise<number>;
}
