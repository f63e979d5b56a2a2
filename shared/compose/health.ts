import { ensureBootstrap } from './clients.ts';
import { prepared } from './environment.ts';
import { keyRing } from './signing.ts';
import { tables } from './storage.ts';
import { createHealthReady } from '../http/health.ts';

export const healthReady = prepared(() => {
  return createHealthReady(
    [
      { name: 'storage', run: checkStorage },
      { name: 'clock', run: checkClock },
      { name: 'signing_key', run: async () => (await keyRing()).signingKey() },
      { name: 'bootstrap_client', run: ensureBootstrap },
    ],
    (check, error) => console.error(`Not ready: ${check}`, error),
  );
}, 'open');

/** A probe that comes more often makes no more reads than this. */
const CHECKED_MS = 5000;

const checkStorage = async (): Promise<void> => {
  await (await tables()).createAll();
  await (await keyRing()).view(CHECKED_MS);
};

/** Beyond, instances refuse each other's tokens. */
const CLOCK_LIMIT_MS = 30_000;

const checkClock = async (): Promise<void> => {
  const ahead = (await tables()).clockAheadMs() ?? 0;
  if (Math.abs(ahead) <= CLOCK_LIMIT_MS) return;
  throw new Error(`The clock of this machine is ${ahead / 1000} s ahead of storage's.`);
};
