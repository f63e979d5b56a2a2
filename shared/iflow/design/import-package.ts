import { takeTurns } from '../../cache/take-turns.ts';
import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import { type ArtifactKind, KIND_NOUNS } from '../bundle/artifact-kind.ts';
import {
  type ContentPackage,
  LARGEST_PACKAGE,
  readContentPackage,
} from '../bundle/content-package.ts';
import { explainFaults } from './artifact-rules.ts';
import type { BundleTools } from './bundle-tools.ts';
import { MOST_TRIES } from './change-artifact.ts';
import { keepConfigured } from './configurations.ts';
import type {
  BundleBlobs,
  DesignArtifact,
  DesignStore,
  IntegrationPackage,
  Stored,
  Write,
} from './design-store.ts';
import type { ConfiguredFlow, Foresee } from './foresee-clashes.ts';
import { type ImportMessage, type PackagedArtifact, readArtifacts } from './package-artifacts.ts';
import { readFields } from './package-fields.ts';
import { busy, duplicatePackage } from './packages.ts';

export interface Imported {
  readonly value: IntegrationPackage;
  /** How many artifacts have come in. */
  readonly artifacts: number;
  /** Artifacts that could not be imported, and addresses that clash. */
  readonly messages: readonly ImportMessage[];
}

/**
 * Imports a package as a tenant exports it: all of it, or nothing. Artifacts that are there are
 * replaced and keep the values that their parameters were configured with; those that the import does
 * not have stay (SAP Help, Importing Integration Packages). Where a package is more than one step of
 * storage takes and this ends half-way, the next import of it goes on from there.
 * @throws {Fault} 400 for what is no package, 413, 500 when it is there and is not to be overwritten,
 *   or has an artifact that another package has.
 */
export type ImportPackage = (
  zip: Uint8Array,
  options: { readonly overwrite: boolean },
  user: string,
) => Promise<Imported>;

/** Imports that may wait for the one under way: each holds a package in memory. */
const MOST_WAITING = 3;
/** Calls of storage at a time. */
const AT_ONCE = 10;
const MOST_CONFLICTS_SHOWN = 10;

export function createImportPackage(deps: {
  readonly store: DesignStore;
  readonly blobs: BundleBlobs;
  readonly bundles: BundleTools;
  /** Tells of addresses that will clash when the iFlows are deployed. */
  readonly foresee: Foresee;
  readonly clock: Clock;
  readonly randomUUID: () => string;
}): ImportPackage {
  const { store, blobs, bundles, clock } = deps;
  const inTurn = takeTurns(MOST_WAITING, () =>
    Fault.unavailable('Too many packages are being imported at once. Try again.', 10),
  );

  const put = async (zip: Uint8Array, artifacts: readonly PackagedArtifact[]): Promise<Content> => {
    const bundleNames = new Map<string, string>();
    const content = { zip: await blobs.put(zip), bundles: bundleNames };
    await inGroups(artifacts, async (artifact) => {
      bundleNames.set(artifact.id, await blobs.put(artifact.zip));
    });
    return content;
  };

  const removeReplaced = async (before: Before, content: Content): Promise<void> => {
    const replaced = [...before.artifacts.values()].map(({ value }) => value.content);
    const ours = new Set([content.zip, ...content.bundles.values()]);
    await inGroups([before.inPackage?.value.content, ...replaced], async (name) => {
      if (name !== undefined && !ours.has(name)) await blobs.remove(name);
    });
  };

  /** What the artifact becomes, and how it was configured before. */
  const decide = async (
    artifact: PackagedArtifact,
    incoming: Incoming,
    before: Before,
    content: Content,
  ): Promise<Write<DesignArtifact>> => {
    const { id, kind, name, version, description, resource, zip } = artifact;
    const there = before.artifacts.get(id);
    const bundle = content.bundles.get(id) ?? '';
    const { user, now } = incoming;
    const created = {
      uid: deps.randomUUID(),
      packageId: incoming.source.self.uniqueId,
      createdBy: user,
      createdAt: now,
    };
    const value: DesignArtifact = {
      ...created,
      ...there?.value,
      ...{ id, kind, name, version, description, content: bundle },
      ...{ modifiedBy: user, modifiedAt: now },
      ...(await keepConfigured(there?.value.configured, zip, bundles)),
      origin: { content: content.zip, resourceId: resource.id, bundle },
    };
    return { value, etag: there?.etag };
  };

  const write = async (incoming: Incoming, before: Before, content: Content) => {
    const { source, artifacts, user, now } = incoming;
    const there: Partial<IntegrationPackage> & { unfinished?: true } = {
      ...before.inPackage?.value,
    };
    delete there.unfinished;
    const value: IntegrationPackage = {
      ...{ createdBy: user, createdAt: now },
      ...there,
      ...readFields(source.self),
      ...{ id: source.self.uniqueId, content: content.zip },
      ...{ modifiedBy: user, modifiedAt: now },
    };
    const writes: Write<DesignArtifact>[] = [];
    for (const artifact of artifacts) {
      writes.push(await decide(artifact, incoming, before, content));
    }
    const outcome = await store.writePackage({ value, etag: before.inPackage?.etag }, writes);
    return { value, outcome };
  };

  const importPackage: ImportPackage = async (zip, { overwrite }, user) => {
    const source = await explainFaults(() => readContentPackage(zip), 'integration package');
    requirePackageId(source.self.uniqueId);
    const { artifacts, messages } = await readArtifacts(source, bundles);
    const incoming = { source, artifacts, overwrite, user, now: clock.now() };

    let before = await look(store, incoming);
    messages.push(...(await deps.foresee(await configured(artifacts, before, bundles))));
    const content = await put(zip, artifacts);
    let begun = false;
    try {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        if (tries > 0) before = await look(store, incoming);
        const { value, outcome } = await write(incoming, before, content);
        if (outcome === 'written') {
          await removeReplaced(before, content);
          return { value, artifacts: artifacts.length, messages };
        }
        begun ||= outcome === 'begun';
      }
      throw busy();
    } catch (error) {
      // After any other error, and once it has begun, rows may name them.
      if (error instanceof Fault && !begun) {
        for (const name of [content.zip, ...content.bundles.values()]) await blobs.remove(name);
      }
      throw error;
    }
  };

  return async (zip, options, user) => {
    if (zip.length > LARGEST_PACKAGE) {
      throw new Fault(413, `PackageContent may have ${LARGEST_PACKAGE} bytes.`, {
        reason: 'content_too_large',
      });
    }
    return inTurn(() => importPackage(zip, options, user));
  };
}

interface Incoming {
  readonly source: ContentPackage;
  readonly artifacts: readonly PackagedArtifact[];
  readonly overwrite: boolean;
  readonly user: string;
  readonly now: number;
}

/** What was there. */
interface Before {
  readonly inPackage: Stored<IntegrationPackage> | undefined;
  readonly artifacts: ReadonlyMap<string, Stored<DesignArtifact>>;
}

/** Names of the blobs that an import has written. */
interface Content {
  readonly zip: string;
  readonly bundles: ReadonlyMap<string, string>;
}

/** Reads what is there, and refuses an import that it forbids. */
async function look(store: DesignStore, incoming: Incoming): Promise<Before> {
  const { uniqueId: packageId } = incoming.source.self;
  const inPackage = await store.findPackage(packageId);
  if (inPackage !== undefined && !incoming.overwrite && inPackage.value.unfinished !== true) {
    throw duplicatePackage(packageId);
  }
  const found = new Map<string, Stored<DesignArtifact>>();
  const conflicts: string[] = [];
  await inGroups(incoming.artifacts, async ({ id, kind }) => {
    const there = await store.findArtifact(id);
    if (there === undefined) return;
    found.set(id, there);
    if (there.value.packageId !== packageId) {
      conflicts.push(`${id} is in the package ${there.value.packageId}`);
    } else if (there.value.kind !== kind) {
      conflicts.push(
        `${id} is ${article(there.value.kind)} there, and ${article(kind)} in the import`,
      );
    }
  });
  if (conflicts.length === 0) return { inPackage, artifacts: found };
  const shown = conflicts.sort().slice(0, MOST_CONFLICTS_SHOWN).join('; ');
  throw new Fault(
    500,
    `Uniqueness Conflict: the package ${packageId} has artifacts whose IDs are in use: ${shown}. Nothing was imported.`,
    { reason: 'duplicate' },
  );
}

/** Does something with each, a few at a time. */
async function inGroups<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) {
    await Promise.all(all.slice(at, at + AT_ONCE).map(work));
  }
}

async function configured(
  artifacts: readonly PackagedArtifact[],
  before: Before,
  bundles: BundleTools,
): Promise<ConfiguredFlow[]> {
  const flows: ConfiguredFlow[] = [];
  for (const { id, name, kind, zip } of artifacts) {
    if (kind !== 'IntegrationFlow') continue;
    const there = before.artifacts.get(id)?.value.configured;
    const kept = (await keepConfigured(there, zip, bundles)).configured;
    flows.push({ id, name, zip: await bundles.configureBundle(zip, kept) });
  }
  return flows;
}

/** Wider than for a package that is made here: SAP has published some with periods. */
function requirePackageId(id: string): void {
  if (/^[A-Za-z0-9_.-]{1,120}$/.test(id)) return;
  throw new Fault(
    400,
    'The Id of the package has other signs than letters, digits, and _ . - or is longer than 120.',
    { reason: 'invalid_id' },
  );
}

const article = (kind: ArtifactKind): string =>
  `${kind === 'IntegrationFlow' ? 'an' : 'a'} ${KIND_NOUNS[kind]}`;
