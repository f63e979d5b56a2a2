import { build as bundle, type Metafile, type Plugin } from 'esbuild';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/**
 * Builds `dist/`. The new tree is put in place by renaming, so that a host that starts at the same
 * time finds a whole one.
 */
export async function build(): Promise<void> {
  const dist = join(root, 'dist');
  const work = `${dist}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await bundleInto(work, { sourceMaps: true });
    await replace(work, dist);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Writes the functions as one bundle to `folder`, with the rooms in shared chunks that are loaded when
 * they are first needed. `@azure/functions-core` is left to the Functions worker.
 * @returns what has gone into the bundles; paths are relative to the root.
 */
export async function bundleInto(
  folder: string,
  { sourceMaps }: { readonly sourceMaps: boolean },
): Promise<Metafile> {
  const functions = (await readdir(join(root, 'functions'))).filter((f) => f.endsWith('.ts'));
  const { metafile } = await bundle({
    absWorkingDir: root,
    entryPoints: [
      { in: ALL_FUNCTIONS, out: 'functions/all' },
      { in: 'shared/iflow/script/workers/worker.ts', out: 'shared/script-worker' },
      { in: 'shared/iflow/deployment/compile-worker.ts', out: 'shared/compile-worker' },
      { in: 'shared/iflow/check/check-worker.ts', out: 'shared/check-worker' },
      { in: 'shared/iflow/dispatch/address-worker.ts', out: 'shared/address-worker' },
    ],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    chunkNames: 'shared/[name]-[hash]',
    plugins: [asOneModule(functions)],
    alias: sourcesOf('@azure/functions', '@azure/functions-extensions-base'),
    external: ['@azure/functions-core'],
    sourcemap: sourceMaps && 'linked',
    metafile: true,
    // The libraries that are CommonJS call require(); ES modules have none of their own.
    banner: {
      js: "import { createRequire as flowgateCreateRequire } from 'node:module'; const require = flowgateCreateRequire(import.meta.url);",
    },
    legalComments: 'none',
    logLevel: 'warning',
  });
  await copyUnmodified(join(folder, 'shared'));
  return metafile;
}

/** Files that are read beside the workers as their packages have them, by their package. */
const UNMODIFIED: Readonly<Record<string, string>> = {
  'quickjs-wasi': 'quickjs.wasm',
  // Its licence allows passing it on without modification only: it is not to be in a bundle.
  'saxon-js': 'SaxonJS2N.js',
  xslt3: 'xslt3.js',
};

/** Packages of which something is copied rather than bundled. */
export const copiedPackages = Object.keys(UNMODIFIED);

async function copyUnmodified(folder: string): Promise<void> {
  const require = createRequire(import.meta.url);
  await mkdir(folder, { recursive: true });
  await Promise.all(
    Object.entries(UNMODIFIED).map(([name, file]) =>
      copyFile(require.resolve(`${name}/${file}`), join(folder, file)),
    ),
  );
}

const ALL_FUNCTIONS = 'all-functions';

/** One entry for all functions: a cold instance reads and resolves one file instead of one for each. */
function asOneModule(functions: readonly string[]): Plugin {
  return {
    name: ALL_FUNCTIONS,
    setup(building) {
      const namespace = ALL_FUNCTIONS;
      building.onResolve({ filter: new RegExp(`^${ALL_FUNCTIONS}$`) }, ({ path }) => ({
        path,
        namespace,
      }));
      building.onLoad({ filter: /./, namespace }, () => ({
        contents: functions.map((file) => `import './functions/${file}';`).join('\n'),
        resolveDir: root,
      }));
    },
  };
}

/**
 * The Functions library from the sources that its packages carry. Its own bundle is compiled for
 * engines without async functions and private fields: the generators and WeakMaps that stand for
 * them keep every request in memory until V8's next full collection, and cost about half of a token
 * request.
 */
function sourcesOf(...packages: readonly string[]): Record<string, string> {
  const require = createRequire(import.meta.url);
  return Object.fromEntries(
    packages.map((name) => [name, join(require.resolve(name), '..', '..', 'src', 'index.ts')]),
  );
}

/** Puts `from` where `to` is, which may be there already. */
export async function replace(from: string, to: string): Promise<void> {
  const old = `${from}.old`;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await rename(to, old).catch(ignoreMissing);
    try {
      await rename(from, to);
      await rm(old, { recursive: true, force: true });
      return;
    } catch (error) {
      // Another build has put its tree there in between: move that one away as well.
      await rm(old, { recursive: true, force: true });
      if (attempt === 4) throw error;
    }
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

if (import.meta.main) await build();
