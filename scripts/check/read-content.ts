import { readFile } from 'node:fs/promises';
import { basename, relative } from 'node:path';
import { BundleFault, OtherZip } from '../../shared/iflow/bundle/fault.ts';
import { type Content, readContents } from '../../shared/iflow/check/check-content.ts';
import { findZips } from '../content/find-zips.ts';

/** A zip of the user's and the artifacts in it. */
export interface Source {
  /** The file, as the user knows it. */
  readonly name: string;
  readonly contents: readonly Content[];
}

/**
 * Reads a zip, or all zips below a folder. One in a folder that is neither package nor bundle is told;
 * one that is damaged, or was named itself, is an artifact that cannot be read.
 */
export async function readSources(
  path: string,
  onOther: (source: string, what: string) => void,
): Promise<Source[]> {
  const sources: Source[] = [];
  const { isFolder, files } = await findZips(path);
  for (const file of files) {
    const name = relative(path, file) || file;
    const zip = await readFile(file);
    try {
      sources.push({ name, contents: await readContents(zip) });
    } catch (error) {
      if (!(error instanceof BundleFault)) throw error;
      if (isFolder && error instanceof OtherZip) onOther(name, error.message);
      else sources.push({ name, contents: [{ name: basename(file), zip, type: '', id: '' }] });
    }
  }
  return sources;
}
