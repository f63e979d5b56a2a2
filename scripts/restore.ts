/** `npm run restore`: see `USAGE`, and docs/backup.md. */
import { resolve } from 'node:path';
import { readArguments, required, runCommand } from './backup/command.ts';
import { openPlace } from './backup/place.ts';
import { restore } from './backup/restore.ts';

const USAGE = `Usage: npm run restore -- --from <folder> [--data <data folder of npm start> | --account <storage account>] [--overwrite]

Without --data and --account, the storage is that of the environment: AzureWebJobsStorage.
With --account, whoever is signed in to the Azure CLI (az login) needs roles on that account.
FLOWGATE_STORAGE_PREFIX is the deployment's, if it has one.
Stop the deployment first. The master key has to be the one of the deployment that was backed up.

  --overwrite  deletes what the deployment holds before
`;

await runCommand(async () => {
  const { from, data, account, overwrite } = readArguments(
    {
      from: { type: 'string' },
      data: { type: 'string' },
      account: { type: 'string' },
      overwrite: { type: 'boolean', default: false },
    },
    USAGE,
  );
  const folder = resolve(required(from, '--from', USAGE));
  const place = await openPlace({ data, account }, process.env);
  try {
    const options = { target: place.storage, folder, overwrite, say: console.log };
    const { begun, ended } = await restore(options);
    console.log(`"${place.prefix}" is as it was between ${begun} and ${ended}.`);
  } finally {
    await place.leave();
  }
});
