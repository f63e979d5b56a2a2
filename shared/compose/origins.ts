import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { clients } from './clients.ts';
import { tables } from './storage.ts';
import { createAllowedOrigins, indexOrigins } from '../registry/origins.ts';
import { openOriginIndex } from '../storage/origins.ts';

const index = once(async () => openOriginIndex(await tables()));

/** Where clients are written by whoever may set their origins. */
export const clientStore = once(async () => {
  return indexOrigins((await clients()).store, await index(), clock);
});

export const allowedOrigins = once(async () => {
  const { directory, store } = await clients();
  return createAllowedOrigins({
    index: await index(),
    clients: directory,
    store,
    clock,
    onError: (problem, cause) => console.error(problem, cause),
  });
});
