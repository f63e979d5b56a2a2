import { readFile } from 'node:fs/promises';
import type { ArtifactKind } from '../../shared/iflow/bundle/artifact-kind.ts';
import { bundleIdentity } from '../../shared/iflow/bundle/bundle.ts';
import { LARGEST_PACKAGE, readContentPackage } from '../../shared/iflow/bundle/content-package.ts';
import { BundleFault, OtherZip } from '../../shared/iflow/bundle/fault.ts';
import { readArtifactZip } from '../../shared/iflow/bundle/foreign-zip.ts';
import { kindOf } from '../../shared/iflow/design/package-artifacts.ts';
import { CommandError } from '../api/target.ts';
import { findZips } from '../content/find-zips.ts';

/** One zip, and what it is; its bytes are read again when it is their turn. */
export type Content = { readonly path: string } & (
  | {
      readonly type: 'package';
      readonly id: string;
      readonly artifacts: readonly {
        readonly id: string;
        readonly name: string;
        readonly kind: ArtifactKind;
      }[];
    }
  | {
      readonly type: 'bundle';
      readonly kind: ArtifactKind;
      readonly id: string;
      readonly name: string;
    }
);

/** A zip that holds nothing to import, and why. */
export interface NoContent {
  readonly path: string;
  readonly type: 'none';
  readonly text: string;
  /** Whether it is left out: something else than content, in a folder. One that is damaged is refused. */
  readonly isOther: boolean;
}

/** What is in these zips and folders, each zip by itself. @throws {CommandError} for a path that is not there. */
export async function findContents(paths: readonly string[]): Promise<(Content | NoContent)[]> {
  const contents: (Content | NoContent)[] = [];
  for (const path of paths) {
    const { isFolder, files } = await findZips(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new CommandError(`${path} is not there.`);
    });
    for (const file of files) contents.push(await readContent(file, !isFolder));
  }
  return contents;
}

/** Reads a zip and tells what it is. */
async function readContent(path: string, isNamed: boolean): Promise<Content | NoContent> {
  const zip = await readFile(path);
  try {
    if (readArtifactZip(zip, LARGEST_PACKAGE).has('resources.cnt')) {
      const { self, resources } = await readContentPackage(zip);
      const artifacts = resources.flatMap((resource) => {
        const kind = kindOf(resource);
        if (kind === undefined) return [];
        return [{ id: resource.uniqueId, name: resource.displayName, kind }];
      });
      return { path, type: 'package', id: self.uniqueId, artifacts };
    }
    const { kind, id, name } = bundleIdentity(zip);
    return { path, type: 'bundle', kind, id, name };
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    const isOther = !isNamed && error instanceof OtherZip;
    return { path, type: 'none', text: error.faults.join(' '), isOther };
  }
}
