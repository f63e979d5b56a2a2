/** `npm run restore`: see `USAGE`, and docs/backup.md. */
import { resolve } from 'node:path';
import { readArguments, required, runCommand } from './backup/command.ts';
import { openPlace } from './backup/place.ts';
import { restore } from './backup/restore.ts';

const USAGE = `Usage: npm run restore -- --from <folder> [--data <data folder of npm start>] [--overwrite]

Without --data, the storage is that of the environment: AzureWebJobsStorage, FLOWGATE_STORAGE_PREFIX.
Stop the deployment first. The master key has to be the one of the deployment that was backed up.

  --overwrite  deletes what the deployment holds before
`;

await runCommand(async () => {
  const { from, data, overwrite } = readArguments(
    {
      from: { type: 'string' },
      data: { type: 'string' },
      overwrite: { type: 'boolean', default: false },
    },
    USAGE,
  );
  const folder = resolve(required(from, '--from', USAGE));
  const place = await openPlace(data, process.env);
  try {
    const options = { target: place.storage, folder, overwrite, say: console.log };
    const { begun, ended } = await restore(options);
    console.log(`"${place.prefix}" is as it was between ${begun} and ${ended}.`);
  } finally {
    await place.leave();
  }
});
