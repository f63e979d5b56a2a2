import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import {
  explainFaults,
  LONGEST_DESCRIPTION,
  requireId,
  requireTexts,
  requireVersion,
  unknownArtifact,
  unknownPackageOf,
} from './artifact-rules.ts';
import type { BundleIdentity, BundleTools } from './bundle-tools.ts';
import type { BundleBlobs, DesignArtifact, DesignStore, Stored } from './design-store.ts';
import { busy } from './packages.ts';
import { setParameter } from './set-parameter.ts';

/** Bytes of one bundle, at most. */
export const LARGEST_BUNDLE = 40 * 1024 * 1024;
const LONGEST_PARAMETER = 10_000;
/** A change that finds itself overtaken is decided anew, this often at most. */
const MOST_TRIES = 20;

/** What a change makes of the active version; fields left out stay. */
type Change = { readonly zip: Uint8Array } & Partial<
  Pick<DesignArtifact, 'name' | 'version' | 'description'>
>;

export interface NewArtifact {
  readonly id: string;
  readonly packageId: string;
  /** The bundle's own name, if left out; without a bundle, the id. */
  readonly name: string | undefined;
  readonly description: string | undefined;
  /** An iFlow with nothing in it, if left out. */
  readonly content: Uint8Array | undefined;
}

export interface Artifacts {
  /** Of one package, or all. @throws {Fault} 404 for an unknown package. */
  list(packageId?: string): Promise<DesignArtifact[]>;
  /** @param version `active` in any case, or a version. @throws {Fault} 404 */
  get(id: string, version: string): Promise<DesignArtifact>;
  /** The bundle of {@link Artifacts.get}. @throws {Fault} 404 */
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
  /**
   * Sets an externalised parameter in the active version's bundle. @throws {Fault} 400, 404 for an
   * unknown artifact or parameter.
   */
  setParameter(id: string, name: string, parameter: string, user: string): Promise<DesignArtifact>;
  /** Keeps a copy of the active version that never changes. @throws {Fault} 400, 404, 500 if there is one. */
  saveAsVersion(id: string, version: string, user: string): Promise<DesignArtifact>;
  /** Removes all its versions; what is deployed stays deployed. @throws {Fault} 404 */
  remove(id: string): Promise<void>;
}

export function createArtifacts(deps: {
  readonly store: DesignStore;
  readonly blobs: BundleBlobs;
  readonly bundles: BundleTools;
  readonly clock: Clock;
  readonly randomUUID: () => string;
}): Artifacts {
  const { store, blobs, bundles, clock } = deps;

  const find = async (id: string): Promise<Stored<DesignArtifact>> => {
    const found = await store.findArtifact(id);
    if (found === undefined) throw unknownArtifact();
    return found;
  };

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
      const zip = await blobs.get(artifact.content);
      if (zip !== undefined) return { artifact, zip };
    }
    throw busy();
  };

  const identify = async (zip: Uint8Array): Promise<BundleIdentity> => {
    if (zip.length > LARGEST_BUNDLE) {
      throw new Fault(413, `ArtifactContent may have ${LARGEST_BUNDLE} bytes.`, {
        reason: 'content_too_large',
      });
    }
    const identity = await explainFaults(() => bundles.bundleIdentity(zip));
    requireVersion(identity.version);
    return identity;
  };

  /** Changes the active version; decided anew when someone else was faster. */
  const change = async (
    id: string,
    user: string,
    decide: (before: DesignArtifact, zip: Uint8Array) => Change | Promise<Change>,
  ): Promise<{ value: DesignArtifact; zip: Uint8Array }> => {
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
  };

  return {
    get,
    getContent,

    async list(packageId) {
      if (packageId !== undefined && (await store.findPackage(packageId)) === undefined) {
        throw new Fault(404, 'Requested entity could not be found.', { reason: 'unknown_package' });
      }
      return store.listArtifacts(packageId);
    },

    async create(given, user) {
      requireId(given.id);
      requireTexts(given);
      // Said before 40 MB are written that nobody will ever read.
      if ((await store.findPackage(given.packageId)) === undefined) {
        throw unknownPackageOf(given.packageId);
      }
      const { zip, identity } = await explainFaults(() => bundleFor(given, { identify, bundles }));
      requireTexts({ name: identity.name, description: undefined });
      const now = clock.now();
      const content = await blobs.put(zip);
      const value: DesignArtifact = {
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
          if (there !== undefined) throw await duplicate(given.id, there.value.packageId);
        }
        throw busy();
      } catch (error) {
        await blobs.remove(content);
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
        const description = given.description ?? now.description.slice(0, LONGEST_DESCRIPTION);
        const zip =
          name === now.name ? sent : await bundles.renameBundle(sent, { id, name, version });
        return { zip, name, version, description };
      });
      return changed.value;
    },

    async setParameter(id, name, parameter, user) {
      if (parameter.length > LONGEST_PARAMETER) {
        throw new Fault(400, `A parameter has at most ${LONGEST_PARAMETER} characters.`, {
          reason: 'invalid_parameter',
        });
      }
      const changed = await change(id, user, (_before, stored) => {
        const zip = setParameter(stored, name, parameter);
        if (zip !== undefined) return { zip };
        throw new Fault(404, `The iFlow has no externalised parameter ${name.slice(0, 200)}.`, {
          reason: 'unknown_parameter',
        });
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

  async function duplicate(id: string, packageId: string): Promise<Fault> {
    const [artifact, inPackage] = await Promise.all([
      store.findArtifact(id),
      store.findPackage(packageId),
    ]);
    const name = artifact?.value.name ?? id;
    const packageName = inPackage?.value.name ?? packageId;
    return new Fault(
      500,
      `An integration flow ${name} with the artifact ID ${id} already exists in the ${packageName} package. To create /upload an integration flow, use a different ID.`,
      { reason: 'duplicate' },
    );
  }
}

/** The bundle to store for a new artifact: it always carries the artifact's id and name. */
async function bundleFor(
  given: NewArtifact,
  use: { identify: (zip: Uint8Array) => Promise<BundleIdentity>; bundles: BundleTools },
): Promise<{ zip: Uint8Array; identity: BundleIdentity }> {
  if (given.content === undefined) {
    const zip = await use.bundles.emptyBundle(given.id, given.name ?? given.id);
    return { zip, identity: await use.bundles.bundleIdentity(zip) };
  }
  const sent = await use.identify(given.content);
  const identity = { ...sent, id: given.id, name: given.name ?? sent.name };
  if (identity.id === sent.id && identity.name === sent.name)
    return { zip: given.content, identity };
  return { zip: await use.bundles.renameBundle(given.content, identity), identity };
}
