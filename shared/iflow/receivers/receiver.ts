import type { Exchange } from '../exchange.ts';
import type { CompiledChannel } from '../flow.ts';
import type { StepContext } from '../steps/step.ts';

/**
 * One receiver adapter, at run time. It sends the message and puts the answer in its place: body and
 * headers. A call that fails leaves the exchange as it was given.
 * `channel.config` is what the same adapter's compiler has returned.
 * @throws {StepFailure} with what the receiver has answered, where it has.
 */
export interface Receiver {
  call(exchange: Exchange, channel: CompiledChannel, context: StepContext): Promise<void>;
}
