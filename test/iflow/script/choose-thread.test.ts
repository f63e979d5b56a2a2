import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseThread } from '../../../shared/iflow/script/workers/choose-thread.ts';
import type { Run } from '../../../shared/iflow/script/workers/thread.ts';

interface State {
  readonly kinds?: readonly Run['kind'][];
  readonly paceMs?: number;
  /** Age of its first run. */
  readonly ageMs?: number;
  readonly long?: boolean;
  readonly ready?: boolean;
  readonly loading?: boolean;
  readonly isFull?: boolean;
}

function worker({ kinds = [], paceMs = 0.1, ageMs = 0, ...state }: State = {}) {
  const runs = kinds.map((kind) => ({ kind }) as Run);
  const headSince = performance.now() - ageMs;
  return {
    ready: true,
    long: false,
    loading: false,
    isFull: false,
    paceMs,
    headSince,
    runs,
    ...state,
  };
}

const short = (count: number): Run['kind'][] => Array<Run['kind']>(count).fill('short');

/** The place of the one that is chosen; -1 for none. */
const chosen = (kind: Run['kind'], ...states: State[]): number => {
  const workers = states.map(worker);
  const one = chooseThread(kind, workers);
  return one === undefined ? -1 : workers.indexOf(one);
};

test('a short run joins those of a worker that is awake and quick, and wakes no other', () => {
  assert.equal(chosen('short', {}, { kinds: short(3) }), 1);
  assert.equal(chosen('short', { kinds: short(9) }, {}), 0);
  assert.equal(chosen('short', {}, {}), 0);
});

test('a short run goes to a free worker where it would wait for the others', () => {
  assert.equal(chosen('short', { kinds: short(10) }, {}), 1, 'for their number');
  assert.equal(chosen('short', { kinds: short(1), paceMs: 5 }, {}), 1, 'for their pace');
  assert.equal(chosen('short', { kinds: short(1), ageMs: 100 }, {}), 1, 'for the first of them');
  assert.equal(chosen('short', { kinds: ['unknown'] }, {}), 1, 'for one that nobody knows');
  assert.equal(chosen('short', { kinds: short(3), paceMs: 5 }, { kinds: short(2), paceMs: 5 }), 1);
});

test('a script not seen before, and a long run, go where nothing is', () => {
  assert.equal(chosen('unknown', { kinds: short(1) }, {}), 1);
  assert.equal(chosen('long', { kinds: short(1) }, {}), 1);
  assert.equal(chosen('long', { kinds: short(1) }), -1);
  assert.equal(chosen('unknown', { kinds: ['unknown'] }), -1);
  assert.equal(chosen('unknown', { kinds: short(1) }), 0);
});

test('a worker that is not ready, loads, has a long run or 16 of them gets none', () => {
  const unable: State[] = [
    { ready: false },
    { loading: true },
    { long: true },
    { kinds: short(16), paceMs: 0 },
  ];
  for (const kind of ['short', 'unknown', 'long'] as const) {
    assert.equal(chosen(kind, ...unable), -1, kind);
  }
});
