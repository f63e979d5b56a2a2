import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pack } from '../../scripts/pack.ts';
import { testStorage } from '../support/azurite.ts';
import { freshFolder } from '../support/folders.ts';
import { startInstance } from '../support/instance.ts';
import { runMainJob } from '../support/main-job.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
let files: string[];

before(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'flowgate-pack-')), 'pack');
  await pack(folder);
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  files = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
});

after(() => rm(join(folder, '..'), { recursive: true, force: true }));

test('the main job works from the pack alone, far from any node_modules', async (t) => {
  const app = join(await freshFolder(t), 'wwwroot');
  await cp(folder, app, { recursive: true });
  const instance = await startInstance(await testStorage(), {}, { app });
  await runMainJob(instance);
  await instance.stop();
});

test('the pack holds the functions, what they load, and nothing else', async () => {
  const entries = ['dist/functions/all.js', ...workersOf(files)];
  const code = new Map(
    await Promise.all(
      files
        .filter((file) => file.endsWith('.js'))
        .map(async (file) => [file, await readFile(join(folder, file), 'utf8')] as const),
    ),
  );
  const loaded = new Set(entries);
  for (const file of loaded) {
    for (const [, path = ''] of (code.get(file) ?? '').matchAll(
      /(?:from |import\(|import )"(\.[^"]+)"/g,
    )) {
      loaded.add(new URL(path, `file:///${file}`).pathname.slice(1));
    }
  }
  assert.deepEqual(
    files,
    [
      ...loaded,
      'LICENSE',
      'NOTICE',
      'THIRD-PARTY.txt',
      'dist/shared/SaxonJS2N.js',
      'dist/shared/quickjs.wasm',
      'dist/shared/xslt3.js',
      'host.json',
      'package.json',
    ].sort(),
  );
  assert.equal(workersOf(files).length, 4);
});

/** Loaded by name, as threads. */
const workersOf = (paths: readonly string[]): readonly string[] =>
  paths.filter((path) => /^dist\/shared\/[a-z]+-worker\.js$/.test(path));

test('its package.json wants nothing installed, and its host.json is the one that is tested', async () => {
  const { version, main } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string;
    main: string;
  };
  assert.deepEqual(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')), {
    name: 'flowgate',
    version,
    description: 'A cloud-hosted OAuth 2.0 facade for integration flows, on Azure Functions',
    license: 'Apache-2.0',
    private: true,
    type: 'module',
    main,
  });
  const host = await readFile(join(root, 'host.json'));
  assert.deepEqual(await readFile(join(folder, 'host.json')), host);
});

test('nothing in it tells of the machine that made it', async () => {
  for (const file of files) {
    assert.ok(!(await readFile(join(folder, file))).includes(root), file);
  }
});

test('the XSLT processor is in it as its packages have it, and in no bundle', async () => {
  for (const [name, file] of [
    ['saxon-js', 'SaxonJS2N.js'],
    ['xslt3', 'xslt3.js'],
  ] as const) {
    const original = await readFile(join(root, 'node_modules', name, file));
    assert.ok(original.equals(await readFile(join(folder, 'dist/shared', file))), file);
  }
  for (const file of files.filter((one) => one.endsWith('.js') && !/SaxonJS2N|xslt3/.test(one))) {
    assert.ok((await readFile(join(folder, file))).indexOf('Saxonica') < 0, file);
  }
});

test('THIRD-PARTY.txt names what is in the bundles with version, licence and text, and no tool', async () => {
  const text = await readFile(join(folder, 'THIRD-PARTY.txt'), 'utf8');
  for (const name of ['@azure/data-tables', '@azure/functions', 'jsonwebtoken', 'quickjs-wasi']) {
    const { version } = JSON.parse(
      await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8'),
    ) as { version: string };
    const part = text.split(/^-{78}$/m).find((each) => each.includes(`\n${name} ${version} (`));
    assert.match(part ?? '', /permission/i, name);
  }
  for (const name of ['saxon-js', 'xslt3']) {
    const part = text.split(/^-{78}$/m).find((each) => each.includes(`\n${name} 2.7.0 (`));
    assert.match(
      part ?? '',
      /Copyright: The copyright in the Software belongs to Saxonica Ltd/,
      name,
    );
    assert.match(part ?? '', /DISCLAIMER/, name);
  }
  assert.doesNotMatch(text, /\n(esbuild|azurite|typescript|eslint|@azure\/identity) /);
});
