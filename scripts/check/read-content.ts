import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { BundleFault } from '../../shared/iflow/bundle/fault.ts';
import { type Content, readContents } from '../../shared/iflow/check/check-content.ts';
import { findZips } from '../content/find-zips.ts';

/** A zip of the user's and the artifacts in it. */
export interface Source {
  /** The file, as the user knows it. */
  readonly name: string;
  readonly contents: readonly Content[];
}

/** Reads a zip, or all zips below a folder; what is neither package nor bundle is told. */
export async function readSources(
  path: string,
  onOther: (source: string, what: string) => void,
): Promise<Source[]> {
  const sources: Source[] = [];
  for (const file of (await findZips(path)).files) {
    const name = relative(path, file) || file;
    try {
      sources.push({ name, contents: await readContents(await readFile(file)) });
    } catch (error) {
      if (!(error instanceof BundleFault)) throw error;
      onOther(name, error.message);
    }
  }
  return sources;
}
