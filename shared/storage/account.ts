import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../config/clock.ts';
import type { StorageSettings } from '../config/storage.ts';
import type { Credential } from './managed-identity.ts';

/** The storage account as clients are opened on it. */
export type StorageAccount =
  | { readonly connectionString: string }
  | {
      readonly tableServiceUri: string;
      readonly blobServiceUri: string;
      readonly credential: Credential;
    };

/** One credential for all clients, so that they share its token. */
export async function openAccount(
  settings: StorageSettings,
  clock: Clock,
): Promise<StorageAccount> {
  if ('connectionString' in settings) return settings;
  const { createManagedIdentityCredential } = await import('./managed-identity.ts');
  const credential = createManagedIdentityCredential(settings.identity, { clock, fetch, wait });
  return { ...settings, credential };
}
