import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startAzurite } from '../test/support/azurite.ts';

/**
 * `npm run fuzz -- --runs 20000 --seed 7`: the property tests of test/fuzz with many cases and a
 * seed of their own, which is printed: with the same seed and runs they do the same again.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    },
  });
  const root = join(import.meta.dirname, '..');
  const files = globSync('test/fuzz/*.test.ts', { cwd: root }).sort();
  console.log(`npm run fuzz -- --runs ${values.runs} --seed ${values.seed}`);
  const azurite = await startAzurite();
  try {
    const runner = spawn(process.execPath, ['--test', ...files], {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        FLOWGATE_TEST_STORAGE: azurite.connectionString,
        FLOWGATE_FUZZ_RUNS: values.runs,
        FLOWGATE_FUZZ_SEED: values.seed,
      },
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => runner.kill(signal));
    }
    return await new Promise<number>((resolve, reject) => {
      runner.on('error', reject);
      runner.on('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    azurite.stop();
  }
}

process.exitCode = await main();
