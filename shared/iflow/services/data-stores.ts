import type { Body, Value } from '../exchange.ts';

/** A data store; of one iFlow, or with flowId '' of all of them. */
export interface StoreName {
  readonly flowId: string;
  readonly name: string;
}

/**
 * The store that variables are in. Published flows delete variables by it; what else is done with
 * variables goes through `services/variables.ts`.
 */
export const VARIABLES = 'sap_global_store';

/** What an entry keeps of a message. */
export interface EntryContent {
  readonly body: Body;
  readonly headers: readonly (readonly [name: string, value: Value])[];
}

export interface EntryInfo {
  readonly id: string;
  /** Of the message that has written it. */
  readonly messageId: string;
  /** Milliseconds since the epoch, as the other times. */
  readonly createdAt: number;
  /** From then on it counts as overdue. */
  readonly dueAt: number;
  /** From then on it is not there any more. */
  readonly expiresAt: number;
}

/** An entry as it was read. */
export interface ReadEntry extends EntryInfo {
  readonly content: EntryContent;
  /** Tells this entry from a later one with the same id. */
  readonly version: string;
}

/** What one Select takes, at most. */
export interface SelectLimits {
  readonly entries: number;
  /** Of all bodies and headers together; the first entry is taken whatever its size. */
  readonly bytes: number;
}

/** Bytes of one entry, body and headers together. */
export const LARGEST_ENTRY = 40 * 1024 * 1024;

/**
 * The tenant's data stores. An entry is there or not, whole: readers see no write that was cut short,
 * and of two that write the same id at once one comes after the other. Entries that have expired are
 * not there.
 */
export interface DataStores {
  /**
   * Writes an entry.
   * @returns false when there is one of that id and `override` is not set.
   */
  put(
    store: StoreName,
    entry: EntryInfo & { readonly content: EntryContent },
    override: boolean,
  ): Promise<boolean>;
  get(store: StoreName, id: string): Promise<ReadEntry | undefined>;
  /** Entries in no order that means anything. */
  select(store: StoreName, most: SelectLimits): Promise<readonly ReadEntry[]>;
  /** @returns whether it was there. */
  remove(store: StoreName, id: string): Promise<boolean>;
  /** Removes entries that are still those that were read. */
  removeRead(
    store: StoreName,
    entries: readonly Pick<ReadEntry, 'id' | 'version'>[],
  ): Promise<void>;
}

/** An entry and the store that it is in. */
export interface StoredEntry extends EntryInfo {
  readonly store: StoreName;
  readonly overdue: boolean;
}

/** How full a store is. */
export interface StoreUsage {
  readonly store: StoreName;
  readonly entries: number;
  readonly overdue: number;
}

/** Data stores as whoever operates them sees them: without contents. */
export interface DataStoreOverview {
  /** @param most entries of a store that are counted; those of a fuller one beyond it are passed over. */
  usage(most: number): Promise<readonly StoreUsage[]>;
  /** @returns undefined for a store without entries. */
  usageOf(store: StoreName, most: number): Promise<StoreUsage | undefined>;
  find(store: StoreName, id: string): Promise<StoredEntry | undefined>;
  /**
   * A page of entries.
   * @param after where the page before has ended; opaque.
   */
  list(
    of: EntriesOf,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly entries: readonly StoredEntry[]; readonly next: string | undefined }>;
}

/** Which entries a list has: of one store, of one message, or of stores of that name. */
export type EntriesOf =
  | { readonly store: StoreName }
  | { readonly messageId: string }
  | { readonly name: string }
  | { readonly all: true };
