import { Fault } from '../../http/fault.ts';
import { BundleFault } from '../bundle/fault.ts';
import type { Artifacts } from '../design/artifacts.ts';
import type { LoadCollections } from './compile-artifact.ts';

/** Bytes of all collections of one iFlow. */
const MOST_BYTES = 80 * 1024 * 1024;

/** Loads the active version of script collections out of all packages. */
export function createLoadCollections(collections: Pick<Artifacts, 'getContent'>): LoadCollections {
  return async (ids) => {
    const zips = new Map<string, Uint8Array>();
    let bytes = 0;
    for (const id of ids) {
      const found = await collections.getContent(id, 'active').catch((error: unknown) => {
        if (error instanceof Fault && error.status === 404) return undefined;
        throw error;
      });
      if (found === undefined) continue;
      bytes += found.zip.length;
      if (bytes > MOST_BYTES) {
        throw new BundleFault([
          `The script collections of the iFlow together have more than ${MOST_BYTES / 1024 / 1024} MB.`,
        ]);
      }
      zips.set(id, found.zip);
    }
    return zips;
  };
}
