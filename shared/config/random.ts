import { randomFillSync } from 'node:crypto';

const DRAWN_AT_ONCE = 4096;

/**
 * Random bytes for ids, drawn in bulk: a draw of a few bytes costs 10 µs, more than all else about
 * an id. Secrets and keys are drawn one by one instead, and never lie in a pool.
 * @returns a function that gives up to 4096 bytes, each only once.
 */
export function createRandomPool(): (size: number) => Buffer {
  let pool = Buffer.alloc(0);
  let used = 0;
  return (size) => {
    if (used + size > pool.length) {
      pool = randomFillSync(Buffer.alloc(DRAWN_AT_ONCE));
      used = 0;
    }
    used += size;
    return pool.subarray(used - size, used);
  };
}
