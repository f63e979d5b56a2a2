import { randomUUID } from 'node:crypto';
import { systemClock as clock } from '../config/clock.ts';
import { deployments } from './deployments.ts';
import { preparedTask } from './environment.ts';
import { dataStores, processedMessages } from './flow-services.ts';
import { blobs, tables } from './storage.ts';
import { deleteInTurn } from '../monitor/delete-in-turn.ts';
import { removeUnnamedBundles, removeUnnamedCompiled } from '../storage/leftovers.ts';
import { openTimerRuns, removeUndeployedTimers } from '../storage/timer-runs.ts';

/** For clocks that differ, and whoever reads at this moment. */
const MARGIN_MS = 3_600_000;

/** Longer than any call that writes a bundle and then the row that names it, many times over. */
const LEFTOVER_MS = 24 * MARGIN_MS;
/** Leftovers that one run removes. */
const MOST_LEFTOVERS = 1000;

/** What flows have stored for a time that is over, and what calls that were killed have left. */
export const deleteExpiredState = preparedTask(async () => {
  const [stored, processed] = [await dataStores(), await processedMessages()];
  const { store } = await deployments();
  const [inTables, inBlobs] = [await tables(), await blobs()];
  const timers = openTimerRuns(inTables, randomUUID);
  return () => {
    const before = clock.now() - MARGIN_MS;
    const leftovers = { before: clock.now() - LEFTOVER_MS, most: MOST_LEFTOVERS };
    return deleteInTurn(
      {
        datastores: () => stored.deleteExpired(before),
        processed: () => processed.deleteExpired(before),
        bundles: () => removeUnnamedBundles(inTables, inBlobs, leftovers),
        compiled: () => removeUnnamedCompiled(inTables, store, leftovers),
        timers: () => removeUndeployedTimers(timers, store),
      },
      (problem, cause) => console.error(problem, cause),
    );
  };
});
