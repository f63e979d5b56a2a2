import type { ResourceLimits, Worker } from 'node:worker_threads';

/**
 * What V8 lets the heap of a worker thread hold. It is far above what any worker may hold
 * ({@link HeapWatch}), because V8 ends the whole process where a single value is larger than the room
 * that is left: here one of any length fits (V8's texts have at most 2^29 characters, of two bytes each).
 */
export const WORKER_LIMITS: ResourceLimits = { maxOldGenerationSizeMb: 2047, stackSizeMb: 4 };

/** How often a worker that is busy is looked at. */
const LOOK_MS = 20;

/** Ends a worker thread whose heap holds too much: its `error` event has `ERR_WORKER_OUT_OF_MEMORY`, as V8's own. */
export class HeapWatch {
  readonly #worker: Worker;
  #looking = false;
  #ended = false;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  /**
   * Looks once. A thread answers as soon as JavaScript runs in it.
   * @param mostBytes asked when the answer is there; what nobody refers to any more counts until it is collected
   */
  look(mostBytes: () => number): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#worker.getHeapStatistics().then(
      ({ used_heap_size: used }) => {
        this.#looking = false;
        if (used > mostBytes()) this.#end();
      },
      () => {
        // It has not begun, or has ended, which its other events tell.
        this.#looking = false;
      },
    );
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    void this.#worker.terminate();
    // Who has what it has waited for does not listen any more.
    if (this.#worker.listenerCount('error') === 0) return;
    const error = Object.assign(new Error('The heap of a worker thread is full.'), {
      code: 'ERR_WORKER_OUT_OF_MEMORY',
    });
    this.#worker.emit('error', error);
  }
}

/** Watches a worker until it ends. */
export function watchHeap(worker: Worker, mostMb: number): void {
  const watch = new HeapWatch(worker);
  const timer = setInterval(() => watch.look(() => mostMb * 1024 * 1024), LOOK_MS);
  timer.unref();
  worker.once('exit', () => clearInterval(timer));
}
