import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { deployments } from './deployments.ts';
import { atEnd, config, preparedTask } from './environment.ts';
import { tables } from './storage.ts';
import { FRESH_MS, isTimed } from '../iflow/timers/timed.ts';

/** Loaded when there is a flow that timers start. */
const scheduledFlows = once(async () => {
  const { createScheduledFlows } = await import('../iflow/timers/scheduled-flows.ts');
  const { openTimerRuns } = await import('../storage/timer-runs.ts');
  const { flows, messageProcessor } = await import('./iflow.ts');
  const { messageLog } = await import('./logs.ts');
  const scheduled = createScheduledFlows({
    directory: (await deployments()).directory,
    flows: await flows(),
    processor: await messageProcessor(),
    runs: openTimerRuns(await tables(), randomUUID),
    log: (await messageLog()).writer,
    flowTimeoutMs: (await config()).flowTimeoutMs,
    clock,
    delay: async (ms, signal) => {
      try {
        await wait(ms, undefined, { signal });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    onError: (problem, cause) => console.error(problem, cause),
  });
  atEnd(() => scheduled.end());
  return scheduled;
});

export const runScheduledFlows = preparedTask(async () => {
  const { directory } = await deployments();
  return async (trace) => {
    const { deployments: all } = await directory.current(FRESH_MS);
    return all.some(isTimed) ? (await scheduledFlows()).runDue(trace) : undefined;
  };
});
