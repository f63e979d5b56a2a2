/** `npm run test:remote`: see `USAGE`, and docs/remote-tests.md. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MARK, newMark } from '../test/support/target.ts';
import { cleanUp } from './test-remote/clean-up.ts';
import { lookAt, Refused } from './test-remote/look-at.ts';
import { readSuites } from './test-remote/suites.ts';

const USAGE = `Usage: npm run test:remote -- <base URL> [test file…] [--test-name-pattern=…] [--clean <mark>]

  FLOWGATE_REMOTE_CLIENT_ID      a client with the role AuthGroup.Administrator
  FLOWGATE_REMOTE_CLIENT_SECRET  its secret
  NODE_EXTRA_CA_CERTS            a file with the CA that has signed the certificate, if Node does not know it

  --clean <mark>  runs no test, but removes what a run that was killed has left
`;

const root = join(import.meta.dirname, '..');

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const [given, ...named] = positionals;
  const id = process.env['FLOWGATE_REMOTE_CLIENT_ID'] ?? '';
  const secret = process.env['FLOWGATE_REMOTE_CLIENT_SECRET'] ?? '';
  if (given === undefined) throw new Refused(`The base URL is missing.\n\n${USAGE}`);
  if (id === '' || secret === '') {
    throw new Refused(
      `FLOWGATE_REMOTE_CLIENT_ID and FLOWGATE_REMOTE_CLIENT_SECRET are not set.\n\n${USAGE}`,
    );
  }
  const place = await lookAt(given, { id, secret });
  if (values.clean !== undefined) {
    if (!MARK.test(values.clean)) throw new Refused(`"${values.clean}" is no mark of a run.`);
    console.log(`Removed: ${(await cleanUp(place, values.clean)).length}.`);
    return 0;
  }

  const { remote, leftOut } = readSuites(root);
  const mark = newMark();
  console.log(`Flowgate at ${place.url}, subscription ${place.subscriptions.iflmap}.`);
  console.log(`What this run makes is called ${mark}… and removed at the end.\n`);
  if (named.length === 0) {
    console.log(`${remote.length} test files; left out:`);
    for (const { file, reason } of leftOut) console.log(`  ${file}: ${reason}`);
    console.log();
  }

  const folder = await mkdtemp(join(tmpdir(), 'flowgate-remote-'));
  const failures = join(folder, 'failures.json');
  await writeFile(failures, '[]');
  let code = 1;
  try {
    const pattern = values['test-name-pattern'];
    code = await run(
      [
        ...(pattern === undefined ? [] : [`--test-name-pattern=${pattern}`]),
        ...(named.length > 0 ? named : remote),
      ],
      {
        FLOWGATE_REMOTE_URL: place.url,
        FLOWGATE_REMOTE_MARK: mark,
        FLOWGATE_REMOTE_FAILURES: failures,
      },
    );
  } finally {
    const removed = await cleanUp(place, mark);
    console.log(`Removed what the run had made: ${removed.length}.`);
    await rm(folder, { recursive: true });
  }
  return code;
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { clean: { type: 'string' }, 'test-name-pattern': { type: 'string' } },
    });
  } catch (error) {
    if (error instanceof TypeError) throw new Refused(`${error.message}\n\n${USAGE}`);
    throw error;
  }
}

/** One file after the other: others use the deployment too, and failed sign-ins are paced. */
async function run(files: readonly string[], env: Record<string, string>): Promise<number> {
  const pace = join(root, 'test', 'support', 'pace-failures.ts');
  const runner = spawn(
    process.execPath,
    ['--test', '--test-concurrency=1', '--import', pace, ...files],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } },
  );
  // The runner gets Ctrl-C from the terminal itself; what it has made is removed all the same.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => runner.kill('SIGTERM'));
  return new Promise<number>((resolve, reject) => {
    runner.on('error', reject);
    runner.on('exit', (code) => resolve(code ?? 1));
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
