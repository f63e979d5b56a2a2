import type { ArtifactKind } from './artifact-kind.ts';
import { BundleFault } from './fault.ts';
import { readArtifactZip } from './foreign-zip.ts';
import { inflateInWorker, type ZipEntry } from './unzip.ts';

/** Bytes of a package's zip: in base64 it fits into one request. */
export const LARGEST_PACKAGE = 64 * 1024 * 1024;
/** Bytes of resources.cnt, decoded; the largest that SAP publishes has 250,000. */
const LARGEST_DIRECTORY = 8 * 1024 * 1024;
const MOST_RESOURCES = 5000;
const DEEPEST = 50;

export const DIRECTORY = 'resources.cnt';

/** The export of an integration package: resources.cnt says what is in it. */
export interface ContentPackage {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** resources.cnt as it stands there, with members that nobody here knows. */
  readonly directory: JsonObject;
  readonly resources: readonly PackageResource[];
  /** The one resource that describes the package itself. */
  readonly self: PackageResource;
}

/** One resource: the package itself, an artifact, a document, a link. */
export interface PackageResource {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly type: string;
  /** `uniqueId`: the artifact's Id, the package's Id. */
  readonly uniqueId: string;
  readonly displayName: string;
  /** As it stands in resources.cnt. */
  readonly json: JsonObject;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Kinds of artifacts as resources.cnt names them. */
export const RESOURCE_TYPES: Readonly<Record<ArtifactKind, string>> = {
  IntegrationFlow: 'IFlow',
  ScriptCollection: 'ScriptCollection',
  ValueMapping: 'ValueMapping',
  MessageMapping: 'MessageMapping',
};

/** Reads what a package has in it; of its files only resources.cnt. @throws {BundleFault} */
export async function readContentPackage(zip: Uint8Array): Promise<ContentPackage> {
  const entries = readArtifactZip(zip, LARGEST_PACKAGE);
  const entry = entries.get(DIRECTORY);
  if (entry === undefined) {
    throw new BundleFault([
      'This is the bundle of one artifact, not an integration package. Create it with IntegrationDesigntimeArtifacts.',
    ]);
  }
  if (entry.size > (LARGEST_DIRECTORY / 3) * 4) throw directoryFault('is too large');
  const directory = parseDirectory(Buffer.from(await inflateInWorker(entry)).toString('latin1'));
  const listed = directory['resources'];
  if (!Array.isArray(listed)) throw directoryFault('lists no resources');
  if (listed.length > MOST_RESOURCES) {
    throw directoryFault(`lists more than ${MOST_RESOURCES} resources`);
  }
  const resources = listed.map(readResource);
  const ids = new Set(resources.map(({ id }) => id));
  if (ids.size < resources.length) throw directoryFault('has two resources of the same id');
  const [self, second] = resources.filter(({ type }) => type === 'ContentPackage');
  if (self === undefined) throw directoryFault('does not say which package it is');
  if (second !== undefined) throw directoryFault('describes more than one package');
  return { entries, directory, resources, self };
}

/** The name of the entry that holds a resource's content. */
export const contentEntry = (id: string): string => `${id}_content`;

/** A resource's content. @throws {BundleFault} when it is not there or damaged. */
export async function readContent(
  { entries }: ContentPackage,
  { id }: PackageResource,
): Promise<Uint8Array> {
  const entry = entries.get(contentEntry(id));
  if (entry === undefined) throw new BundleFault([`The package has no file ${contentEntry(id)}.`]);
  return inflateInWorker(entry);
}

/** An attribute of a resource; several values with commas between them. */
export function attributeOf({ json }: PackageResource, name: string): string | undefined {
  const attributes = json['additionalAttributes'];
  if (!isObject(attributes) || !Object.hasOwn(attributes, name)) return undefined;
  const attribute = attributes[name];
  const values = isObject(attribute) ? attribute['attributeValues'] : undefined;
  if (!Array.isArray(values)) return undefined;
  return values.filter((value) => typeof value === 'string').join(',');
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readResource(json: unknown): PackageResource {
  if (!isObject(json)) throw directoryFault('has a resource that is none');
  const text = (name: string): string => {
    const value = json[name];
    return typeof value === 'string' ? value : '';
  };
  const id = text('id');
  if (!/^[0-9a-f]{32}$/i.test(id)) {
    throw directoryFault('has a resource without an id of 32 hexadecimal digits');
  }
  return {
    id,
    type: text('resourceType'),
    uniqueId: text('uniqueId') || text('name'),
    displayName: text('displayName') || text('name'),
    json,
  };
}

function parseDirectory(base64: string): JsonObject {
  const packed = base64.trim();
  const bytes = Buffer.from(packed, 'base64');
  // Buffer skips what is not base64: encoding it again shows whether anything was.
  if (bytes.length === 0 || bytes.toString('base64') !== packed) {
    throw directoryFault('is not base64');
  }
  const text = bytes.toString('utf8');
  if (depthOf(text) > DEEPEST) throw directoryFault(`is nested more than ${DEEPEST} deep`);
  let directory: unknown;
  try {
    directory = JSON.parse(text);
  } catch (cause) {
    throw directoryFault('is not JSON', cause);
  }
  if (!isObject(directory)) throw directoryFault('is not a JSON object');
  return directory;
}

/** How deep brackets are nested, those in texts left out. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text.charAt(i);
    if (quoted) {
      if (sign === '\\') i += 1;
      else if (sign === '"') quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === '[' || sign === '{') deepest = Math.max(deepest, ++depth);
    else if (sign === ']' || sign === '}') depth -= 1;
  }
  return deepest;
}

function directoryFault(clause: string, cause?: unknown): BundleFault {
  return new BundleFault(
    [`${DIRECTORY} in the package ${clause}. Export the package once more.`],
    cause,
  );
}
