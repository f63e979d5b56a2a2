import { Fault } from '../../http/fault.ts';
import { type ArtifactKind, ARTIFACT_KINDS } from '../bundle/artifact-kind.ts';
import {
  attributeOf,
  type ContentPackage,
  type PackageResource,
  readContent,
  RESOURCE_TYPES,
} from '../bundle/content-package.ts';
import { LONGEST_DESCRIPTION, requireId, requireTexts, requireVersion } from './artifact-rules.ts';
import { type BundleTools, faultsOf } from './bundle-tools.ts';

/** An artifact of a package that can be kept. */
export interface PackagedArtifact {
  readonly resource: PackageResource;
  readonly kind: ArtifactKind;
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly zip: Uint8Array;
}

/** What an import has to say of one artifact. */
export interface ImportMessage {
  /** `error` for one that was not imported. */
  readonly severity: 'error' | 'warning';
  readonly resourceType: string;
  readonly artifactId: string;
  readonly artifactName: string;
  readonly text: string;
}

/** The kind of a resource; undefined for documents, links and the package itself. */
export function kindOf({ type }: PackageResource): ArtifactKind | undefined {
  return ARTIFACT_KINDS.find((kind) => RESOURCE_TYPES[kind] === type);
}

/** What a package says of an artifact beside its bundle. */
export function describedBy(resource: PackageResource): string {
  return (attributeOf(resource, 'Description') ?? '').slice(0, LONGEST_DESCRIPTION);
}

/** Reads every artifact of a package. One that is damaged is told of, and the others are read. */
export async function readArtifacts(
  source: ContentPackage,
  bundles: Pick<BundleTools, 'bundleIdentity'>,
): Promise<{ readonly artifacts: PackagedArtifact[]; readonly messages: ImportMessage[] }> {
  const artifacts: PackagedArtifact[] = [];
  const messages: ImportMessage[] = [];
  const seen = new Set<string>();
  for (const resource of source.resources) {
    const kind = kindOf(resource);
    if (kind === undefined) continue;
    const read = await readArtifact(source, resource, kind, bundles);
    if (typeof read === 'string') messages.push(errorOf(resource, read));
    else if (seen.has(read.id)) {
      messages.push(errorOf(resource, `The package has two artifacts with the ID ${read.id}.`));
    } else {
      seen.add(read.id);
      artifacts.push(read);
    }
  }
  return { artifacts, messages };
}

/** @returns what is wrong with it, if it cannot be kept. */
export async function readArtifact(
  source: ContentPackage,
  resource: PackageResource,
  kind: ArtifactKind,
  bundles: Pick<BundleTools, 'bundleIdentity'>,
): Promise<PackagedArtifact | string> {
  try {
    const zip = await readContent(source, resource);
    const identity = await bundles.bundleIdentity(zip);
    if (identity.kind !== kind) {
      return `The package lists it as ${RESOURCE_TYPES[kind]}, and its bundle is a ${identity.kind}.`;
    }
    const { id, name, version } = identity;
    requireId(id);
    requireVersion(version);
    requireTexts({ name, description: undefined });
    const description = describedBy(resource) || identity.description.slice(0, LONGEST_DESCRIPTION);
    return { resource, kind, id, name, version, description, zip };
  } catch (error) {
    if (error instanceof Fault) return error.message;
    const faults = faultsOf(error);
    if (faults === undefined) throw error;
    return faults.join(' ').slice(0, 1000);
  }
}

function errorOf({ type, uniqueId, displayName }: PackageResource, text: string): ImportMessage {
  return {
    severity: 'error',
    resourceType: type,
    artifactId: uniqueId.slice(0, 200),
    artifactName: displayName.slice(0, 200),
    text,
  };
}
