import type { Metafile } from 'esbuild';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Licences that may be passed on inside an Apache-2.0 work with nothing but their texts. */
const ALLOWED = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']);
/** Proprietary, and allowed to be passed on unmodified as part of an application: NOTICE says so. */
const UNMODIFIED = new Set(['saxon-js', 'xslt3']);
const LICENCE_FILE = /^(licen[cs]e|copying|notice|thirdpartynotice)/i;

/**
 * Names every package that has gone into the bundles, with the licence texts that come with it.
 * @param others packages of which something is copied rather than bundled.
 * @throws {Error} for a package whose licence is unknown or not allowed, and for one in a bundle that
 *   may only be passed on as it is.
 */
export async function describeThirdParties(
  root: string,
  metafile: Metafile,
  others: readonly string[],
): Promise<string> {
  const folders = new Set(others.map((name) => `node_modules/${name}`));
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      // The package is what follows the last node_modules: one may have its own copy of another.
      const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
      if (folder === undefined || bytesInOutput === 0) continue;
      const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
      if (UNMODIFIED.has(name)) throw new Error(`${name} is in a bundle, which modifies it`);
      folders.add(folder);
    }
  }
  const parts = await Promise.all(
    [...folders].sort().map((folder) => describePackage(join(root, folder))),
  );
  return `Flowgate contains the work of others, under the licences given here.\n${[...new Set(parts)].join('')}`;
}

async function describePackage(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  ) as { name: string; version: string; license?: unknown };
  if (typeof license !== 'string' || !(ALLOWED.has(license) || UNMODIFIED.has(name))) {
    throw new Error(`${name} ${version} has the licence ${JSON.stringify(license)}: not allowed`);
  }
  const files = (await readdir(folder)).filter((file) => LICENCE_FILE.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const line = '-'.repeat(78);
  return `\n${line}\n${name} ${version} (${license})\n\n${texts.map((text) => text.trim()).join('\n\n')}\n`;
}
