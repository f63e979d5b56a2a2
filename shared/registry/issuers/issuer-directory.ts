import { StaleCache } from '../../cache/stale-cache.ts';
import type { Clock } from '../../config/clock.ts';
import { type IssuerDirectory, MOST_ISSUERS, type TrustedIssuer } from './issuer.ts';
import type { IssuerStore } from './issuer-store.ts';

export interface CachedIssuers {
  readonly directory: IssuerDirectory;
  /** Writes through to the store given; the directory of this instance sees them at once. */
  readonly store: IssuerStore;
}

/** Puts a cache before a store of issuers; see {@link IssuerDirectory} for how old an answer may be. */
export function cacheIssuers(store: IssuerStore, clock: Clock): CachedIssuers {
  const ALL = '';
  const cache = new StaleCache<ReadonlyMap<string, readonly TrustedIssuer[]>>(
    async () => {
      const { items } = await store.list({ limit: 2 * MOST_ISSUERS });
      return Map.groupBy(
        items.filter((one) => one.enabled),
        (one) => one.issuer,
      );
    },
    { clock, maxEntries: 1 },
  );
  const writing = <T>(write: Promise<T>): Promise<T> => write.finally(() => cache.forget(ALL));
  return {
    directory: { of: async (iss, maxAgeMs) => (await cache.get(ALL, maxAgeMs)).get(iss) ?? [] },
    store: {
      read: (issuerId) => store.read(issuerId),
      list: (page) => store.list(page),
      create: (issuer) => writing(store.create(issuer)),
      replace: (issuer, etag) => writing(store.replace(issuer, etag)),
      remove: (issuerId, etag) => writing(store.remove(issuerId, etag)),
    },
  };
}
