import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { createWorkerPool } from '../../../shared/iflow/script/workers/pool.ts';
import { WALK_THROUGH, scriptCall } from './engine.ts';

test('the bundled engine finds its worker and QuickJS beside it', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'flowgate-script-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const room = new URL('../../../shared/iflow/script/workers/', import.meta.url);
  await build({
    entryPoints: {
      pool: fileURLToPath(new URL('pool.ts', room)),
      'script-worker': fileURLToPath(new URL('worker.ts', room)),
    },
    outdir: directory,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
  });
  await copyFile(
    new URL(import.meta.resolve('quickjs-wasi/quickjs.wasm')),
    join(directory, 'quickjs.wasm'),
  );
  const bundle = (await import(pathToFileURL(join(directory, 'pool.js')).href)) as {
    createWorkerPool: typeof createWorkerPool;
  };
  const engine = bundle.createWorkerPool({ workers: 2 });
  t.after(() => engine.close());
  assert.equal((await engine.run(scriptCall(WALK_THROUGH))).body, 'Hello world from IFlow');
  await assert.rejects(engine.run(scriptCall('throw new Error("x");')), {
    message: 'Error: x (script.js:1:11)',
  });
});
