import type { Kind, Outcome } from './generator.ts';
import type { Sample } from './watch.ts';

export interface Phase {
  readonly name: 'warm-up' | 'maximum' | 'half' | 'twice' | 'half again';
  /** Seconds since the run began. */
  readonly from: number;
  readonly milliseconds: number;
  /** Requests a second; undefined for a closed loop. */
  readonly rate: number | undefined;
  readonly outcome: Outcome;
}

/** All that docs/load.md and its charts are made of. */
export interface LoadRun {
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  /** Requests a second that were answered as meant in the closed loop. */
  readonly maximum: number;
  readonly mix: readonly Pick<Kind, 'name' | 'weight' | 'expected'>[];
  readonly phases: readonly Phase[];
  readonly samples: readonly Sample[];
}
