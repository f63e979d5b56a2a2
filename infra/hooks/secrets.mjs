/**
 * Hooks of `azd provision`. `make` draws master key and administrator's secret and hands them to the
 * template through the azd environment; `forget` takes them out again once the vault has them. The
 * vault decides: what it already holds is never replaced (infra/data.bicep), so drawing them once
 * more, on another machine or in a pipeline, does no harm. Nothing is printed.
 *
 * Plain JavaScript for any Node.js: azd runs it with the one that is there.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KEY = 'FLOWGATE_NEW_MASTER_KEY';
const SECRET = 'FLOWGATE_NEW_ADMIN_SECRET';
const STORED = 'FLOWGATE_SECRETS_STORED';

/** Through a file that only this user can read: other users can see a command's arguments. */
function setValues(values) {
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-'));
  try {
    const file = join(folder, 'values');
    const lines = Object.entries(values).map(([name, value]) => `${name}="${value}"\n`);
    writeFileSync(file, lines.join(''), { mode: 0o600 });
    const args = ['env', 'set', '--file', file];
    const { status, error } = spawnSync('azd', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (error) throw error;
    if (status !== 0) throw new Error(`azd env set has failed with exit code ${status}.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [command] = process.argv.slice(2);
if (command === 'make') {
  // After a provisioning that failed they are still there, and may be in the vault.
  const isDone = process.env[STORED] === 'true' || Boolean(process.env[KEY] && process.env[SECRET]);
  if (!isDone) {
    setValues({
      [KEY]: randomBytes(32).toString('base64'),
      [SECRET]: randomBytes(32).toString('base64url'),
    });
  }
} else if (command === 'forget') {
  setValues({ [KEY]: '', [SECRET]: '', [STORED]: 'true' });
} else {
  process.stderr.write('Usage: node infra/hooks/secrets.mjs make|forget\n');
  process.exitCode = 1;
}
