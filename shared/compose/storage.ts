import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { config } from './environment.ts';
import { openAccount } from '../storage/account.ts';
import { openBundleBlobs } from '../storage/blobs.ts';
import { openTables } from '../storage/tables.ts';

const account = once(async () => {
  const { storage } = await config();
  return { ...(await openAccount(storage, clock)), prefix: storage.prefix };
});

export const tables = once(async () => {
  return openTables(await account());
});

export const blobs = once(async () => {
  return openBundleBlobs(await account());
});
