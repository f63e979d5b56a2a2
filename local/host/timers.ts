import { BlobServiceClient, type BlockBlobClient, RestError } from '@azure/storage-blob';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, type Log } from './log.ts';
import { parseNcrontab, type Schedule } from './ncrontab.ts';

export interface TimerFunction {
  readonly name: string;
  readonly schedule: string;
  readonly runOnStartup: boolean;
  /** Catch up at start on a run that was missed while no host was there. */
  readonly useMonitor: boolean;
  /** Runs the function; never rejects. */
  run(input: TimerInput): Promise<void>;
}

/** What a timer function is given, in the host's spelling. */
export interface TimerInput {
  readonly Schedule: { readonly AdjustForDST: boolean };
  readonly ScheduleStatus: {
    readonly Last: string;
    readonly Next: string;
    readonly LastUpdated: string;
  };
  readonly IsPastDue: boolean;
}

/** Kept in a blob beside the lease, for every instance. */
interface Status {
  readonly last: number;
  readonly next: number;
}

/** Azure's shortest; renewed three times in it. */
const LEASE_SECONDS = 15;
const CONTAINER = 'azure-webjobs-hosts';

/**
 * Runs a timer's function when its schedule comes due. Of all the hosts of one `hostId` on one
 * storage account one at a time runs it, and each occurrence is run once: whoever gets the lease of
 * the timer's blob looks up in it what has been run.
 *
 * @param signal ends it; a run under way is let finish.
 */
export async function runTimer(
  timer: TimerFunction,
  {
    connectionString,
    hostId,
    log,
    signal,
  }: {
    connectionString: string;
    hostId: string;
    log: Log;
    signal: AbortSignal;
  },
): Promise<void> {
  const schedule = parseNcrontab(timer.schedule);
  const container =
    BlobServiceClient.fromConnectionString(connectionString).getContainerClient(CONTAINER);
  const blob = container.getBlockBlobClient(`timers/${hostId}/${timer.name}`);
  const shared: Occurrences = { timer, schedule, blob, log };

  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      log('error', 'system', `Timer ${timer.name} could not use its storage: ${describe(error)}`);
    }
  };
  await guarded(async () => {
    await container.createIfNotExists();
    await createStatus(blob, { last: 0, next: schedule.next(Date.now()) });
    if (timer.runOnStartup) await runOnce(shared, Date.now(), false);
    else if (timer.useMonitor && !isFrequent(schedule)) await catchUp(shared);
  });
  while (!signal.aborted) {
    const due = schedule.next(Date.now());
    if (!(await sleepUntil(due, signal))) return;
    await guarded(() => runOnce(shared, due, false));
  }
}

interface Occurrences {
  readonly timer: TimerFunction;
  readonly schedule: Schedule;
  readonly blob: BlockBlobClient;
  readonly log: Log;
}

/** Azure does not monitor a timer that comes due more than once a minute. */
function isFrequent(schedule: Schedule): boolean {
  const first = schedule.next(Date.now());
  return schedule.next(first) - first < 60_000;
}

async function catchUp(shared: Occurrences): Promise<void> {
  const { next } = await readStatus(shared.blob);
  if (next < Date.now()) await runOnce(shared, next, true);
}

async function runOnce(shared: Occurrences, due: number, isPastDue: boolean): Promise<void> {
  const { blob, timer, schedule, log } = shared;
  const lease = blob.getBlobLeaseClient();
  try {
    await lease.acquireLease(LEASE_SECONDS);
  } catch (error) {
    if (error instanceof RestError && error.statusCode === 409) return;
    throw error;
  }
  const renewal = setInterval(
    () => {
      lease.renewLease().catch((error: unknown) => {
        log('warning', 'system', `Timer ${timer.name} lost its lease: ${describe(error)}`);
      });
    },
    (LEASE_SECONDS * 1000) / 3,
  );
  try {
    const status = await readStatus(blob);
    if (status.last >= due) return;
    await timer.run({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: new Date(status.last).toISOString(),
        Next: new Date(schedule.next(due)).toISOString(),
        LastUpdated: new Date(status.last).toISOString(),
      },
      IsPastDue: isPastDue,
    });
    const ran: Status = { last: due, next: schedule.next(Date.now()) };
    const text = JSON.stringify(ran);
    await blob.upload(text, Buffer.byteLength(text), { conditions: { leaseId: lease.leaseId } });
  } finally {
    clearInterval(renewal);
    await lease.releaseLease();
  }
}

async function createStatus(blob: BlockBlobClient, status: Status): Promise<void> {
  const text = JSON.stringify(status);
  try {
    await blob.upload(text, Buffer.byteLength(text), { conditions: { ifNoneMatch: '*' } });
  } catch (error) {
    const isThere =
      error instanceof RestError && (error.statusCode === 409 || error.statusCode === 412);
    if (!isThere) throw error;
  }
}

async function readStatus(blob: BlockBlobClient): Promise<Status> {
  return JSON.parse((await blob.downloadToBuffer()).toString('utf8')) as Status;
}

/** setTimeout() holds no more than 24.8 days. */
const LONGEST_SLEEP = 2 ** 31 - 1;

/** False when the signal came first. */
async function sleepUntil(time: number, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const rest = time - Date.now();
    if (rest <= 0) return !signal.aborted;
    try {
      await sleep(Math.min(rest, LONGEST_SLEEP), undefined, { signal });
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }
}
