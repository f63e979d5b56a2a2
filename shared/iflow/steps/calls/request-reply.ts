import { copyExchange } from '../../exchange.ts';
import type { CompiledChannel } from '../../flow.ts';
import { callReceiver } from '../../receivers/call.ts';
import type { Step } from '../step.ts';

export interface CallConfig {
  readonly channel: CompiledChannel;
}

/** Request Reply: the receiver's answer takes the place of the message. */
export const requestReply: Step = {
  run: (exchange, node, context) =>
    callReceiver((node.config as CallConfig).channel, exchange, context),
};

/** Send: the message goes on as it is; what the receiver answers is nobody's. */
export const send: Step = {
  run: (exchange, node, context) =>
    callReceiver((node.config as CallConfig).channel, copyExchange(exchange), context),
};
