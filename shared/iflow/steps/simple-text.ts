import type { Exchange } from '../exchange.ts';
import {
  asText,
  evaluate,
  ExpressionFailure,
  type Template,
  WorkBudget,
} from '../expressions/simple.ts';
import { type StepContext, StepFailure } from './step.ts';

/**
 * What a Simple expression in a setting of a step comes to, as text.
 * @throws {StepFailure}
 */
export function simpleText(
  template: Template,
  exchange: Exchange,
  { flow, environment }: Pick<StepContext, 'flow' | 'environment'>,
): string {
  try {
    const context = { exchange, now: environment.now, flowId: flow.id, budget: new WorkBudget() };
    return asText(evaluate(template, context));
  } catch (error) {
    if (!(error instanceof ExpressionFailure)) throw error;
    throw new StepFailure('expression', error.message, error);
  }
}
