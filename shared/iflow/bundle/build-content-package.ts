import { createHash } from 'node:crypto';
import {
  type ContentPackage,
  contentEntry,
  DIRECTORY,
  isObject,
  type JsonObject,
  type PackageResource,
} from './content-package.ts';
import type { ZipEntry } from './unzip.ts';
import { deflateEntry, storeEntry, writeZip } from './zip.ts';

/** What differs between a package as it was imported and as it is. */
export interface PackageChanges {
  readonly self: JsonObject;
  /** Resources that are described anew, by their id. */
  readonly described: ReadonlyMap<string, JsonObject>;
  /** Resources whose bundle is another. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** Ids of resources that are gone. */
  readonly removed: ReadonlySet<string>;
  readonly added: readonly JsonObject[];
}

/**
 * The zip of a package with its changes: resources.cnt and the changed bundles are written anew, every
 * other file is copied as it is packed. That includes `hash`: its first digest belongs to
 * resources.cnt, and how SAP computes it is not public.
 */
export function rebuildPackage(source: ContentPackage, changes: PackageChanges): Uint8Array {
  const entries = new Map<string, ZipEntry>();
  const added = changes.added.map(({ id }) => contentEntry(String(id)));
  const removed = new Set([...changes.removed].map(contentEntry));
  const contents = new Map(
    [...changes.contents].map(([id, zip]) => [contentEntry(id), zip] as const),
  );
  const put = (name: string): void => {
    const content = contents.get(name);
    if (content !== undefined) entries.set(name, storeEntry(name, content));
  };
  for (const [name, entry] of source.entries) {
    if (name === DIRECTORY) {
      added.forEach(put);
      entries.set(name, deflateEntry(name, writeDirectory(source, changes)));
    } else if (!removed.has(name)) {
      entries.set(name, entry);
      put(name);
    }
  }
  return writeZip(entries.values());
}

function writeDirectory({ directory, resources, self }: ContentPackage, changes: PackageChanges) {
  const { removed, described, added } = changes;
  const kept = resources
    .filter(({ id }) => !removed.has(id))
    .map(({ id, json }) => (id === self.id ? changes.self : (described.get(id) ?? json)));
  const relations: readonly unknown[] = Array.isArray(directory['relations'])
    ? directory['relations']
    : [];
  const related = relations.filter(
    (relation) => !isObject(relation) || !removed.has(String(relation['targetId'])),
  );
  return encode({
    ...directory,
    resources: [...kept, ...added],
    relations: [...related, ...added.map(({ id }) => aggregation(self.id, String(id)))],
  });
}

/** A package that was made here, with nothing in it yet; `rebuildPackage` puts its artifacts in. */
export function emptyPackage(id: string, at: { readonly name: string; readonly now: number }) {
  const resourceId = createHash('sha256')
    .update(`package ${id}`, 'utf8')
    .digest('hex')
    .slice(0, 32);
  const json: JsonObject = {
    ...commonMembers(resourceId, id),
    name: id,
    displayName: id,
    semanticVersion: '1.0.0',
    additionalAttributes: {
      category: { isExtendedLargeAttribute: false, attributeValues: ['Integration'] },
    },
    resourceType: 'ContentPackage',
  };
  const self: PackageResource = {
    id: resourceId,
    type: 'ContentPackage',
    uniqueId: id,
    displayName: id,
    json,
  };
  const metadata = [
    '-- listing properties --',
    'ExportModelVersion=1.0.0',
    'ResourceClassVersion=1.2.0',
    'RelationClassVersion=1.0.0',
    'EncodingVersion=1.0.0',
    'Organization=',
    'Environment=Flowgate',
  ];
  const directory: JsonObject = { resources: [json], relations: [] };
  const entries = [
    deflateEntry(DIRECTORY, encode(directory)),
    deflateEntry('contentmetadata.md', toBase64(`${metadata.join('\n')}\n`)),
    deflateEntry(
      'ExportInformation.info',
      `Name= ${at.name}\nDate= ${new Date(at.now).toUTCString()}\n`,
    ),
  ];
  const source: ContentPackage = {
    entries: new Map(entries.map((entry) => [entry.name, entry])),
    directory,
    resources: [self],
    self,
  };
  return source;
}

/** What every resource has. */
export function commonMembers(id: string, uniqueId: string): JsonObject {
  return {
    version: 1,
    revision: 0,
    masterId: `${id}:${id}:1`,
    versionComment: '',
    id,
    uniqueId,
    privilegeState: 'EDIT_ALLOWED',
    isRestricted: false,
    isGroupDefault: false,
    resourceReferences: [],
  };
}

const aggregation = (sourceId: string, targetId: string): JsonObject => ({
  sourceId,
  targetId,
  relationType: 'AGGREGATION',
  RelationName: 'Default',
});

const encode = (directory: JsonObject): string => toBase64(JSON.stringify(directory));
const toBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
