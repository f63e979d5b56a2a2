import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Packs the app as it is deployed, where there is a script for that, else builds it. @returns its folder. */
export function buildApp(say: (line: string) => void): string {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const [script, folder] = 'pack' in scripts ? ['pack', join(root, 'pack')] : ['build', root];
  say(`npm run ${script}`);
  const isWindows = process.platform === 'win32';
  const { status } = spawnSync(isWindows ? 'npm.cmd' : 'npm', ['run', '--silent', script], {
    cwd: root,
    // stdout belongs to the report.
    stdio: ['ignore', 2, 2],
    shell: isWindows,
  });
  if (status !== 0) throw new Error(`npm run ${script} has failed.`);
  return folder;
}
