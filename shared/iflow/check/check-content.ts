import { bundleIdentity } from '../bundle/bundle.ts';
import {
  DIRECTORY,
  LARGEST_PACKAGE,
  readContent,
  readContentPackage,
} from '../bundle/content-package.ts';
import { BundleFault } from '../bundle/fault.ts';
import { readArtifactZip } from '../bundle/foreign-zip.ts';
import { readCollection } from '../bundle/script-collection.ts';
import { kindOf } from '../design/package-artifacts.ts';
import type { ResourceFiles } from '../steps/compiler.ts';
import { checkBundle, type CheckOptions, type FlowReport } from './check-bundle.ts';

/** An artifact of a zip: its bytes, or why there are none. */
export interface Content {
  readonly name: string;
  readonly zip: Uint8Array;
  /** `SAP-BundleType`; '' for a bundle that cannot be read. */
  readonly type: string;
  readonly id: string;
}

/** The artifacts of an integration package, or the one that a bundle is. @throws {BundleFault} */
export async function readContents(zip: Uint8Array): Promise<Content[]> {
  if (!readArtifactZip(zip, LARGEST_PACKAGE).has(DIRECTORY)) return [contentOf('', zip)];
  const content = await readContentPackage(zip);
  const artifacts = content.resources.filter((resource) => kindOf(resource) !== undefined);
  return Promise.all(
    artifacts.map(async (resource) => {
      const { displayName } = resource;
      try {
        return contentOf(displayName, await readContent(content, resource));
      } catch (error) {
        if (!(error instanceof BundleFault)) throw error;
        return { name: displayName, zip: new Uint8Array(), type: '', id: '' };
      }
    }),
  );
}

function contentOf(displayName: string, zip: Uint8Array): Content {
  try {
    const { kind, id, name } = bundleIdentity(zip);
    return { name, zip, type: kind, id };
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    return { name: displayName, zip, type: '', id: '' };
  }
}

/** The script collections among artifacts, by their ids. */
export function collectionsOf(contents: readonly Content[]): Map<string, ResourceFiles> {
  return new Map(
    contents
      .filter(({ type }) => type === 'ScriptCollection')
      .map(({ id, zip }) => [id, readCollection(zip)]),
  );
}

/** Checks the iFlows among artifacts. */
export async function checkContents(
  contents: readonly Content[],
  options: CheckOptions,
): Promise<FlowReport[]> {
  const reports: FlowReport[] = [];
  for (const { name, type, zip } of contents) {
    if (type !== 'IntegrationFlow' && type !== '') continue;
    const report = await checkBundle(zip, options);
    reports.push({ ...report, name: report.name || name });
  }
  return reports;
}
