import type { Template } from '../expressions/simple.ts';
import { textsOf } from '../steps/evaluating.ts';
import type { Receiver } from './receiver.ts';

export interface ProcessDirectConfig {
  readonly address: Template;
}

/** Hands the message to another flow of the tenant, in this process, and waits for its answer. */
export const processDirect: Receiver = {
  async call(exchange, channel, context) {
    const { address } = channel.config as ProcessDirectConfig;
    const written = textsOf(exchange, context)(address);
    const { flow, environment, deadline, room } = context;
    await environment.processDirect(written, exchange, flow, deadline, room);
  },
};
