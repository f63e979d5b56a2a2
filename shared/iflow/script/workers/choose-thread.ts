import type { Run, ScriptThread } from './thread.ts';

/** A worker whose run is older than this is not counted on for the next one. */
export const SLOW_MS = 15;
/** Runs given to one worker at once: it need not wake up for each. */
const PIPELINE = 16;
/** How long short runs wait behind others, by their worker's pace, before another is woken for them. */
const PACKED_MS = 1;

type Candidate = Pick<
  ScriptThread,
  'ready' | 'long' | 'loading' | 'runs' | 'paceMs' | 'headSince' | 'isFull'
>;

/**
 * The worker for a run of this kind; undefined while there is none. A long run has a worker to
 * itself. A script not seen yet may be a wild one: there is one at a time on a worker.
 */
export function chooseThread<T extends Candidate>(
  kind: Run['kind'],
  threads: Iterable<T>,
): T | undefined {
  const able = [...threads].filter(canTake);
  if (kind === 'short') return able.find(isQuick) ?? leastBusy(able);
  const best = leastBusy(able);
  if (best === undefined || best.runs.length === 0) return best;
  return kind === 'long' || hasUnknown(best) ? undefined : best;
}

function canTake({ ready, long, loading, isFull, runs }: Candidate): boolean {
  return ready && !long && !loading && !isFull && runs.length < PIPELINE;
}

/** Awake, and through with what it has sooner than another would have woken up. */
function isQuick(thread: Candidate): boolean {
  const { runs, paceMs, headSince } = thread;
  if (runs.length === 0 || runs.length * paceMs >= PACKED_MS || hasUnknown(thread)) return false;
  return performance.now() - headSince < SLOW_MS;
}

function leastBusy<T extends Candidate>(threads: readonly T[]): T | undefined {
  let best: T | undefined;
  let least = Infinity;
  for (const thread of threads) {
    const load = thread.runs.length + (hasUnknown(thread) ? PIPELINE : 0);
    if (load < least) [best, least] = [thread, load];
  }
  return best;
}

function hasUnknown({ runs }: Candidate): boolean {
  return runs.some(({ kind }) => kind === 'unknown');
}
