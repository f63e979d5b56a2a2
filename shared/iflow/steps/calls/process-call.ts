import type { Step } from '../step.ts';

export interface ProcessCallConfig {
  readonly processId: string;
}

/** Calls a local integration process. */
export const processCall: Step = {
  // The steps of the process are counted one by one.
  changes: () => 'nothing',

  async run(_, node, context) {
    await context.callProcess((node.config as ProcessCallConfig).processId);
    return undefined;
  },
};
