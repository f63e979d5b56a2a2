/**
 * `node local/run.mjs [options of Node.js] <script.ts> [arguments…]`: installs the dependencies where they are missing
 * or out of date, then runs the script with the Node.js that they bring along. Plain JavaScript for
 * any Node.js from 16 on, so that it can be started by the one that is there.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withFileLock } from './file-lock.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Whether node_modules/ is what package-lock.json says, going by what npm has noted there. */
function isInstalled() {
  const noted = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(noted)) return false;
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(noted);
  const isMissing = ([path, { version, optional, os, cpu, libc }]) =>
    path !== '' &&
    present[path]?.version !== version &&
    // npm leaves out optional packages for other systems.
    !(optional && !(isFor(os, process.platform) && isFor(cpu, process.arch) && libc === undefined));
  return (
    !Object.entries(wanted).some(isMissing) && Object.keys(present).every((path) => path in wanted)
  );
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
}

/** `os` and `cpu` of a lockfile: a name, a list of them, or nothing for any. */
function isFor(names, name) {
  return names === undefined || [names].flat().includes(name);
}

async function installOnce() {
  if (isInstalled()) return;
  const folder = join(root, '.flowgate-install');
  mkdirSync(folder, { recursive: true });
  await withFileLock(
    join(folder, 'lock'),
    () => {
      if (!isInstalled()) install();
    },
    600_000,
  );
}

function install() {
  process.stderr.write('Installing the dependencies (npm ci)…\n');
  const isWindows = process.platform === 'win32';
  const { status, error } = spawnSync(
    isWindows ? 'npm.cmd' : 'npm',
    // The Node.js that npm runs on is not the one that the packages will run on.
    ['ci', '--include=dev', '--include=optional', '--no-audit', '--loglevel=error'],
    // stdout belongs to the script.
    { cwd: root, stdio: ['ignore', 2, 2], shell: isWindows },
  );
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ci has failed with exit code ${status}.`);
}

/** The Node.js among the dependencies; else this one, if it can run TypeScript. */
function findNode() {
  const folder = join(root, 'node_modules', `node-${platformName()}-${process.arch}`, 'bin');
  const installed = join(folder, process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(installed)) return installed;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  throw new Error(
    `Flowgate needs Node.js 22.18 or later here, and this is ${process.versions.node}. Install it from https://nodejs.org and try again.`,
  );
}

function platformName() {
  return process.platform === 'win32' ? 'win' : process.platform;
}

/**
 * Compiled code is kept from one start to the next. glibc would keep memory for each thread, and what
 * scrypt and large bodies have used, for later: some 40 MB of a host.
 */
const THRIFTY = {
  NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node-compile'),
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: String(1024 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(128 * 1024),
};

function run(node, options, script, args) {
  // The channel tells the script when this process is gone, even if killed with -9.
  const child = spawn(node, [...options, resolve(script), ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...THRIFTY, ...process.env },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('error', fail);
  child.on('exit', (code, signal) => {
    const number = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 1;
    process.exit(code ?? 128 + number);
  });
}

function fail(error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

const words = process.argv.slice(2);
const first = words.findIndex((word) => !word.startsWith('--'));
try {
  const script = words[first];
  if (script === undefined) {
    throw new Error('Usage: node local/run.mjs [options of Node.js] <script.ts> [arguments…]');
  }
  await installOnce();
  run(findNode(), words.slice(0, first), script, words.slice(first + 1));
} catch (error) {
  fail(error);
}
