import { StaleCache } from '../../cache/stale-cache.ts';
import type { Clock } from '../../config/clock.ts';
import type { AccessPolicyStore, ProtectedArtifact } from './access-policy.ts';
import { type AllowList, compilePolicies, type FindAllowList } from './allow-list.ts';

export interface AccessPolicyDirectory {
  /**
   * Who alone may call the artifact, as storage held it at most `maxAgeMs` (25 s unless told) ago;
   * undefined where no policy applies.
   */
  allowListOf(artifact: ProtectedArtifact, maxAgeMs?: number): Promise<AllowList | undefined>;
  /** Called by whoever has changed policies. */
  forget(): void;
}

interface Snapshot {
  readonly etag: string | undefined;
  readonly find: FindAllowList;
  /** Deployments stay the same objects until something is deployed or undeployed. */
  readonly found: WeakMap<ProtectedArtifact, { readonly list: AllowList | undefined }>;
}

/** There is one set of policies. */
const ALL = 'all';

/** Keeps the policies of a deployment, compiled; warm calls wait for no storage. */
export function createAccessPolicyDirectory(
  store: Pick<AccessPolicyStore, 'read'>,
  clock: Clock,
): AccessPolicyDirectory {
  let last: Snapshot | undefined;
  const cache = new StaleCache<Snapshot>(
    async () => {
      const { value, etag } = await store.read();
      if (last === undefined || last.etag !== etag) {
        last = { etag, find: await compilePolicies(value), found: new WeakMap() };
      }
      return last;
    },
    { clock, maxEntries: 1 },
  );
  return {
    async allowListOf(artifact, maxAgeMs) {
      const { find, found } = await cache.get(ALL, maxAgeMs);
      let known = found.get(artifact);
      if (known === undefined) {
        known = { list: find(artifact) };
        found.set(artifact, known);
      }
      return known.list;
    },
    forget: () => cache.forget(ALL),
  };
}
