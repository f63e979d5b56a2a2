/** Takes work on, or does not. */
export interface RequestQueue {
  /**
   * Runs `work` when it is its turn.
   * @returns false when there is no room; the work is not run then.
   */
  post(work: () => Promise<void>): boolean;
}

/**
 * The Functions host's bounds on HTTP requests (`HttpRequestQueue.cs`): `maxOutstanding` that wait
 * or run, `maxConcurrent` that run, the others in the order in which they came.
 */
export function createRequestQueue(limits: {
  readonly maxOutstanding: number;
  readonly maxConcurrent: number;
}): RequestQueue {
  const waiting: (() => Promise<void>)[] = [];
  let running = 0;
  const run = (work: () => Promise<void>): void => {
    running += 1;
    void work().finally(() => {
      running -= 1;
      const next = waiting.shift();
      if (next !== undefined) run(next);
    });
  };
  return {
    post(work) {
      if (running + waiting.length >= limits.maxOutstanding) return false;
      if (running < limits.maxConcurrent) run(work);
      else waiting.push(work);
      return true;
    },
  };
}
