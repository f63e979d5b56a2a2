import type { FlowFailure } from './engine.ts';
import type { CaughtException } from './exchange.ts';
import { StepFailure } from './steps/step.ts';

/** What an exception subprocess sees of a failure. */
export function caughtOf(failure: FlowFailure): CaughtException {
  const caught = failure.cause instanceof StepFailure ? failure.cause.caught : {};
  return {
    class: 'org.apache.camel.CamelExecutionException',
    message: failure.message,
    stacktrace: `${failure.message}\n\tat ${failure.stepName || failure.stepId}`,
    ...caught,
  };
}
