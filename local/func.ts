/**
 * `npm run func`: Flowgate under Azure Functions Core Tools, with Azurite on its standard ports, as
 * in `UseDevelopmentStorage=true`. The settings are in `local.settings.json`, which is made from
 * the example, with keys of its own, where it is missing.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { newSettings } from './func/settings.ts';

const root = join(import.meta.dirname, '..');
const isWindows = process.platform === 'win32';

function hasCoreTools(): boolean {
  return spawnSync('func', ['--version'], { stdio: 'ignore', shell: isWindows }).status === 0;
}

async function makeSettings(): Promise<void> {
  const file = join(root, 'local.settings.json');
  if (existsSync(file)) return;
  const example = await readFile(join(root, 'local.settings.example.json'), 'utf8');
  await writeFile(file, newSettings(example), { mode: 0o600 });
  console.log(`Made ${file}: the first administrator's id and secret are in it.`);
}

async function startAzurite(): Promise<ChildProcess> {
  const location = join(root, '.flowgate-func');
  await mkdir(location, { recursive: true, mode: 0o700 });
  const script = createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js');
  return spawn(
    process.execPath,
    [
      ...[script, '--location', location],
      ...['--silent', '--disableTelemetry', '--skipApiVersionCheck'],
    ],
    // In a group of its own, so that Ctrl-C reaches it only when the host has flushed.
    { stdio: ['ignore', 'ignore', 'inherit'], detached: true },
  );
}

async function main(): Promise<number> {
  if (!hasCoreTools()) {
    console.error(
      'The command "func" is missing: install Azure Functions Core Tools 4 (https://aka.ms/azfunc-install), or use "npm start", which needs nothing.',
    );
    return 1;
  }
  const { build } = await import('../scripts/build.ts');
  await build();
  await makeSettings();
  const azurite = await startAzurite();
  const func = spawn('func', ['start'], { cwd: root, stdio: 'inherit', shell: isWindows });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => func.kill(signal));
  azurite.once('exit', () => func.kill('SIGTERM'));
  const code = await new Promise<number>((resolve) => {
    func.once('exit', (exitCode) => resolve(exitCode ?? 0));
  });
  if (azurite.exitCode === null) {
    const ended = new Promise((resolve) => azurite.once('exit', resolve));
    azurite.kill('SIGTERM');
    await ended;
    return code;
  }
  console.error('Azurite has ended: are its ports 10000 to 10002 in use?');
  return 1;
}

process.exit(await main());
