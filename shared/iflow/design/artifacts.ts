import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import { type ArtifactKind, KIND_NOUNS } from '../bundle/artifact-kind.ts';
import {
  duplicateArtifact,
  explainFaults,
  LARGEST_BUNDLE,
  LONGEST_DESCRIPTION,
  requireId,
  requireKind,
  requireTexts,
  requireVersion,
  unknownArtifact,
  unknownPackageOf,
} from './artifact-rules.ts';
import type { BundleIdentity, BundleTools } from './bundle-tools.ts';
import { createArtifactChanger, MOST_TRIES } from './change-artifact.ts';
import { keepConfigured } from './configurations.ts';
import type { BundleBlobs, DesignArtifact, DesignStore } from './design-store.ts';
import { busy } from './packages.ts';

export interface NewArtifact {
  readonly id: string;
  readonly packageId: string;
  /** The bundle's own name, if left out; without a bundle, the id. */
  readonly name: string | undefined;
  readonly description: string | undefined;
  /** One with nothing in it, if left out. */
  readonly content: Uint8Array | undefined;
}

/** The artifacts of one kind. */
export interface Artifacts {
  /** Of one package, or all. @throws {Fault} 404 for an unknown package. */
  list(packageId?: string): Promise<DesignArtifact[]>;
  /** @param version `active` in any case, or a version. @throws {Fault} 404 */
  get(id: string, version: string): Promise<DesignArtifact>;
  /** The bundle of {@link Artifacts.get}, with its configured parameters. @throws {Fault} 404 */
  getContent(id: string, version: string): Promise<{ artifact: DesignArtifact; zip: Uint8Array }>;
  /** @throws {Fault} 400, 404 for an unknown package, 413, 500 for an id in use. */
  create(given: NewArtifact, user: string): Promise<DesignArtifact>;
  /**
   * Changes the active version; its version becomes the bundle's. @throws {Fault} 400 when the
   * bundle has another symbolic name, 404, 413.
   */
  update(
    id: string,
    given: Pick<NewArtifact, 'name' | 'description' | 'content'>,
    user: string,
  ): Promise<DesignArtifact>;
  /** Keeps a copy of the active version that never changes. @throws {Fault} 400, 404, 500 if there is one. */
  saveAsVersion(id: string, version: string, user: string): Promise<DesignArtifact>;
  /** Removes all its versions; what is deployed stays deployed. @throws {Fault} 404 */
  remove(id: string): Promise<void>;
}

export interface ArtifactDeps {
  readonly store: DesignStore;
  readonly blobs: BundleBlobs;
  readonly bundles: BundleTools;
  readonly clock: Clock;
  readonly randomUUID: () => string;
}

export function createArtifacts(kind: ArtifactKind, deps: ArtifactDeps): Artifacts {
  const { store, blobs, bundles, clock } = deps;
  const { find, change } = createArtifactChanger(kind, deps);
  const explain = <T>(work: () => T | Promise<T>): Promise<T> =>
    explainFaults(work, `${KIND_NOUNS[kind]} bundle`);

  const get = async (id: string, version: string): Promise<DesignArtifact> => {
    const active = (await find(id)).value;
    if (version.toLowerCase() === 'active') return active;
    // A saved version never changes, while the active one of the same number may have.
    const saved = await store.findVersion(active.uid, version);
    if (saved !== undefined) return saved;
    if (active.version === version) return active;
    throw unknownArtifact();
  };

  const getContent: Artifacts['getContent'] = async (id, version) => {
    // Between reading the row and its blob, a change may have put another blob in its place.
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const artifact = await get(id, version);
      const stored = await blobs.get(artifact.content);
      if (stored === undefined) continue;
      const zip = await explain(() => bundles.configureBundle(stored, artifact.configured));
      return { artifact, zip };
    }
    throw busy();
  };

  const identify = async (zip: Uint8Array): Promise<BundleIdentity> => {
    if (zip.length > LARGEST_BUNDLE) {
      throw new Fault(413, `ArtifactContent may have ${LARGEST_BUNDLE} bytes.`, {
        reason: 'content_too_large',
      });
    }
    const identity = await explain(() => bundles.bundleIdentity(zip));
    requireKind(identity, kind);
    requireVersion(identity.version);
    return identity;
  };

  return {
    get,
    getContent,

    async list(packageId) {
      if (packageId !== undefined && (await store.findPackage(packageId)) === undefined) {
        throw new Fault(404, 'Requested entity could not be found.', { reason: 'unknown_package' });
      }
      return (await store.listArtifacts(packageId)).filter((artifact) => artifact.kind === kind);
    },

    async create(given, user) {
      requireId(given.id);
      requireTexts(given);
      // Said before 40 MB are written that nobody will ever read.
      if ((await store.findPackage(given.packageId)) === undefined) {
        throw unknownPackageOf(given.packageId);
      }
      const { zip, identity } = await explain(() => bundleFor(kind, given, { identify, bundles }));
      requireTexts({ name: identity.name, description: undefined });
      const now = clock.now();
      const content = await blobs.put(zip);
      const value: DesignArtifact = {
        kind,
        id: given.id,
        uid: deps.randomUUID(),
        name: identity.name,
        description: given.description ?? identity.description.slice(0, LONGEST_DESCRIPTION),
        packageId: given.packageId,
        version: identity.version,
        createdBy: user,
        createdAt: now,
        modifiedBy: user,
        modifiedAt: now,
        content,
      };
      try {
        for (let tries = 0; tries < MOST_TRIES; tries += 1) {
          const inPackage = await store.findPackage(given.packageId);
          if (inPackage === undefined) throw unknownPackageOf(given.packageId);
          const outcome = await store.createArtifact(value, inPackage);
          if (outcome === 'created') return value;
          const there = await store.findArtifact(given.id);
          if (there === undefined) continue;
          const inUse = await store.findPackage(there.value.packageId);
          throw duplicateArtifact(there.value, inUse?.value.name ?? there.value.packageId);
        }
        throw busy();
      } catch (error) {
        // After any other error it may have been created all the same.
        if (error instanceof Fault) await blobs.remove(content);
        throw error;
      }
    },

    async update(id, given, user) {
      requireTexts(given);
      const identity = given.content && (await identify(given.content));
      if (identity !== undefined && identity.id !== id) {
        throw new Fault(
          400,
          `The Bundle-SymbolicName of ArtifactContent must stay ${id}. To upload it under another ID, create a new artifact.`,
          { reason: 'symbolic_name_changed' },
        );
      }
      const changed = await change(id, user, async (before, stored) => {
        const sent = given.content ?? stored;
        const now = identity ?? before;
        const name = given.name ?? now.name;
        requireTexts({ name, description: undefined });
        const { version } = now;
        // Bundles of most kinds say nothing of it.
        const description =
          given.description ??
          (now.description || before.description).slice(0, LONGEST_DESCRIPTION);
        const zip =
          name === now.name ? sent : await bundles.renameBundle(sent, { id, name, version });
        const configured =
          given.content && (await keepConfigured(before.configured, given.content, bundles));
        return { zip, name, version, description, ...configured };
      });
      return changed.value;
    },

    async saveAsVersion(id, version, user) {
      requireVersion(version);
      // The active version comes first: who loses that race has saved nothing.
      const saved = await change(id, user, async (before, stored) => {
        if ((await store.findVersion(before.uid, version)) !== undefined) {
          throw new Fault(
            500,
            `Version ${version} of the artifact ${id} already exists. Save it as a different version.`,
            { reason: 'duplicate' },
          );
        }
        const zip = await bundles.renameBundle(stored, { id, name: before.name, version });
        return { zip, version };
      });
      const { value, zip } = saved;
      await store.createVersion({ ...value, content: await blobs.put(zip) });
      return value;
    },

    async remove(id) {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const { value, etag } = await find(id);
        if ((await store.removeArtifact(id, etag)) === 'stale') continue;
        for (const version of await store.listVersions(value.uid)) {
          await store.removeVersion(version.uid, version.version);
          await blobs.remove(version.content);
        }
        await blobs.remove(value.content);
        return;
      }
      throw busy();
    },
  };
}

/** The bundle to store for a new artifact: it always carries the artifact's id and name. */
async function bundleFor(
  kind: ArtifactKind,
  given: NewArtifact,
  use: { identify: (zip: Uint8Array) => Promise<BundleIdentity>; bundles: BundleTools },
): Promise<{ zip: Uint8Array; identity: BundleIdentity }> {
  if (given.content === undefined) {
    const zip = await use.bundles.emptyBundle(kind, given.id, given.name ?? given.id);
    return { zip, identity: await use.bundles.bundleIdentity(zip) };
  }
  const sent = await use.identify(given.content);
  const identity = { ...sent, id: given.id, name: given.name ?? sent.name };
  if (identity.id === sent.id && identity.name === sent.name)
    return { zip: given.content, identity };
  return { zip: await use.bundles.renameBundle(given.content, identity), identity };
}
