import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';

const local = join(import.meta.dirname, '../../local');

/** A checkout with one dependency, and an `npm` that installs it and notes that it was called. */
function makeCheckout(t: TestContext): {
  root: string;
  readonly npmCalls: () => string[];
  readonly lock: (version: string) => void;
} {
  const root = mkdtempSync(join(tmpdir(), 'flowgate-run-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const folder of ['local', 'bin']) mkdirSync(join(root, folder));
  for (const file of ['run.mjs', 'file-lock.mjs'])
    copyFileSync(join(local, file), join(root, 'local', file));
  const calls = join(root, 'npm-calls');
  writeFileSync(
    join(root, 'bin', 'npm'),
    `#!/bin/sh\necho "$@" >> '${calls}'\nsleep 0.2\nmkdir -p node_modules\ncp package-lock.json node_modules/.package-lock.json\necho noise\n`,
  );
  chmodSync(join(root, 'bin', 'npm'), 0o755);
  writeFileSync(
    join(root, 'script.ts'),
    'const [, , ...args]: string[] = process.argv;\nprocess.on("SIGTERM", () => process.exit(33));\nconsole.log(JSON.stringify(args));\nif (args[0] === "wait") setInterval(() => undefined, 1000);\nelse process.exitCode = Number(args[0] ?? 0);\n',
  );
  const lock = (version: string): void => {
    const packages = { '': {}, 'node_modules/one': { version } };
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
  };
  lock('1.0.0');
  return {
    root,
    lock,
    npmCalls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : []),
  };
}

const environment = (root: string): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_COMPILE_CACHE: undefined,
  NODE_ENV: 'production',
  PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
});

const start = (root: string, ...args: string[]): ReturnType<typeof spawn> =>
  spawn(process.execPath, ['local/run.mjs', 'script.ts', ...args], {
    cwd: root,
    env: environment(root),
    stdio: ['ignore', 'pipe', 'ignore'],
  });

const run = (root: string, ...args: string[]): ReturnType<typeof spawnSync> =>
  spawnSync(process.execPath, ['local/run.mjs', ...args], {
    cwd: root,
    env: environment(root),
    encoding: 'utf8',
  });

suite('run.mjs', { concurrency: 2 }, () => {
  test('installs what is missing or out of date, with dev and optional packages, and only then', (t) => {
    const { root, npmCalls, lock } = makeCheckout(t);
    const first = run(root, 'script.ts', '0', '--flag', 'a b');
    assert.equal(first.stdout, '["0","--flag","a b"]\n', 'npm keeps off stdout');
    assert.equal(first.status, 0);
    assert.deepEqual(npmCalls(), [
      'ci --include=dev --include=optional --no-audit --loglevel=error',
    ]);
    run(root, 'script.ts');
    assert.equal(npmCalls().length, 1);
    lock('1.0.1');
    run(root, 'script.ts');
    assert.equal(npmCalls().length, 2);
  });

  test('installs once when two start at the same time', async (t) => {
    const { root, npmCalls } = makeCheckout(t);
    const children = [start(root), start(root)];
    const codes = await Promise.all(children.map((child) => once(child, 'exit')));
    assert.deepEqual(codes, [
      [0, null],
      [0, null],
    ]);
    assert.equal(npmCalls().length, 1);
  });

  test("exits with the script's code, and 1 with a clear text without a script", (t) => {
    const { root } = makeCheckout(t);
    assert.equal(run(root, 'script.ts', '7').status, 7);
    const without = run(root);
    assert.equal(without.status, 1);
    assert.match(String(without.stderr), /^Usage: node local\/run\.mjs/);
  });

  test('hands what stands before the script to Node.js, and keeps its compiled code', (t) => {
    const { root } = makeCheckout(t);
    writeFileSync(join(root, 'options.ts'), 'console.log(process.execArgv.join());\n');
    const { stdout } = run(root, '--max-semi-space-size=4', 'options.ts');
    assert.equal(stdout, '--max-semi-space-size=4\n');
    assert.ok(existsSync(join(root, 'node_modules', '.cache', 'node-compile')));
  });

  test('passes SIGTERM on', async (t) => {
    const { root } = makeCheckout(t);
    const child = start(root, 'wait');
    assert.ok(child.stdout);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [33, null]);
  });
});
