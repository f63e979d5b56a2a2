import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Suites {
  /** Paths from the root of the repository. */
  readonly remote: readonly string[];
  readonly leftOut: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * The test files that speak HTTP with an instance: those that take any deployment (`export const
 * REMOTE = true`) and those that do not (`export const LOCAL_ONLY = '<reason>'`). They are read as
 * text, since loading a test file runs it. Files with neither have nothing to do with instances.
 */
export function readSuites(root: string): Suites {
  const remote: string[] = [];
  const leftOut: { file: string; reason: string }[] = [];
  for (const file of globSync('test/{http,conformance,hostile}/*.test.ts', { cwd: root }).sort()) {
    const source = readFileSync(join(root, file), 'utf8');
    const reason = /^export const LOCAL_ONLY =\s+'([^']+)';$/m.exec(source)?.[1];
    if (reason !== undefined) leftOut.push({ file, reason });
    else if (/^export const REMOTE = true;$/m.test(source)) remote.push(file);
  }
  return { remote, leftOut };
}
