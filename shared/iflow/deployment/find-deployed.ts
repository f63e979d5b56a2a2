import { REFUSE_ON_MS } from '../../cache/stale-cache.ts';
import type { DeploymentDirectory, DeploymentSnapshot } from './deployment.ts';
import { UnknownRevision } from './directory.ts';

/**
 * Finds something among the deployments that this instance knows of. What is not there may have been
 * deployed a moment ago on another instance, or deployed again: a second look decides, at what storage
 * holds.
 * @throws {UnknownRevision} where it was replaced during the second look.
 */
export async function findDeployed<T>(
  directory: Pick<DeploymentDirectory, 'current'>,
  find: (snapshot: DeploymentSnapshot) => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    const found = await find(await directory.current());
    if (found !== undefined) return found;
  } catch (error) {
    if (!(error instanceof UnknownRevision)) throw error;
  }
  return find(await directory.current(REFUSE_ON_MS));
}
