import { type ConditionConfig, holds } from '../decide.ts';
import type { Step } from '../step.ts';
import { StepFailure } from '../step-failure.ts';

export interface LoopingProcessConfig {
  readonly processId: string;
  /** As long as it holds, the process is called again. */
  readonly condition: ConditionConfig;
  readonly maximum: number;
  /** Where the condition still holds after the last call that is allowed. */
  readonly failAtMaximum: boolean;
}

/**
 * Looping Process Call: the process is called, then the condition is looked at, so that it is called
 * once at least. Each call works on what the one before has left (SAP Help, Define Looping Process
 * Call).
 */
export const loopingProcess: Step = {
  // The steps of the process are counted one by one.
  changes: () => 'nothing',

  async run(exchange, node, context) {
    const { processId, condition, maximum, failAtMaximum } = node.config as LoopingProcessConfig;
    for (let index = 0; index < maximum; index++) {
      exchange.properties.set('CamelLoopIndex', index);
      await context.callProcess(processId);
      if (!(await holds(condition, exchange, node, context))) return undefined;
    }
    if (!failAtMaximum) return undefined;
    const text = `The loop has come to its maximum of ${maximum} iterations, and its condition still holds.`;
    throw new StepFailure('loop_maximum', text);
  },
};
