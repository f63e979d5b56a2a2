import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleInto, copiedPackages, replace } from './build.ts';
import { describeThirdParties } from './pack/third-parties.ts';

const root = join(import.meta.dirname, '..');

/**
 * `npm run pack`: writes what is deployed, and nothing else, to a folder (`pack/`). All that runs
 * is in the bundles, so there are no dependencies to install. Source maps are left out: they are two
 * thirds of the size, Node would read them only with `--enable-source-maps`, and the bundles, which
 * are not minified, keep every function's name in a stack trace; `npm run build` on the same commit
 * makes them.
 */
export async function pack(folder: string): Promise<void> {
  const work = `${folder}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(work, { recursive: true });
    const metafile = await bundleInto(join(work, 'dist'), { sourceMaps: false });
    const { name, version, description, license, type, main } = JSON.parse(
      await readFile(join(root, 'package.json'), 'utf8'),
    ) as Record<string, unknown>;
    const reduced = { name, version, description, license, private: true, type, main };
    await writeFile(join(work, 'package.json'), `${JSON.stringify(reduced, null, 2)}\n`);
    for (const file of ['host.json', 'LICENSE', 'NOTICE']) await copyFile(join(root, file), join(work, file));
    await writeFile(
      join(work, 'THIRD-PARTY.txt'),
      await describeThirdParties(root, metafile, copiedPackages),
    );
    await mkdir(dirname(folder), { recursive: true });
    await replace(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: 'pack' } } });
  await pack(resolve(root, values.out));
}
