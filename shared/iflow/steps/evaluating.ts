import type { Exchange } from '../exchange.ts';
import {
  asText,
  evaluate,
  type ExpressionContext,
  ExpressionFailure,
  type Template,
  WorkBudget,
} from '../expressions/simple.ts';
import type { StepContext } from './step.ts';
import { StepFailure } from './step-failure.ts';

/** Evaluates the expressions of a step's or channel's settings on one message, as text. */
export type EvaluateText = (template: Template) => string;

/** What the expressions of a step are evaluated on, with one budget for all of them. */
export function expressionsOn(
  exchange: Exchange,
  { environment, flow }: Pick<StepContext, 'environment' | 'flow'>,
): ExpressionContext {
  return { exchange, now: environment.now, flowId: flow.id, budget: new WorkBudget() };
}

/** @returns a function that throws {@link StepFailure} for what cannot be evaluated. */
export function textsOf(
  exchange: Exchange,
  context: Pick<StepContext, 'environment' | 'flow'>,
): EvaluateText {
  const expressions = expressionsOn(exchange, context);
  return (template) => evaluating(() => asText(evaluate(template, expressions)));
}

/** Evaluates expressions; one that cannot be fails the step. @throws {StepFailure} */
export function evaluating<T>(evaluateAll: () => T): T {
  try {
    return evaluateAll();
  } catch (error) {
    return rethrow(error);
  }
}

/** An expression's failure as the step's; anything else as it is. */
export function rethrow(error: unknown): never {
  if (!(error instanceof ExpressionFailure)) throw error;
  throw new StepFailure('expression', error.message, error);
}
