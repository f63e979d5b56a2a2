/** `npm run backup`: see `USAGE`, and docs/backup.md. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { backUp } from './backup/back-up.ts';
import { readArguments, required, runCommand } from './backup/command.ts';
import { openPlace } from './backup/place.ts';

const USAGE = `Usage: npm run backup -- --to <folder> [--data <data folder of npm start> | --account <storage account>]

Without --data and --account, the storage is that of the environment: AzureWebJobsStorage.
With --account, whoever is signed in to the Azure CLI (az login) needs roles on that account.
FLOWGATE_STORAGE_PREFIX is the deployment's, if it has one.
`;

await runCommand(async () => {
  const { to, data, account } = readArguments(
    { to: { type: 'string' }, data: { type: 'string' }, account: { type: 'string' } },
    USAGE,
  );
  const folder = resolve(required(to, '--to', USAGE));
  const place = await openPlace({ data, account }, process.env);
  try {
    const { version } = JSON.parse(
      await readFile(join(import.meta.dirname, '..', 'package.json'), 'utf8'),
    ) as { version: string };
    const { storage: source, prefix } = place;
    const options = { source, prefix, folder, version, now: Date.now, say: console.log };
    const { tables, blobs } = await backUp(options);
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    console.log(`"${prefix}" is in ${folder}: rows ${rows}, bundles ${blobs.length}.`);
    console.log('The master key is not: keep it elsewhere. Without it the backup signs nothing.');
  } finally {
    await place.leave();
  }
});
