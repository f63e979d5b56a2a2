import type { FetchFault, FetchReason } from '../../../net/fetch-fault.ts';
import { StepFailure } from '../../steps/step-failure.ts';

interface Told {
  /** Of {@link StepFailure}. */
  readonly reason: string;
  /** What a Java client throws: scripts and the list of exceptions to try again ask for it. */
  readonly class: string;
}

const IO = 'java.io.IOException';

const TOLD: Readonly<Record<FetchReason, Told>> = {
  url: { reason: 'url', class: 'java.lang.IllegalArgumentException' },
  private_address: { reason: 'private_address', class: 'java.net.ConnectException' },
  dns: { reason: 'receiver_connection', class: 'java.net.UnknownHostException' },
  connection: { reason: 'receiver_connection', class: 'java.net.ConnectException' },
  tls: { reason: 'receiver_tls', class: 'javax.net.ssl.SSLHandshakeException' },
  identity: { reason: 'credential', class: 'javax.net.ssl.SSLException' },
  // Not "timeout", which tells that the flow has no time left.
  timeout: { reason: 'receiver_timeout', class: 'java.util.concurrent.TimeoutException' },
  broken: { reason: 'receiver_connection', class: IO },
  encoding: { reason: 'receiver_answer', class: IO },
  too_large: { reason: 'too_large', class: IO },
  busy: { reason: 'busy', class: IO },
  redirect: { reason: 'receiver_answer', class: IO },
  status: { reason: 'receiver_answer', class: IO },
  not_json: { reason: 'receiver_answer', class: IO },
};

/** A call that got no answer, as a failure of its step. */
export function failureOfFetch(fault: FetchFault): StepFailure {
  const told = TOLD[fault.reason];
  const lost = fault.mayHaveArrived && fault.reason !== 'too_large' && fault.reason !== 'busy';
  const text = lost ? `${fault.message} The receiver may have got the request.` : fault.message;
  return new StepFailure(told.reason, text, fault, { class: told.class });
}

export function classOf(fault: FetchFault): string {
  return TOLD[fault.reason].class;
}
