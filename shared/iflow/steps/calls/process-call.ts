import type { Step } from '../step.ts';

export interface ProcessCallConfig {
  readonly processId: string;
}

/** Calls a local integration process. */
export const processCall: Step = {
  async run(exchange, node, context) {
    await context.callProcess((node.config as ProcessCallConfig).processId, exchange);
    return undefined;
  },
};
