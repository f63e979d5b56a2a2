import type { Exchange } from '../exchange.ts';
import { type ExpressionContext, ExpressionFailure, WorkBudget } from '../expressions/simple.ts';
import { type StepContext, StepFailure } from './step.ts';

/** What the expressions of a step are evaluated on, with one budget for all of them. */
export function expressionsOn(
  exchange: Exchange,
  { environment, flow }: Pick<StepContext, 'environment' | 'flow'>,
): ExpressionContext {
  return { exchange, now: environment.now, flowId: flow.id, budget: new WorkBudget() };
}

/** Evaluates expressions; one that cannot be fails the step. @throws {StepFailure} */
export function evaluating<T>(evaluate: () => T): T {
  try {
    return evaluate();
  } catch (error) {
    if (!(error instanceof ExpressionFailure)) throw error;
    throw new StepFailure('expression', error.message, error);
  }
}
