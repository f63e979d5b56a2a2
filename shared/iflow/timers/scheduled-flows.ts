import type { Clock } from '../../config/clock.ts';
import type { MessageLogWriter } from '../../monitor/message-log.ts';
import type { Attributes, Trace } from '../../telemetry/telemetry.ts';
import type { Deployment, DeploymentDirectory } from '../deployment/deployment.ts';
import { UnknownRevision } from '../deployment/directory.ts';
import { makeLogEntry } from '../dispatch/log-entry.ts';
import { type Exchange, HeaderMap } from '../exchange.ts';
import type { FlowCache } from '../flow-cache.ts';
import type { MessageProcessor } from '../process-message.ts';
import { type Occurrences, occurrencesOf } from './occurrences.ts';
import { FRESH_MS, isTimed } from './timed.ts';
import type { TimerRun, TimerRunStore } from './timer-runs.ts';

export interface ScheduledFlowsDeps {
  readonly directory: Pick<DeploymentDirectory, 'current'>;
  readonly flows: Pick<FlowCache, 'get'>;
  readonly processor: MessageProcessor;
  readonly runs: TimerRunStore;
  readonly log: MessageLogWriter;
  readonly flowTimeoutMs: number;
  readonly clock: Clock;
  /** Waits; ends early with its signal. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly onError: (problem: string, cause: unknown) => void;
}

export interface ScheduledFlows {
  /**
   * Runs what has come due, and what comes due while something runs: one slow flow keeps no other
   * from its time.
   * @returns what its log event tells; undefined when nothing was due.
   */
  runDue(trace: Trace): Promise<Attributes | undefined>;
  /** Begins nothing any more, and waits for what runs, not for long. */
  end(): Promise<void>;
}

/** As often as the function that asks for it is run. */
export const LOOK_EVERY_MS = 10_000;
/** The Functions host ends a function after 5 minutes; the next run of it takes over what runs then. */
const LONGEST_CALL_MS = 270_000;
/** Runs in progress in one instance; what is due beyond waits for the next look. */
const MOST_AT_ONCE = 50;
/** Beyond the time that a flow has; then an instance that still says it runs is gone. */
const MARGIN_MS = 30_000;
/** The host lets functions end before it ends the app: this is for what runs between two of them. */
const ENDING_MS = 5000;
/** Another instance was quicker that often: the next look sees what it has done. */
const MOST_TRIES = 5;

interface Timer {
  readonly deployment: Deployment;
  readonly processId: string;
  readonly startId: string;
  readonly occurrences: Occurrences;
  /** The record as this instance has seen it last, and what comes due after it. */
  seen?: Seen;
}

interface Seen {
  readonly record: { readonly value: TimerRun; readonly etag: string } | undefined;
  readonly due: number | undefined;
}

/**
 * Runs the flows that timers start. A timer's record is moved past an occurrence before the flow is run
 * for it, so that it is run once across all instances, and not again when its instance is killed.
 * Occurrences that were missed, and those of the time that the run before took, are run for once
 * and not at all (SAP Help, Define a Timer Start Event: the interval is skipped).
 */
export function createScheduledFlows(deps: ScheduledFlowsDeps): ScheduledFlows {
  const { clock, runs, processor } = deps;
  const timers = new Map<string, readonly Timer[]>();
  const inProgress = new Set<Promise<void>>();
  let ended = false;

  const timersOf = async (deployment: Deployment): Promise<readonly Timer[]> => {
    const known = timers.get(deployment.revision);
    if (known !== undefined) return known;
    const flow = await deps.flows.get(deployment.revision);
    const made = flow.timers.map(({ processId, startId, schedule }): Timer => {
      const occurrences = occurrencesOf(schedule, deployment.deployedOn);
      return { deployment, processId, startId, occurrences };
    });
    timers.set(deployment.revision, made);
    return made;
  };

  const see = (timer: Timer, record: Seen['record']): Seen => {
    const through = record?.value.through ?? timer.deployment.deployedOn - 1;
    const seen = { record, due: timer.occurrences.next(through) };
    timer.seen = seen;
    return seen;
  };

  const read = async (timer: Timer): Promise<Seen> =>
    see(timer, await runs.find(timer.deployment.revision, timer.startId));

  /** Moves the record on, if an occurrence is due and nobody else does. @returns what became of it. */
  const claim = async (timer: Timer): Promise<TimerRun | 'skipped' | undefined> => {
    let seen = timer.seen ?? (await read(timer));
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const now = clock.now();
      const { record, due } = seen;
      const running = record !== undefined && record.value.runningUntil > now;
      if (record !== undefined && !running && record.value.runningUntil > 0) {
        const ended = { ...record.value, runningUntil: 0 };
        const etag = await runs.replace(ended, record.etag);
        if (etag !== undefined) tellLost(timer, record.value);
        seen = etag === undefined ? await read(timer) : see(timer, { value: ended, etag });
        continue;
      }
      if (due === undefined || due > now) return undefined;
      const value: TimerRun = running
        ? { ...record.value, through: now }
        : {
            revision: timer.deployment.revision,
            startId: timer.startId,
            through: now,
            runningUntil: now + deps.flowTimeoutMs + MARGIN_MS,
            startedAt: now,
            messageGuid: processor.newIds().messageGuid,
          };
      const etag =
        record === undefined ? await runs.create(value) : await runs.replace(value, record.etag);
      if (etag !== undefined) {
        see(timer, { value, etag });
        if (running) return 'skipped';
        return value;
      }
      seen = await read(timer);
    }
    return undefined;
  };

  /** A run that has not ended in its time: its instance was killed, and could not tell. */
  const tellLost = ({ deployment }: Timer, run: TimerRun): void => {
    const text = 'The instance that ran the flow was lost before the flow had ended.';
    deps.log.add(
      makeLogEntry({
        messageGuid: run.messageGuid,
        correlationId: run.messageGuid,
        logStart: run.startedAt,
        logEnd: clock.now(),
        user: '',
        deployment,
        exchange: newExchange(run.messageGuid, run.messageGuid),
        arrived: new Map(),
        receivers: '',
        logLevel: 'INFO',
        scriptLog: [],
        failure: text,
        escalated: false,
      }),
    );
  };

  const process = async (
    timer: Timer,
    { messageGuid }: TimerRun,
    trace: Trace,
    counts: Counts,
  ): Promise<void> => {
    const { deployment, processId, startId } = timer;
    const { correlationId } = processor.newIds();
    try {
      const flow = await deps.flows.get(deployment.revision);
      const processed = await processor.process(
        {
          messageGuid,
          correlationId,
          user: '',
          sender: '',
          deployment,
          flow,
          start: { processId, startId },
          exchange: newExchange(messageGuid, correlationId),
          trace,
        },
        () => undefined,
      );
      if ('result' in processed) counts.completed += 1;
      else counts.failed += 1;
      if ('unexpected' in processed) throw processed.unexpected;
    } catch (error) {
      deps.onError(`The flow ${deployment.id} could not be run on its schedule`, error);
    }
    try {
      await finish(timer, messageGuid);
    } catch (error) {
      deps.onError(`The run of ${deployment.id} could not be marked as ended`, error);
    }
  };

  const finish = async (timer: Timer, messageGuid: string): Promise<void> => {
    const { revision } = timer.deployment;
    for (;;) {
      const record = await runs.find(revision, timer.startId);
      if (record?.value.messageGuid !== messageGuid) return;
      const value = { ...record.value, runningUntil: 0 };
      const etag = await runs.replace(value, record.etag);
      if (etag === undefined) continue;
      see(timer, { value, etag });
      return;
    }
  };

  /** @returns whether there was room for all that is due. */
  const look = async (trace: Trace, counts: Counts): Promise<boolean> => {
    const { deployments } = await deps.directory.current(FRESH_MS);
    const timed = deployments.filter(isTimed);
    const revisions = new Set(timed.map(({ revision }) => revision));
    for (const revision of timers.keys()) if (!revisions.has(revision)) timers.delete(revision);
    for (const deployment of timed) {
      try {
        for (const timer of await timersOf(deployment)) {
          if (ended || inProgress.size >= MOST_AT_ONCE) return false;
          const claimed = await claim(timer);
          if (claimed === 'skipped') counts.skipped += 1;
          if (claimed === undefined || claimed === 'skipped') continue;
          const running = process(timer, claimed, trace, counts).finally(() =>
            inProgress.delete(running),
          );
          inProgress.add(running);
        }
      } catch (error) {
        // Deployed again or undeployed since: the next look sees it.
        if (error instanceof UnknownRevision) continue;
        deps.onError(`The timers of ${deployment.id} could not be looked at`, error);
      }
    }
    return true;
  };

  return {
    async runDue(trace) {
      const counts: Counts = { completed: 0, failed: 0, skipped: 0 };
      const callEnds = clock.now() + LONGEST_CALL_MS;
      let all = await look(trace, counts);
      while (inProgress.size > 0 && !ended && clock.now() < callEnds) {
        const over = new AbortController();
        const progress = all ? Promise.all(inProgress) : Promise.race(inProgress);
        await Promise.race([progress, deps.delay(LOOK_EVERY_MS, over.signal)]);
        over.abort();
        if (inProgress.size > 0 || !all) all = await look(trace, counts);
      }
      const { completed, failed, skipped } = counts;
      return completed + failed + skipped === 0 ? undefined : { completed, failed, skipped };
    },

    async end() {
      ended = true;
      const over = new AbortController();
      await Promise.race([Promise.all(inProgress), deps.delay(ENDING_MS, over.signal)]);
      over.abort();
    },
  };
}

interface Counts {
  completed: number;
  failed: number;
  skipped: number;
}

/** A timer brings nothing but the message's own ids. */
function newExchange(messageGuid: string, correlationId: string): Exchange {
  const ids: [string, string][] = [
    ['SAP_MessageProcessingLogID', messageGuid],
    ['SAP_MplCorrelationId', correlationId],
  ];
  const headers = new HeaderMap();
  for (const [name, value] of ids) headers.set(name, value);
  return { body: '', headers, properties: new Map(ids), attachments: new Map() };
}
