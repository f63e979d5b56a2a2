import type { CompiledFlow } from '../flow.ts';
import { occurrencesOf } from './occurrences.ts';

/**
 * Sentences for timers that would never start the flow again, where the flow asks for them (SAP Help,
 * Define a Timer Start Event: Throw exception on schedule expiry).
 */
export function expiredTimers({ timers, processes }: CompiledFlow, now: number): string[] {
  return timers
    .filter(({ schedule }) => schedule.failsWhenExpired)
    .filter(({ schedule }) => occurrencesOf(schedule, now).next(now - 1) === undefined)
    .map(({ processId, startId }) => {
      const name = processes[processId]?.nodes[startId]?.name ?? startId;
      return `The schedule of the timer ${JSON.stringify(name.slice(0, 200))} is over: no time is to come at which it would start the iFlow.`;
    });
}
