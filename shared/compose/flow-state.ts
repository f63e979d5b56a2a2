import { randomUUID } from 'node:crypto';
import { systemClock as clock } from '../config/clock.ts';
import { deployments } from './deployments.ts';
import { preparedTask } from './environment.ts';
import { dataStores, processedMessages } from './flow-services.ts';
import { tables } from './storage.ts';
import { deleteInTurn } from '../monitor/delete-in-turn.ts';
import { openTimerRuns, removeUndeployedTimers } from '../storage/timer-runs.ts';

/** For clocks that differ, and whoever reads at this moment. */
const MARGIN_MS = 3_600_000;

/** What flows have stored for a time that is over. */
export const deleteExpiredState = preparedTask(async () => {
  const [stored, processed] = [await dataStores(), await processedMessages()];
  const { store } = await deployments();
  const timers = openTimerRuns(await tables(), randomUUID);
  return () => {
    const before = clock.now() - MARGIN_MS;
    return deleteInTurn(
      {
        datastores: () => stored.deleteExpired(before),
        processed: () => processed.deleteExpired(before),
        timers: () => removeUndeployedTimers(timers, store),
      },
      (problem, cause) => console.error(problem, cause),
    );
  };
});
