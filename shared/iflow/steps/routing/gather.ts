import { copyExchange } from '../../exchange.ts';
import { GatheredMessages } from './gathered-messages.ts';
import type { Step } from '../step.ts';

/**
 * Gather, where no splitter and no multicast has come before: the one message is combined. A splitter
 * or multicast combines the messages of its branches by this step's config itself.
 */
export const gather: Step = {
  async run(exchange, node, context) {
    const messages = new GatheredMessages(exchange);
    messages.add(0, copyExchange(exchange));
    await messages.combine(node, exchange, context);
    return undefined;
  },
};
