import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { startAzurite } from '../test/support/azurite.ts';
import { build } from './build.ts';

/**
 * `npm test`: builds the app, starts one Azurite for the whole run and hands all test files (or
 * those named on the command line) to Node's test runner. Options beginning with `--` are the
 * runner's own, such as `--test-name-pattern`.
 */
async function main(): Promise<number> {
  const root = join(import.meta.dirname, '..');
  const named = process.argv.slice(2);
  const options = named.filter((word) => word.startsWith('--'));
  const patterns = named.filter((word) => !word.startsWith('--'));
  const files = globSync(patterns.length > 0 ? patterns : ['test/**/*.test.ts'], {
    cwd: root,
  }).sort();
  if (files.length === 0) {
    console.error(`No test file matches ${patterns.join(' ')}.`);
    return 1;
  }
  await build();
  const azurite = await startAzurite();
  try {
    // Tests wait for storage and processes more than they compute: more at once than cores.
    const runner = spawn(
      process.execPath,
      ['--test', '--test-concurrency=4', ...options, ...files],
      {
        cwd: root,
        stdio: 'inherit',
        env: { ...process.env, FLOWGATE_TEST_STORAGE: azurite.connectionString },
      },
    );
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => runner.kill(signal));
    return await new Promise<number>((resolve, reject) => {
      runner.on('error', reject);
      runner.on('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    azurite.stop();
  }
}

process.exitCode = await main();
