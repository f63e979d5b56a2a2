import { join } from 'node:path';
import { pack } from '../scripts/pack.ts';

/** Packs the app as it is deployed. @returns its folder. */
export async function buildApp(say: (line: string) => void): Promise<string> {
  const folder = join(import.meta.dirname, '..', 'pack');
  say('Packing the app…');
  await pack(folder);
  return folder;
}
