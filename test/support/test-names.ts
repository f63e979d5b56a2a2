import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Names of the tests of a file, and of its tables of refusals, as they stand in its source. */
export function namesIn(file: string): readonly string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const calls = source.matchAll(/\btest\(\s*(['`])(.+?)\1,/gs);
  const members = source.matchAll(/^ {2}(')([^']+)': \{/gm);
  return [...calls, ...members].map(([, , name]) => name ?? '');
}

/**
 * Whether a file has a test of that name. Where the name is made for each of several cases, the text of
 * the case has to be in the file as well.
 */
export function hasTest(file: string, name: string): boolean {
  const text = readFileSync(join(root, file), 'utf8');
  return namesIn(file).some((source) => {
    if (source === name) return true;
    if (!source.includes('${')) return false;
    const parts = source
      .split(/\$\{[^}]*\}/)
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    const cases = new RegExp(`^${parts.join('(.+)')}$`).exec(name)?.slice(1);
    return cases?.every((one) => text.includes(one.replace(/^"(.*)"$/, '$1'))) === true;
  });
}
