import type { Exchange } from '../exchange.ts';
import {
  asText,
  evaluate,
  ExpressionFailure,
  type Template,
  WorkBudget,
} from '../expressions/simple.ts';
import { type StepContext, StepFailure } from '../steps/step.ts';

/** Evaluates the expressions of a channel's settings on one message, as text. */
export type EvaluateText = (template: Template) => string;

/** @returns a function that throws {@link StepFailure} for what cannot be evaluated. */
export function textsOf(
  exchange: Exchange,
  { flow, environment }: Pick<StepContext, 'flow' | 'environment'>,
): EvaluateText {
  const context = {
    exchange,
    now: environment.now,
    flowId: flow.id,
    budget: new WorkBudget(),
  };
  return (template) => {
    try {
      return asText(evaluate(template, context));
    } catch (error) {
      if (!(error instanceof ExpressionFailure)) throw error;
      throw new StepFailure('expression', error.message, error);
    }
  };
}
