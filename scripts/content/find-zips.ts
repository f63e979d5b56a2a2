import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The file itself, or all zips in a folder and below it, in order. */
export async function findZips(path: string): Promise<{
  readonly isFolder: boolean;
  readonly files: readonly string[];
}> {
  if (!(await stat(path)).isDirectory()) return { isFolder: false, files: [path] };
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /\.zip$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return { isFolder: true, files };
}
