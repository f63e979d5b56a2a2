import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { takeTurns } from '../../cache/take-turns.ts';
import { Fault } from '../../http/fault.ts';
import { BundleFault } from '../bundle/fault.ts';
import { watchHeap, WORKER_LIMITS } from '../worker-heap.ts';
import type { FlowReport } from './check-bundle.ts';

/** What the worker answers. */
export type CheckAnswer =
  { readonly reports: readonly FlowReport[] } | { readonly faults: readonly string[] };

/** Checks the iFlows of a bundle or of an integration package. @throws {BundleFault} @throws {Fault} 503 */
export type CheckContent = (zip: Uint8Array) => Promise<readonly FlowReport[]>;

/** Checks that may wait for the one under way: each holds what it checks in memory. */
const MOST_WAITING = 3;

/**
 * Checks in a worker thread of its own, one at a time: what is checked may be made to be slow or large.
 */
export function createCheckInWorker(limits: {
  readonly timeoutMs: number;
  readonly memoryMb: number;
}): CheckContent {
  const inTurn = takeTurns(MOST_WAITING, () =>
    Fault.unavailable('Too much content is being checked at once. Try again.', 10),
  );
  return (zip) => inTurn(() => checkInWorker(zip, limits));
}

async function checkInWorker(
  zip: Uint8Array,
  { timeoutMs, memoryMb }: { readonly timeoutMs: number; readonly memoryMb: number },
): Promise<readonly FlowReport[]> {
  const entry = import.meta.url.endsWith('.ts') ? './check-worker.ts' : './check-worker.js';
  const worker = new Worker(new URL(entry, import.meta.url), {
    name: 'flowgate-check',
    workerData: zip,
    env: {},
    execArgv: [],
    resourceLimits: WORKER_LIMITS,
  });
  watchHeap(worker, memoryMb);
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const [answer] = (await once(worker, 'message', { signal })) as [CheckAnswer];
    if ('reports' in answer) return answer.reports;
    throw new BundleFault(answer.faults);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'AbortError') {
      throw new BundleFault(['It takes too much time to check. Check its iFlows one by one.']);
    }
    if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
      throw new BundleFault(['It takes too much memory to check. Check its iFlows one by one.']);
    }
    throw error;
  } finally {
    await worker.terminate();
  }
}
