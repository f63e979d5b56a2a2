/**
 * Records that whoever holds a secret may have for a while: authorization codes, pushed requests.
 * Only the hash of a secret is kept.
 */
export interface SecretRecords<T> {
  /**
   * @param secret random, never used before.
   * @param expiresAt milliseconds since the epoch; the record may be there for a day longer.
   */
  put(secret: string, value: T, expiresAt: number): Promise<void>;
  /** The record, expired or not; undefined if there is none. */
  find(secret: string): Promise<SecretRecord<T> | undefined>;
  /** Gives a record another end; nothing is done where there is none. */
  extend(secret: string, expiresAt: number): Promise<void>;
  /** Removes a record. @returns false if it is not there: of those who take it, one gets true. */
  take(secret: string): Promise<boolean>;
}

export interface SecretRecord<T> {
  readonly value: T;
  readonly expiresAt: number;
}
