import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { joinAzurite } from '../../local/azurite.ts';
import { systemClock } from '../../shared/config/clock.ts';
import { ConfigError, loadStorage } from '../../shared/config/load.ts';
import { openAccount, type StorageAccount } from '../../shared/storage/account.ts';
import { openStorageCopy, type StorageCopy } from '../../shared/storage/copy.ts';
import { createAzureCliCredential } from './azure-cli-credential.ts';
import { BackupError } from './manifest.ts';

export interface Place {
  readonly storage: StorageCopy;
  readonly prefix: string;
  /** Storage of a data folder is stopped, unless somebody else uses it. */
  leave(): Promise<void>;
}

/** Where the storage is, if not where the environment says: at most one of the two. */
export interface PlaceOptions {
  /** A data folder of `npm start`. */
  readonly data: string | undefined;
  /** Name of a storage account in Azure, for whoever is signed in to the Azure CLI. */
  readonly account: string | undefined;
}

/**
 * The storage that is meant; without an option the one of the environment, by the settings that the
 * app itself has.
 * @throws {BackupError} that says what to set.
 */
export async function openPlace(
  { data, account }: PlaceOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Place> {
  if (data !== undefined && account !== undefined) {
    throw new BackupError('--data and --account exclude each other.');
  }
  if (data !== undefined) return openDataFolder(resolve(data), env);
  const { prefix, ...settings } = storageOf(
    account === undefined ? env : { ...env, AzureWebJobsStorage: 'named by --account' },
  );
  const opened =
    account === undefined ? await openAccount(settings, systemClock) : accountOfCli(account);
  return {
    storage: openStorageCopy({ ...opened, prefix }),
    prefix,
    leave: () => Promise.resolve(),
  };
}

async function openDataFolder(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Place> {
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

function accountOfCli(name: string): StorageAccount {
  if (!/^[a-z0-9]{3,24}$/.test(name)) throw new BackupError(`"${name}" names no storage account.`);
  return {
    tableServiceUri: `https://${name}.table.core.windows.net`,
    blobServiceUri: `https://${name}.blob.core.windows.net`,
    credential: createAzureCliCredential(),
  };
}

function storageOf(env: Readonly<Record<string, string | undefined>>) {
  try {
    return loadStorage(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new BackupError(`${error.message}; or name the storage with --account or --data.`);
  }
}
