import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { createCompileInWorker } from '../../../shared/iflow/deployment/compile-in-worker.ts';
import type { createWorkerPool } from '../../../shared/iflow/script/workers/pool.ts';
import { freshFolder } from '../../support/folders.ts';
import { mappingBundle, stylesheet } from './stylesheets.ts';

test('the bundled workers find the XSLT processor beside them, to compile and to transform', async (t) => {
  const directory = await freshFolder(t);
  const room = new URL('../../../shared/iflow/', import.meta.url);
  const entry = (path: string): string => fileURLToPath(new URL(path, room));
  await build({
    entryPoints: {
      'compile-in-worker': entry('deployment/compile-in-worker.ts'),
      'compile-worker': entry('deployment/compile-worker.ts'),
      pool: entry('script/workers/pool.ts'),
      'script-worker': entry('script/workers/worker.ts'),
    },
    outdir: directory,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  for (const file of ['saxon-js/SaxonJS2N.js', 'xslt3/xslt3.js', 'quickjs-wasi/quickjs.wasm']) {
    const [name = ''] = file.split('/').slice(-1);
    await copyFile(new URL(import.meta.resolve(file)), join(directory, name));
  }
  const load = async (name: string): Promise<unknown> =>
    import(pathToFileURL(join(directory, `${name}.js`)).href);
  const deploying = (await load('compile-in-worker')) as {
    createCompileInWorker: typeof createCompileInWorker;
  };
  const running = (await load('pool')) as { createWorkerPool: typeof createWorkerPool };

  const compile = deploying.createCompileInWorker({ timeoutMs: 60_000, memoryMb: 512, atOnce: 1 });
  const source = stylesheet('<a><xsl:value-of select="order/@id"/></a>');
  const noCollections = () => Promise.resolve(new Map<string, Uint8Array>());
  const { flow } = await compile('IntegrationFlow', mappingBundle(source), noCollections);
  const resource = flow?.resources['src/main/resources/mapping/Map.xsl'];
  assert.ok(resource !== undefined);

  const engine = running.createWorkerPool({ workers: 2 });
  t.after(() => engine.close());
  const call = {
    body: '<order id="7"/>',
    stylesheet: { name: 'Map.xsl', parameters: [], readsExchange: false, encoding: 'utf-8' },
    parameters: {},
    headers: [],
    properties: [],
    result: 'text',
  } as const;
  const { body } = await engine.tasks.run('xslt', call, { key: 'k', timeoutMs: 60_000, resource });
  assert.equal(body, '<?xml version="1.0" encoding="UTF-8"?><a>7</a>');
});
