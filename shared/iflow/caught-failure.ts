import type { FlowFailure } from './engine.ts';
import type { CaughtException, Exchange } from './exchange.ts';
import { StepFailure } from './steps/step-failure.ts';

/**
 * What the exception subprocesses of one message are told of failures, in the exchange (SAP Help,
 * Define Exception Subprocess; Error Classification).
 */
export class CaughtFailures {
  /** Ids of steps that have been told. */
  readonly #steps = new Set<string>();

  tell(failure: FlowFailure, { headers, properties }: Exchange): void {
    const caught = caughtOf(failure);
    properties.set('CamelExceptionCaught', { ...caught });
    // SAP Help, Headers and Exchange Properties: a flow may set an id for a step, which then stands.
    // That of an earlier failure does not.
    const before = properties.get('SAP_ErrorModelStepID');
    if (typeof before !== 'string' || before === '' || this.#steps.has(before)) {
      properties.set('SAP_ErrorModelStepID', failure.stepId);
      this.#steps.add(failure.stepId);
    }
    // SAP's flows ask for it there, and it is what the sender is answered unless they change it.
    if (caught.statusCode !== undefined) headers.set('CamelHttpResponseCode', caught.statusCode);
  }
}

function caughtOf(failure: FlowFailure): CaughtException {
  const caught = failure.cause instanceof StepFailure ? failure.cause.caught : {};
  return {
    class: 'org.apache.camel.CamelExecutionException',
    message: failure.message,
    stacktrace: `${failure.message}\n\tat ${failure.stepName || failure.stepId}`,
    ...caught,
  };
}
