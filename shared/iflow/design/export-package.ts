import { takeTurns } from '../../cache/take-turns.ts';
import { Fault } from '../../http/fault.ts';
import {
  commonMembers,
  emptyPackage,
  type PackageChanges,
  rebuildPackage,
} from '../bundle/build-content-package.ts';
import {
  attributeOf,
  type ContentPackage,
  type JsonObject,
  LARGEST_PACKAGE,
  type PackageResource,
  readContentPackage,
  RESOURCE_TYPES,
} from '../bundle/content-package.ts';
import type { BundleTools } from './bundle-tools.ts';
import { MOST_TRIES } from './change-artifact.ts';
import type {
  BundleBlobs,
  DesignArtifact,
  DesignStore,
  IntegrationPackage,
} from './design-store.ts';
import { describedBy, kindOf, readArtifact } from './package-artifacts.ts';
import { withAttributes, writeFields } from './package-fields.ts';
import { busy, unknownPackage } from './packages.ts';

/**
 * Exports a package as a tenant does. One that is as it was imported is the same zip, byte for byte;
 * in any other, what has not changed is.
 * @throws {Fault} 404, 500 for one that is too large or whose import has ended half-way.
 */
export type ExportPackage = (
  id: string,
) => Promise<{ readonly value: IntegrationPackage; readonly zip: Uint8Array }>;

const MOST_WAITING = 10;

export function createExportPackage(deps: {
  readonly store: Pick<DesignStore, 'findPackage' | 'listArtifacts'>;
  readonly blobs: Pick<BundleBlobs, 'get'>;
  readonly bundles: Pick<BundleTools, 'bundleIdentity' | 'configureBundle'>;
}): ExportPackage {
  const { store, blobs } = deps;
  const inTurn = takeTurns(MOST_WAITING, () =>
    Fault.unavailable('Too many packages are being exported at once. Try again.', 5),
  );

  /** undefined when a blob is gone: what named it has changed since it was read. */
  const attempt = async (value: IntegrationPackage): Promise<Uint8Array | undefined> => {
    const original = value.content === undefined ? undefined : await blobs.get(value.content);
    if (value.content !== undefined && original === undefined) return undefined;
    const { id, name, createdAt: now } = value;
    const source =
      original === undefined ? emptyPackage(id, { name, now }) : await readContentPackage(original);
    const artifacts = await store.listArtifacts(id);
    const imported = new Map<string, DesignArtifact>();
    for (const artifact of artifacts) {
      const { origin } = artifact;
      if (origin !== undefined && origin.content === value.content) {
        imported.set(origin.resourceId, artifact);
      }
    }
    const described = new Map<string, JsonObject>();
    const contents = new Contents(deps);
    const removed = new Set<string>();
    const added: JsonObject[] = [];
    for (const resource of source.resources) {
      const artifact = imported.get(resource.id);
      if (artifact === undefined) {
        if (await isRemoved(source, resource, artifacts, deps.bundles)) removed.add(resource.id);
        continue;
      }
      const isChanged = artifact.content !== artifact.origin?.bundle;
      if (isChanged || (await isDescribedAnew(source, resource, artifact, deps.bundles))) {
        described.set(resource.id, describe(resource, artifact));
      }
      if (!(await contents.take(resource.id, artifact, isChanged))) return undefined;
    }
    const known = new Set(imported.values());
    for (const artifact of artifacts) {
      if (known.has(artifact)) continue;
      const json = newResource(artifact);
      added.push(json);
      if (!(await contents.take(String(json['id']), artifact, true))) return undefined;
    }
    const self = writeFields(source.self, value);
    const changes: PackageChanges = { self, described, contents: contents.changed, removed, added };
    const isAsImported =
      self === source.self.json &&
      removed.size + described.size + contents.changed.size + added.length === 0;
    return original !== undefined && isAsImported ? original : rebuildPackage(source, changes);
  };

  return (id) =>
    inTurn(async () => {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const value = (await store.findPackage(id))?.value;
        if (value === undefined) throw unknownPackage();
        if (value.unfinished === true) {
          throw new Fault(
            500,
            'The import of this package has ended half-way. Import it once more.',
            { reason: 'unfinished_import' },
          );
        }
        const zip = await attempt(value);
        if (zip !== undefined) return { value, zip };
      }
      throw busy();
    });
}

/** Bundles that are not as they were imported. */
class Contents {
  readonly changed = new Map<string, Uint8Array>();
  #bytes = 0;
  readonly #deps: Pick<Parameters<typeof createExportPackage>[0], 'blobs' | 'bundles'>;

  constructor(deps: Pick<Parameters<typeof createExportPackage>[0], 'blobs' | 'bundles'>) {
    this.#deps = deps;
  }

  /** @returns false when the blob is gone. */
  async take(id: string, artifact: DesignArtifact, isChanged: boolean): Promise<boolean> {
    const { content, configured } = artifact;
    if (!isChanged && configured === undefined) return true;
    const stored = await this.#deps.blobs.get(content);
    if (stored === undefined) return false;
    const zip = await this.#deps.bundles.configureBundle(stored, configured);
    if (!isChanged && zip === stored) return true;
    this.#bytes += zip.length;
    if (this.#bytes > LARGEST_PACKAGE) {
      throw new Fault(
        500,
        `The package has more than ${LARGEST_PACKAGE / 1024 / 1024} MB. Export its artifacts one by one.`,
        { reason: 'package_too_large' },
      );
    }
    this.changed.set(id, zip);
    return true;
  }
}

/** Whether a resource's artifact was deleted. One that could not be imported stays in the package. */
async function isRemoved(
  source: ContentPackage,
  resource: PackageResource,
  artifacts: readonly DesignArtifact[],
  bundles: Pick<BundleTools, 'bundleIdentity'>,
): Promise<boolean> {
  const kind = kindOf(resource);
  if (kind === undefined) return false;
  if (artifacts.some(({ id }) => id === resource.uniqueId)) return true;
  return typeof (await readArtifact(source, resource, kind, bundles)) !== 'string';
}

/** Whether an artifact's description was changed; what it was may stand in its bundle. */
async function isDescribedAnew(
  source: ContentPackage,
  resource: PackageResource,
  { kind, description }: DesignArtifact,
  bundles: Pick<BundleTools, 'bundleIdentity'>,
): Promise<boolean> {
  if (description === describedBy(resource)) return false;
  const read = await readArtifact(source, resource, kind, bundles);
  return typeof read === 'string' || read.description !== description;
}

/** The resource as the artifact is. */
function describe(resource: PackageResource, artifact: DesignArtifact): JsonObject {
  const { name, version, description } = artifact;
  const attributes: (readonly [string, string])[] = [];
  if (description !== describedBy(resource)) attributes.push(['Description', description]);
  if (attributeOf(resource, 'BundleVersion') !== undefined) {
    attributes.push(['BundleVersion', version]);
  }
  return {
    ...withAttributes(resource.json, attributes),
    displayName: name,
    semanticVersion: version,
    modifiedBy: artifact.modifiedBy,
    modifiedAt: artifact.modifiedAt,
  };
}

function newResource(artifact: DesignArtifact): JsonObject {
  const { kind, id, uid, name, version, description } = artifact;
  const attributes =
    kind === 'IntegrationFlow'
      ? { nodeType: 'IFLMAP', productProfile: 'iflmap' }
      : { BundleSymbolicName: id, BundleVersion: version };
  const json = {
    ...commonMembers(uid.replaceAll('-', '').toLowerCase(), id),
    name: `${name}.zip`,
    displayName: name,
    semanticVersion: version,
    createdBy: artifact.createdBy,
    createdAt: artifact.createdAt,
    modifiedBy: artifact.modifiedBy,
    modifiedAt: artifact.modifiedAt,
    resourceType: RESOURCE_TYPES[kind],
    contentType: 'application/octet-stream',
  };
  return withAttributes(
    json,
    Object.entries({
      Description: description,
      OriginBundleSymbolicName: id,
      OriginBundleName: name,
      ...attributes,
    }),
  );
}
