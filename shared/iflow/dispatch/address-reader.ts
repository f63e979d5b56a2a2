import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { watchHeap, WORKER_LIMITS } from '../worker-heap.ts';

/** Reads the addresses of the HTTPS senders of bundles, one after the other. */
export interface AddressReader {
  /** Undefined for a bundle that takes too much time or memory; none for one that cannot be read. */
  read(zip: Uint8Array): Promise<readonly string[] | undefined>;
  close(): Promise<void>;
}

/**
 * Reads in a worker thread, which ends with the reader or with a bundle that was made to be slow or
 * large; the bundle after that one gets another thread.
 */
export function openAddressReader(limits: {
  /** For one bundle, the start of the thread included. */
  readonly timeoutMs: number;
  readonly memoryMb: number;
}): AddressReader {
  let worker: Worker | undefined;
  const close = async (): Promise<void> => {
    const ended = worker;
    worker = undefined;
    await ended?.terminate();
  };
  const start = (): Worker => {
    const started = startWorker(limits.memoryMb);
    // Between two bundles nobody else would hear that the thread has failed.
    started.on('error', () => {
      if (worker === started) worker = undefined;
    });
    return started;
  };
  return {
    async read(zip) {
      worker ??= start();
      worker.postMessage(zip);
      try {
        const [addresses] = (await once(worker, 'message', {
          signal: AbortSignal.timeout(limits.timeoutMs),
        })) as [readonly string[]];
        return addresses;
      } catch (error) {
        await close();
        if (isTooMuch(error)) return undefined;
        throw error;
      }
    },
    close,
  };
}

function startWorker(memoryMb: number): Worker {
  const entry = import.meta.url.endsWith('.ts') ? './address-worker.ts' : './address-worker.js';
  const worker = new Worker(new URL(entry, import.meta.url), {
    name: 'flowgate-addresses',
    env: {},
    execArgv: [],
    resourceLimits: WORKER_LIMITS,
  });
  watchHeap(worker, memoryMb);
  return worker;
}

function isTooMuch(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error.name === 'AbortError' || ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY')
  );
}
