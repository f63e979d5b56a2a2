import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Checkout {
  readonly folder: string;
  /** `<short hash> <subject>` */
  readonly title: string;
  remove(): Promise<void>;
}

/**
 * Checks a version out beside this one and builds it by its own means. Its dependencies are ours
 * where both lockfiles are the same, else `npm ci` installs them.
 * @throws {Error} for a reference that git does not know, or a version that does not build.
 */
export async function checkOut(root: string, reference: string): Promise<Checkout> {
  const git = async (...args: readonly string[]): Promise<string> =>
    (await run('git', [...args], { cwd: root })).stdout.trim();
  const hash = await git('rev-parse', '--verify', `${reference}^{commit}`);
  const title = await git('log', '-1', '--format=%h %s', hash);
  const parent = await mkdtemp(join(tmpdir(), 'flowgate-upgrade-'));
  const folder = join(parent, 'checkout');
  const remove = async (): Promise<void> => {
    await git('worktree', 'remove', '--force', folder);
    await rm(parent, { recursive: true, force: true });
  };
  await git('worktree', 'add', '--detach', folder, hash);
  try {
    if (await isSameLock(root, folder)) {
      await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
    } else {
      console.log(`Installing the dependencies of ${title}…`);
      await run('npm', ['ci', '--include=dev', '--no-audit', '--loglevel=error'], { cwd: folder });
    }
    await run(process.execPath, [join('scripts', 'build.ts')], { cwd: folder });
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, title, remove };
}

async function isSameLock(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all(
    [one, other].map((folder) => readFile(join(folder, 'package-lock.json'), 'utf8')),
  );
  return a === b;
}
