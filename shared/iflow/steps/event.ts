import type { Step } from './step.ts';

/** Plain and message events: a message enters or leaves, and nothing happens to it. */
export const event: Step = { run: () => undefined };
