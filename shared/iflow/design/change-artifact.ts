import type { Clock } from '../../config/clock.ts';
import type { ArtifactKind } from '../bundle/artifact-kind.ts';
import { explainFaults, unknownArtifact } from './artifact-rules.ts';
import type { BundleBlobs, DesignArtifact, DesignStore, Stored } from './design-store.ts';
import { busy } from './packages.ts';

/** A change that finds itself overtaken is decided anew, this often at most. */
export const MOST_TRIES = 20;

/** What a change makes of the active version; fields left out stay. */
export type Change = { readonly zip: Uint8Array } & Partial<
  Pick<DesignArtifact, 'name' | 'version' | 'description' | 'configured'>
>;

export interface ArtifactChanger {
  /** @throws {Fault} 404 for an artifact that is not there, or of another kind. */
  readonly find: (id: string) => Promise<Stored<DesignArtifact>>;
  /** Changes the active version; decided anew when someone else was faster. */
  readonly change: (
    id: string,
    user: string,
    decide: (before: DesignArtifact, zip: Uint8Array) => Change | Promise<Change>,
  ) => Promise<{ readonly value: DesignArtifact; readonly zip: Uint8Array }>;
}

export function createArtifactChanger(
  kind: ArtifactKind,
  deps: { readonly store: DesignStore; readonly blobs: BundleBlobs; readonly clock: Clock },
): ArtifactChanger {
  const { store, blobs, clock } = deps;
  const find: ArtifactChanger['find'] = async (id) => {
    const found = await store.findArtifact(id);
    if (found?.value.kind !== kind) throw unknownArtifact();
    return found;
  };
  return {
    find,
    async change(id, user, decide) {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const { value: before, etag } = await find(id);
        const stored = await blobs.get(before.content);
        if (stored === undefined) continue;
        const { zip, ...fields } = await explainFaults(() => decide(before, stored));
        const content = zip === stored ? before.content : await blobs.put(zip);
        const modified = { modifiedBy: user, modifiedAt: clock.now() };
        const value: DesignArtifact = { ...before, ...fields, ...modified, content };
        const outcome = await store.replaceArtifact(value, etag);
        const unused = outcome === 'replaced' ? before.content : content;
        if (zip !== stored) await blobs.remove(unused);
        if (outcome === 'replaced') return { value, zip };
      }
      throw busy();
    },
  };
}
