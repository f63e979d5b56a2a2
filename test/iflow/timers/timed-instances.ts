import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { compileBundle } from '../../../shared/iflow/compile.ts';
import { createDeploymentDirectory } from '../../../shared/iflow/deployment/directory.ts';
import { FlowCache } from '../../../shared/iflow/flow-cache.ts';
import { createMessageProcessor } from '../../../shared/iflow/process-message.ts';
import { runFlow } from '../../../shared/iflow/run.ts';
import {
  createScheduledFlows,
  type ScheduledFlows,
} from '../../../shared/iflow/timers/scheduled-flows.ts';
import { createWriteBehind } from '../../../shared/monitor/write-behind.ts';
import type { MessageLogEntry } from '../../../shared/monitor/message-log.ts';
import { openDeploymentStore } from '../../../shared/storage/deployments.ts';
import { openTables } from '../../../shared/storage/tables.ts';
import { openTimerRuns, type TimerRunTable } from '../../../shared/storage/timer-runs.ts';
import { ForwardedTrace } from '../../../shared/telemetry/telemetry.ts';
import { testStorage } from '../../support/azurite.ts';
import { type TestClock, testClock } from '../../support/clock.ts';
import { environmentOf } from '../running.ts';
import { scheduleKey, timerFlow } from './timer-flow.ts';

export const FLOW_TIMEOUT_MS = 210_000;

/** One instance of a deployment that runs flows on their schedules. */
export interface TimedInstance {
  readonly scheduled: ScheduledFlows;
  /** What the function does, once. */
  tick(): Promise<unknown>;
  /** Ids of the flows that it has begun, in order. */
  readonly begun: string[];
  /** Entries of the message log. */
  readonly log: MessageLogEntry[];
  /** Has flows wait before their first step until it is called. */
  hold(): () => void;
  readonly problems: string[];
}

export interface TimedDeployment {
  readonly clock: TestClock;
  readonly runs: TimerRunTable;
  /** Deploys a flow with this `schedule1`, in place of the one with its id. @returns the revision. */
  deploy(id: string, schedule1: string, zip?: Uint8Array): Promise<string>;
  undeploy(id: string): Promise<void>;
  /** @param everyMs how often it looks while something runs; one that is killed does not. */
  instance(everyMs?: number): TimedInstance;
}

/** A deployment on storage of its own, with a clock that a test moves. */
export async function timedDeployment(start: number): Promise<TimedDeployment> {
  const storage = await testStorage();
  const clock = testClock(start);
  const deployments = openDeploymentStore(openTables(storage));

  return {
    clock,
    runs: openTimerRuns(openTables(storage), randomUUID),

    async deploy(id, schedule1, zip = timerFlow(scheduleKey({ schedule1 }), {}, { id })) {
      const revision = randomUUID();
      await deployments.writeFlow(revision, compileBundle(zip).flow);
      const deployment = {
        id,
        name: id,
        version: '1.0.0',
        packageId: 'P',
        packageName: 'P',
        status: 'STARTED' as const,
        deployedBy: 'admin',
        deployedOn: clock.now(),
        revision,
        addresses: [],
        hasTimers: true,
        faults: [],
      };
      const put = { deployment, previousRevision: '', taskIds: [] };
      await deployments.commit(await deployments.readState(), { put }, randomUUID());
      return revision;
    },

    async undeploy(id) {
      await deployments.commit(await deployments.readState(), { remove: id }, randomUUID());
    },

    instance(everyMs = 20) {
      const store = openDeploymentStore(openTables(storage));
      const directory = createDeploymentDirectory(store, clock);
      const limits = { maxFlows: 100, maxCharacters: 10_000_000 };
      const flows = new FlowCache((revision) => directory.compiledFlow(revision), limits);
      const begun: string[] = [];
      const entries: MessageLogEntry[] = [];
      const problems: string[] = [];
      let held = Promise.resolve();
      const log = createWriteBehind<MessageLogEntry>(() => Promise.resolve(), {
        what: 'entries',
        onError: (problem) => problems.push(problem),
        onGivenUp: () => undefined,
      });
      const processor = createMessageProcessor({
        runFlow: async (flow, ...rest) => {
          begun.push(flow.id);
          await held;
          return runFlow(flow, ...rest);
        },
        environment: environmentOf(),
        deployments: directory,
        flows,
        flowTimeoutMs: FLOW_TIMEOUT_MS,
        log: { ...log, add: (entry) => entries.push(entry) },
        clock,
        randomBytes,
        logAttachments: { add: () => undefined },
      });
      const scheduled = createScheduledFlows({
        // Each look reads storage: the clock stands still between them.
        directory: { current: () => directory.current(-1) },
        flows,
        processor,
        runs: openTimerRuns(openTables(storage), randomUUID),
        log: { ...log, add: (entry) => entries.push(entry) },
        flowTimeoutMs: FLOW_TIMEOUT_MS,
        clock,
        delay: (_ms, signal) => wait(everyMs, undefined, { signal }).catch(() => undefined),
        onError: (problem) => problems.push(problem),
      });
      return {
        scheduled,
        tick: () => scheduled.runDue(new ForwardedTrace(undefined)),
        begun,
        log: entries,
        problems,
        hold() {
          let release = (): void => undefined;
          held = new Promise((resolve) => (release = resolve));
          return () => {
            held = Promise.resolve();
            release();
          };
        },
      };
    },
  };
}
