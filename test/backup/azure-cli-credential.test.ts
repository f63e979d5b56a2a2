import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createAzureCliCredential } from '../../scripts/backup/azure-cli-credential.ts';
import { BackupError } from '../../scripts/backup/manifest.ts';
import { freshFolder } from '../support/folders.ts';

/** A command `az` that does this, before any other on the path for the time of the test. */
async function installAz(t: TestContext, script: string): Promise<string> {
  const folder = await freshFolder(t);
  const file = join(folder, 'az');
  await writeFile(file, `#!/bin/sh\n${script.replaceAll('$FOLDER', folder)}\n`);
  await chmod(file, 0o700);
  const path = process.env['PATH'] ?? '';
  process.env['PATH'] = folder + delimiter + path;
  t.after(() => (process.env['PATH'] = path));
  return folder;
}

test('the token is the one that the Azure CLI gives for storage, good as long as it says', async (t) => {
  const answer = JSON.stringify({ accessToken: 'a.b.c', expires_on: 1_800_000_000, tenant: 'x' });
  const folder = await installAz(t, `echo "$@" > '$FOLDER/asked'\necho '${answer}'`);
  const token = await createAzureCliCredential().getToken('https://storage.azure.com/.default');
  assert.deepEqual(token, { token: 'a.b.c', expiresOnTimestamp: 1_800_000_000_000 });
  assert.equal(
    await readFile(join(folder, 'asked'), 'utf8'),
    'account get-access-token --resource https://storage.azure.com --output json\n',
  );
});

test('nobody signed in: it says what to do', async (t) => {
  await installAz(t, 'echo "Please run az login" >&2; exit 1');
  await assert.rejects(createAzureCliCredential().getToken(''), (error: unknown) => {
    assert.ok(error instanceof BackupError);
    assert.match(error.message, /run "az login"/);
    return true;
  });
});
