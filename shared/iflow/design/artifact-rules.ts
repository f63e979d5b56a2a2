import { Fault } from '../../http/fault.ts';
import { type ArtifactKind, KIND_NOUNS } from '../bundle/artifact-kind.ts';
import { type BundleIdentity, faultsOf } from './bundle-tools.ts';
import type { DesignArtifact } from './design-store.ts';

const LONGEST_NAME = 200;
export const LONGEST_DESCRIPTION = 4000;

/** Bytes of one bundle, at most. */
export const LARGEST_BUNDLE = 40 * 1024 * 1024;

/**
 * Tells the person who sent a bundle what is wrong with it.
 * @param what it was to be.
 */
export async function explainFaults<T>(
  work: () => T | Promise<T>,
  what = 'iFlow bundle',
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const faults = faultsOf(error);
    if (faults === undefined) throw error;
    const text = faults.slice(0, 20).join(' ').slice(0, 4000);
    throw new Fault(400, `This is no ${what} that can be used. ${text}`, {
      reason: 'invalid_bundle',
      cause: error,
    });
  }
}

export function requireId(id: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,119}$/.test(id)) return;
  throw new Fault(
    400,
    "Property 'Id' must begin with a letter or an underscore and have at most 120 letters, digits, underscores, hyphens and periods.",
    { reason: 'invalid_id' },
  );
}

export function requireTexts(given: {
  readonly name: string | undefined;
  readonly description: string | undefined;
}): void {
  const { name, description = '' } = given;
  if (name !== undefined && (name.length > LONGEST_NAME || !/^[^\x00-\x1f\x7f]+$/.test(name))) {
    throw new Fault(
      400,
      `Property 'Name' must have 1 to ${LONGEST_NAME} characters and no control characters.`,
      { reason: 'invalid_name' },
    );
  }
  if (description.length > LONGEST_DESCRIPTION) {
    throw new Fault(400, `Property 'Description' has at most ${LONGEST_DESCRIPTION} characters.`, {
      reason: 'invalid_description',
    });
  }
}

/** An OSGi version; `Active` would be taken for a draft by those who read it. */
export function requireVersion(version: string): void {
  if (/^\d{1,9}(\.\d{1,9}){0,2}(\.[A-Za-z0-9_-]{1,60})?$/.test(version)) return;
  throw new Fault(400, 'A version has the form 1.0.0.', { reason: 'invalid_version' });
}

export function unknownArtifact(): Fault {
  return new Fault(404, 'Integration design time artifact not found.', {
    reason: 'unknown_artifact',
  });
}

export function unknownPackageOf(packageId: string): Fault {
  return new Fault(
    404,
    `There is no integration package with the ID ${packageId.slice(0, 120)}. Create it first.`,
    { reason: 'unknown_package' },
  );
}

/** @throws {Fault} 400 for a bundle that belongs into another collection. */
export function requireKind(identity: BundleIdentity, kind: ArtifactKind): void {
  if (identity.kind === kind) return;
  throw new Fault(
    400,
    `The bundle is ${article(identity.kind)} ${identity.kind}, not ${article(kind)} ${kind}. Send it to ${setOf(identity.kind)}.`,
    { reason: 'invalid_bundle' },
  );
}

/** SAP's own sentence for an Id that is in use. */
export function duplicateArtifact(there: DesignArtifact, packageName: string): Fault {
  const noun = there.kind === 'IntegrationFlow' ? 'integration flow' : KIND_NOUNS[there.kind];
  return new Fault(
    500,
    `${article(noun) === 'an' ? 'An' : 'A'} ${noun} ${there.name} with the artifact ID ${there.id} already exists in the ${packageName} package. To create /upload ${article(noun)} ${noun}, use a different ID.`,
    { reason: 'duplicate' },
  );
}

export function setOf(kind: ArtifactKind): string {
  return `${kind === 'IntegrationFlow' ? 'Integration' : kind}DesigntimeArtifacts`;
}

const article = (noun: string): string => (/^[aeiou]/i.test(noun) ? 'an' : 'a');
