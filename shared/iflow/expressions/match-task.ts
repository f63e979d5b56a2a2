import { type Task, TaskFailure } from '../tasks/task.ts';
import { ExpressionFault } from './expression-fault.ts';
import { compilePattern } from './pattern.ts';

/** A text to hold against a pattern. */
export interface MatchCall {
  readonly body: string;
  readonly pattern: string;
}

/** Patterns kept compiled: most are written in the flow. */
const MAX_KEPT = 200;
const kept = new Map<string, (text: string) => boolean>();

/** Whether the whole text matches, in time linear in its length. */
export const matchTask: Task<MatchCall, boolean> = {
  run({ body, pattern }) {
    try {
      const matches = kept.get(pattern) ?? compilePattern(pattern);
      kept.delete(pattern);
      kept.set(pattern, matches);
      const [oldest] = kept.keys();
      if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
      return matches(body);
    } catch (error) {
      if (!(error instanceof ExpressionFault)) throw error;
      throw new TaskFailure(
        'expression',
        `A condition cannot be evaluated: ${error.message}.`,
        error,
      );
    }
  },
};
