import { StaleCache } from '../../cache/stale-cache.ts';
import type { Clock } from '../../config/clock.ts';
import type { DeploymentDirectory, DeploymentSnapshot } from './deployment.ts';
import type { DeploymentStore } from './deployment-store.ts';

/** The revision was replaced or undeployed: the list of deployments that named it is out of date. */
export class UnknownRevision extends Error {
  constructor(revision: string) {
    super(`There is no compiled flow ${revision}`);
    this.name = 'UnknownRevision';
  }
}

/**
 * The deployments as one cached snapshot. Looking whether it is still good reads one row; the list
 * is read again only when something was deployed or undeployed since.
 */
export function createDeploymentDirectory(
  store: Pick<DeploymentStore, 'readGeneration' | 'readState' | 'readFlow'>,
  clock: Clock,
): DeploymentDirectory & {
  /** Makes the next look read storage; called after a change on this instance. */
  forget(): void;
} {
  let latest: DeploymentSnapshot | undefined;
  const cache = new StaleCache<DeploymentSnapshot>(
    async () => {
      const held = latest;
      if (held !== undefined && (await store.readGeneration()) === held.generation) return held;
      const { generation, deployments } = await store.readState();
      const read = { generation, deployments: deployments.map((stored) => stored.deployment) };
      latest = read;
      return read;
    },
    { clock, maxEntries: 1 },
  );
  return {
    current: (maxAgeMs) => cache.get('deployments', maxAgeMs),
    forget: () => cache.forget('deployments'),
    async compiledFlow(revision) {
      const flow = await store.readFlow(revision);
      if (flow === undefined) throw new UnknownRevision(revision);
      return flow;
    },
  };
}
