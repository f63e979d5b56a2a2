import type { Exchange } from '../exchange.ts';
import type { CompiledChannel } from '../flow.ts';
import type { StepContext } from '../steps/step.ts';
import { receivers } from './index.ts';

/** Calls a receiver by its channel; see {@link Receiver}. @throws {StepFailure} */
export async function callReceiver(
  channel: CompiledChannel,
  exchange: Exchange,
  context: StepContext,
): Promise<undefined> {
  const receiver = receivers[channel.adapter];
  if (receiver === undefined) {
    throw new Error(`The compiled flow ${context.flow.id} has a receiver ${channel.adapter}.`);
  }
  await receiver.call(exchange, channel, context);
}
