import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

test('idle workers do not keep the process alive, running ones do', async () => {
  const pool = new URL('../../../shared/iflow/script/workers/pool.ts', import.meta.url).href;
  const program = `
    import { createWorkerPool } from ${JSON.stringify(pool)};
    const engine = createWorkerPool({ workers: 2 });
    const source = 'function processData(m) { m.setBody("ran"); return m; }';
    const message = { body: '', headers: [], properties: [], attachments: [] };
    const limits = { timeoutMs: 5000, memoryBytes: 64 << 20 };
    engine.run({ key: 'k', fileName: 's.js', source, functionName: 'processData', message, limits, services: {} })
      .then(({ body }) => console.log(body));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.deepEqual([code, output], [0, 'ran\n']);
});
