import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly optional?: boolean }>
  >;
}

/** Installs the peers from `bench/package-lock.json` where they are missing or of another version. */
export function installPeers(say: (line: string) => void): void {
  if (isInstalled()) return;
  say('Installing the peers (npm ci --prefix bench)…');
  const isWindows = process.platform === 'win32';
  const { status } = spawnSync(
    isWindows ? 'npm.cmd' : 'npm',
    // They run under the Node.js of the bench, not under the one that npm runs on.
    ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--loglevel=error'],
    // With the folder's own .npmrc; stdout belongs to the report.
    { cwd: folder, stdio: ['ignore', 2, 2], shell: isWindows },
  );
  if (status !== 0) throw new Error(`npm ci in ${folder} has failed.`);
}

function isInstalled(): boolean {
  const noted = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(noted)) return false;
  const present = readLock(noted).packages;
  return Object.entries(readLock(join(folder, 'package-lock.json')).packages).every(
    ([path, { version, optional }]) =>
      path === '' || optional === true || present[path]?.version === version,
  );
}

const readLock = (file: string): Lock => JSON.parse(readFileSync(file, 'utf8')) as Lock;
