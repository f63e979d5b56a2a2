import {
  asText,
  evaluate,
  ExpressionFailure,
  type Template,
  WorkBudget,
} from '../expressions/simple.ts';
import { StepFailure } from '../steps/step.ts';
import type { Receiver } from './receiver.ts';

export interface ProcessDirectConfig {
  readonly address: Template;
}

/** Hands the message to another flow of the tenant, in this process, and waits for its answer. */
export const processDirect: Receiver = {
  async call(exchange, channel, { flow, environment, deadline }) {
    const { address } = channel.config as ProcessDirectConfig;
    let written: string;
    try {
      const context = { exchange, now: environment.now, flowId: flow.id, budget: new WorkBudget() };
      written = asText(evaluate(address, context));
    } catch (error) {
      if (!(error instanceof ExpressionFailure)) throw error;
      throw new StepFailure('expression', error.message, error);
    }
    await environment.processDirect(written, exchange, flow, deadline);
  },
};
