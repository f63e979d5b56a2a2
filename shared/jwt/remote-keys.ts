import type { KeyObject } from 'node:crypto';
import type { Clock } from '../config/clock.ts';
import { Fault } from '../http/fault.ts';
import type { JsonClient } from '../net/json-client.ts';
import { KEYS_UNAVAILABLE } from './keys-unavailable.ts';
import { fetchKeys, type KeySource } from './fetch-keys.ts';
import { type ForeignAlgorithm, type PublicKey, selectKey } from './public-keys.ts';

/** Older keys are fetched anew behind the answer. */
const FRESH_MS = 10 * 60_000;
/** Keys that are older are not used before their source has been asked. */
const WAITING_MS = 15 * 60_000;
/** Older keys are not used any more: a key that was withdrawn lives no longer than this. */
const OLDEST_MS = 24 * 3_600_000;
/** Between two attempts at one source, whatever the tokens say. */
const PAUSE_MS = 60_000;
/** Between two attempts while there are no keys at all, and so no token can be verified. */
const PAUSE_WITHOUT_KEYS_MS = 10_000;
/** Sources kept in memory; the least recently used one goes first. */
const MOST_SOURCES = 200;

export interface RemoteKeys {
  /**
   * The key that a token of this source has to be signed with; undefined if the source has none. A
   * `kid` that is not known makes the source be asked again, at most once a minute. While the source
   * does not answer, what it said last holds, for 24 hours at most.
   * @throws {Fault} 503 while there are no keys of the source.
   */
  keyFor(
    source: KeySource,
    kid: string | undefined,
    algorithm: ForeignAlgorithm,
  ): Promise<KeyObject | undefined>;
  /** What `from` finds among the keys of this source; where it finds nothing, the same goes. */
  select<T>(
    source: KeySource,
    from: (keys: readonly PublicKey[]) => T | undefined,
  ): Promise<T | undefined>;
}

interface Entry {
  keys: readonly PublicKey[] | undefined;
  /** When the fetch began that brought them. */
  keysAt: number;
  attemptAt: number;
  attempt: Promise<void> | undefined;
}

/** Keys of issuers and clients, fetched when they are needed and kept in memory. */
export function createRemoteKeys(deps: {
  readonly client: JsonClient;
  readonly clock: Clock;
  /** A source that could not be read, at most once in the pauses above. */
  readonly onFault: (source: KeySource, error: unknown) => void;
}): RemoteKeys {
  const { client, clock, onFault } = deps;
  const entries = new Map<string, Entry>();

  const entryOf = (source: KeySource): Entry => {
    const name = nameOf(source);
    const entry = entries.get(name) ?? {
      keys: undefined,
      keysAt: -Infinity,
      attemptAt: -Infinity,
      attempt: undefined,
    };
    entries.delete(name);
    entries.set(name, entry);
    const oldest = entries.size > MOST_SOURCES ? entries.keys().next() : { done: true as const };
    if (oldest.done !== true) entries.delete(oldest.value);
    return entry;
  };

  /** Joins the attempt that is under way, begins one if that is due, or does nothing. */
  const refresh = (source: KeySource, entry: Entry, pauseMs: number): Promise<void> => {
    const now = clock.now();
    if (entry.attempt !== undefined) return entry.attempt;
    // A clock that went back makes the age unknowable: ask again.
    if (now >= entry.attemptAt && now - entry.attemptAt < pauseMs) return Promise.resolve();
    entry.attemptAt = now;
    entry.attempt = fetchKeys(client, source)
      .then(
        ({ keys }) => {
          entry.keys = keys;
          entry.keysAt = now;
        },
        (error: unknown) => onFault(source, error),
      )
      .finally(() => (entry.attempt = undefined));
    return entry.attempt;
  };

  const select: RemoteKeys['select'] = async (source, from) => {
    const entry = entryOf(source);
    if (keysOf(entry, clock.now()) === undefined) {
      await refresh(source, entry, PAUSE_WITHOUT_KEYS_MS);
    }
    // A key may have been withdrawn meanwhile; while the source is down, those that are known go on.
    if (clock.now() - entry.keysAt > WAITING_MS) await refresh(source, entry, PAUSE_MS);
    const keys = keysOf(entry, clock.now());
    if (keys === undefined) {
      throw new Fault(
        503,
        'The keys that this token has to be verified with cannot be fetched at the moment. Try again later.',
        {
          reason: KEYS_UNAVAILABLE,
          headers: { 'Retry-After': String(PAUSE_WITHOUT_KEYS_MS / 1000) },
        },
      );
    }
    const known = from(keys);
    if (known === undefined) {
      await refresh(source, entry, PAUSE_MS);
      return from(entry.keys ?? []);
    }
    if (clock.now() - entry.keysAt > FRESH_MS) void refresh(source, entry, PAUSE_MS);
    return known;
  };

  return {
    select,
    keyFor: (source, kid, algorithm) => select(source, (keys) => selectKey(keys, kid, algorithm)),
  };
}

function keysOf({ keys, keysAt }: Entry, now: number): readonly PublicKey[] | undefined {
  return now - keysAt <= OLDEST_MS ? keys : undefined;
}

function nameOf(source: KeySource): string {
  return JSON.stringify('jwksUri' in source ? [source.jwksUri] : [source.discovery, source.issuer]);
}
