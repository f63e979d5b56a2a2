import { contentModifier } from './content-modifier.ts';
import { event } from './event.ts';
import { script } from './script.ts';
import type { Step } from './step.ts';

/** What runs a step, by its type; `steps/compilers.ts` has the same keys. */
export const steps: Readonly<Record<string, Step>> = {
  StartEvent: event,
  MessageStartEvent: event,
  EndEvent: event,
  MessageEndEvent: event,
  Enricher: contentModifier,
  JavaScript: script,
};
