import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { joinAzurite } from '../../local/azurite.ts';
import { ConfigError, loadStorage } from '../../shared/config/load.ts';
import { openStorageCopy, type StorageCopy } from '../../shared/storage/copy.ts';
import { BackupError } from './manifest.ts';

export interface Place {
  readonly storage: StorageCopy;
  readonly prefix: string;
  /** Storage of a data folder is stopped, unless somebody else uses it. */
  leave(): Promise<void>;
}

/**
 * The storage of a data folder of `npm start`, or without one that of the environment, by the
 * settings that the app itself has.
 * @throws {BackupError} that says what to set.
 */
export async function openPlace(
  data: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Place> {
  if (data === undefined) {
    const storage = storageOf(env);
    const { prefix } = storage;
    return { storage: openStorageCopy(storage), prefix, leave: () => Promise.resolve() };
  }
  const folder = resolve(data);
  if (!existsSync(join(folder, 'master.key'))) {
    throw new BackupError(
      `${folder} is no data folder of npm start with its master key: there is no master.key.`,
    );
  }
  const azurite = await joinAzurite(folder);
  const { connectionString } = azurite;
  const { prefix } = storageOf({ ...env, AzureWebJobsStorage: connectionString });
  const storage = openStorageCopy({ connectionString, prefix });
  return { storage, prefix, leave: () => azurite.leave() };
}

function storageOf(env: Readonly<Record<string, string | undefined>>) {
  try {
    return loadStorage(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new BackupError(`${error.message}, or name a data folder with --data.`);
  }
}
