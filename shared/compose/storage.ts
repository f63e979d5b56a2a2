import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { config } from './environment.ts';

const account = once(async () => {
  const { openAccount } = await import('../storage/account.ts');
  const { storage } = await config();
  return { ...(await openAccount(storage, clock)), prefix: storage.prefix };
});

export const tables = once(async () => {
  const { openTables } = await import('../storage/tables.ts');
  return openTables(await account());
});

export const blobs = once(async () => {
  const { openBundleBlobs } = await import('../storage/blobs.ts');
  return openBundleBlobs(await account());
});
