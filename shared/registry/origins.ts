import { REFUSE_ON_MS, StaleCache } from '../cache/stale-cache.ts';
import type { Clock } from '../config/clock.ts';
import type { AllowedOrigins } from '../http/cors.ts';
import type { Client, ClientDirectory } from './client.ts';
import type { ClientStore } from './client-store.ts';

/**
 * Which clients list an origin, without reading all of them. An entry is written before its client
 * lists the origin and may outlive that: none is missing, some lead nowhere.
 */
export interface OriginIndex {
  add(origin: string, clientId: string, now: number): Promise<void>;
  /** At most `limit`, in the order of ids. */
  clientsOf(origin: string, after: string, limit: number): Promise<readonly OriginEntry[]>;
  /** Does nothing if the entry was written again since it was read. */
  remove(origin: string, entry: OriginEntry): Promise<void>;
  /** When all clients were last entered, in milliseconds since the epoch; undefined if never. */
  builtAt(): Promise<number | undefined>;
  markBuilt(now: number): Promise<void>;
}

export interface OriginEntry {
  readonly clientId: string;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
  readonly etag: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Origins whose answer one instance keeps in memory, at most. */
const CACHED_ORIGINS = 1000;
/** Entries of one origin that are looked at for a client that still lists it, at most. */
const MOST_ENTRIES = 200;
const ENTRIES_AT_A_TIME = 20;
const CLIENTS_AT_A_TIME = 500;

/**
 * The origins that enabled clients list: as it was at most 25 s ago, and at most `REFUSE_ON_MS` where
 * the answer is no, so that an origin works at once.
 */
export function createAllowedOrigins(deps: {
  readonly index: OriginIndex;
  readonly clients: ClientDirectory;
  readonly store: Pick<ClientStore, 'list'>;
  readonly clock: Clock;
  readonly onError: (problem: string, cause: unknown) => void;
}): AllowedOrigins {
  const { index, clients, clock } = deps;
  const build = keepBuilt(deps);

  const lists = async (origin: string, { clientId }: OriginEntry): Promise<boolean> => {
    const client = await clients.find(clientId, REFUSE_ON_MS);
    return client?.allowedOrigins.includes(origin) === true && client.enabled;
  };
  const isListed = async (origin: string): Promise<boolean> => {
    await build();
    let after = '';
    for (let looked = 0; looked < MOST_ENTRIES; looked += ENTRIES_AT_A_TIME) {
      const entries = await index.clientsOf(origin, after, ENTRIES_AT_A_TIME);
      const found = await Promise.all(entries.map((entry) => lists(origin, entry)));
      if (found.includes(true)) return true;
      // A client that is about to list the origin has its entry already.
      const old = entries.filter(({ writtenAt }) => writtenAt + HOUR_MS < clock.now());
      await Promise.all(old.map((entry) => removeUnlessListed(deps, origin, entry)));
      const last = entries.at(-1);
      if (last === undefined || entries.length < ENTRIES_AT_A_TIME) return false;
      after = last.clientId;
    }
    return false;
  };
  const cache = new StaleCache(isListed, { clock, maxEntries: CACHED_ORIGINS });
  return {
    isAllowed: async (origin) =>
      isOrigin(origin) && ((await cache.get(origin)) || cache.get(origin, REFUSE_ON_MS)),
  };
}

/** Characters of an origin. */
export const LONGEST_ORIGIN = 255;

/** What a browser sends in `Origin` (RFC 6454 section 7); `null` is nobody's. */
export function isOrigin(text: string): boolean {
  return (
    text.length <= LONGEST_ORIGIN &&
    /^https?:/.test(text) &&
    URL.canParse(text) &&
    new URL(text).origin === text
  );
}

/** A disabled client keeps its entries. */
async function removeUnlessListed(
  { index, clients }: { readonly index: OriginIndex; readonly clients: ClientDirectory },
  origin: string,
  entry: OriginEntry,
): Promise<void> {
  const client = await clients.find(entry.clientId, REFUSE_ON_MS);
  if (client?.allowedOrigins.includes(origin) === true) return;
  await index.remove(origin, entry);
}

/**
 * Enters all clients where that was never done: a version that knew no index has registered some.
 * After a day it is done again, behind the answer, for what such a version has changed meanwhile.
 */
function keepBuilt(deps: {
  readonly index: OriginIndex;
  readonly store: Pick<ClientStore, 'list'>;
  readonly clock: Clock;
  readonly onError: (problem: string, cause: unknown) => void;
}): () => Promise<void> {
  const { index, store, clock, onError } = deps;
  let goodUntil = 0;
  let building: Promise<void> | undefined;
  const build = async (): Promise<void> => {
    const begun = clock.now();
    let after: string | undefined;
    do {
      const page = await store.list({ after, limit: CLIENTS_AT_A_TIME });
      for (const client of page.items) await addAll(index, client, clock.now());
      after = page.next;
    } while (after !== undefined);
    await index.markBuilt(begun);
    goodUntil = begun + DAY_MS;
  };
  const inTurn = (): Promise<void> =>
    (building ??= build().finally(() => {
      building = undefined;
    }));
  return async () => {
    if (clock.now() < goodUntil) return;
    const builtAt = await index.builtAt();
    if (builtAt === undefined) return inTurn();
    goodUntil = builtAt + DAY_MS;
    if (clock.now() < goodUntil) return;
    inTurn().catch((cause: unknown) => onError('Allowed origins could not be listed anew', cause));
  };
}

async function addAll(index: OriginIndex, client: Client, now: number): Promise<void> {
  await Promise.all(client.allowedOrigins.map((origin) => index.add(origin, client.clientId, now)));
}

/** Enters the origins of a client before it is written, so that the index never lacks any. */
export function indexOrigins(store: ClientStore, index: OriginIndex, clock: Clock): ClientStore {
  return {
    ...store,
    async create(client) {
      await addAll(index, client, clock.now());
      return store.create(client);
    },
    async replace(client, etag) {
      await addAll(index, client, clock.now());
      return store.replace(client, etag);
    },
  };
}
