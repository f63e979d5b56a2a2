import type { Clock } from '../config/clock.ts';

/**
 * A refusal rests on nothing older than this, so that what an administrator has just granted on
 * another instance works at once. Not zero: callers that are refused again and again make an
 * instance read storage ten times a second at most.
 */
export const REFUSE_ON_MS = 100;

export interface StaleCacheOptions {
  readonly clock: Clock;
  /** Most entries kept; the least recently used one goes first. */
  readonly maxEntries: number;
  /** Up to this age an entry is served as it is. */
  readonly freshMs?: number;
  /**
   * Up to this age an entry is served while it is read again behind the answer. An older one is
   * read before it is served, so no answer is ever based on state older than this.
   */
  readonly staleMs?: number;
}

interface Entry<V> {
  value: V;
  loadedAt: number;
  reload: Promise<V> | undefined;
}

/**
 * Reads through to storage and bounds how old an answer can be, so that a change made by one
 * instance is seen by every other within `staleMs` (25 s unless told), while warm requests wait for
 * no storage. Concurrent readers of one key share one read. A failed read is not kept; within
 * `staleMs` the older value is served on.
 */
export class StaleCache<V> {
  readonly #load: (key: string) => Promise<V>;
  readonly #clock: Clock;
  readonly #maxEntries: number;
  readonly #freshMs: number;
  readonly #staleMs: number;
  readonly #entries = new Map<string, Entry<V>>();
  #lastUsed = '';
  readonly #loading = new Map<
    string,
    { readonly reading: Promise<V>; readonly startedAt: number }
  >();

  constructor(load: (key: string) => Promise<V>, options: StaleCacheOptions) {
    this.#load = load;
    this.#clock = options.clock;
    this.#maxEntries = options.maxEntries;
    this.#freshMs = options.freshMs ?? 10_000;
    this.#staleMs = options.staleMs ?? 25_000;
  }

  /** The value for `key`, at most `maxAgeMs` (by default `staleMs`) old. */
  async get(key: string, maxAgeMs = this.#staleMs): Promise<V> {
    const oldest = Math.min(maxAgeMs, this.#staleMs);
    const entry = this.#entries.get(key);
    if (entry === undefined) return this.#read(key, oldest);
    const age = this.#clock.now() - entry.loadedAt;
    // A clock that went back makes the age unknowable: read again.
    if (age < 0 || age > oldest) return this.#read(key, oldest);
    this.#use(key, entry);
    if (age > this.#freshMs && entry.reload === undefined) {
      entry.reload = this.#read(key, this.#staleMs);
      entry.reload.catch(() => {
        // Served on until staleMs; the reader that then waits for storage gets the error.
        entry.reload = undefined;
      });
    }
    return entry.value;
  }

  /** Forgets `key`, also a read of it that is under way. Called by whoever has written it. */
  forget(key: string): void {
    this.#entries.delete(key);
    this.#loading.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#loading.clear();
  }

  get size(): number {
    return this.#entries.size;
  }

  #read(key: string, maxAgeMs: number): Promise<V> {
    const underWay = this.#loading.get(key);
    if (underWay !== undefined) {
      const age = this.#clock.now() - underWay.startedAt;
      // One that storage has kept waiting may tell of what was long ago.
      if (age >= 0 && age <= maxAgeMs) return underWay.reading;
    }
    // The age counts from before the read: what storage held when it began is what we know.
    const startedAt = this.#clock.now();
    const reading = this.#load(key).then(
      (value) => {
        if (this.#loading.get(key)?.reading === reading) {
          this.#loading.delete(key);
          this.#keep(key, { value, loadedAt: startedAt, reload: undefined });
        }
        return value;
      },
      (error: unknown) => {
        if (this.#loading.get(key)?.reading === reading) this.#loading.delete(key);
        throw error;
      },
    );
    this.#loading.set(key, { reading, startedAt });
    return reading;
  }

  /** Makes it the one that was used last. */
  #use(key: string, entry: Entry<V>): void {
    if (key !== this.#lastUsed) this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#lastUsed = key;
  }

  #keep(key: string, entry: Entry<V>): void {
    this.#use(key, entry);
    if (this.#entries.size > this.#maxEntries) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
  }
}
