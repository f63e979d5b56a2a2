import { once } from '../cache/once.ts';
import { config } from './environment.ts';

export const tables = once(async () => {
  const { openTables } = await import('../storage/tables.ts');
  return openTables((await config()).storage);
});

export const blobs = once(async () => {
  const { openBundleBlobs } = await import('../storage/blobs.ts');
  return openBundleBlobs((await config()).storage);
});
