import type { Clock } from '../../shared/config/clock.ts';

export interface TestClock extends Clock {
  /** Moves time on, or back. */
  advance(milliseconds: number): void;
}

/** A clock that stands still until a test moves it. */
export function testClock(now = Date.UTC(2027, 0, 1)): TestClock {
  return {
    now: () => now,
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
}
