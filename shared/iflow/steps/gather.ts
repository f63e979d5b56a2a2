import { copyExchange } from '../exchange.ts';
import type { XPathExpression } from '../expressions/xpath.ts';
import { GatheredMessages } from './gathered-messages.ts';
import type { Step } from './step.ts';

export type GatherConfig =
  /** SAP's Combine: for messages of one format, or of several. */
  | { readonly strategy: 'combine'; readonly format: 'same' | 'different' }
  | { readonly strategy: 'concatenate' }
  /** SAP's Combine at XPath. */
  | {
      readonly strategy: 'merge';
      readonly source: XPathExpression;
      /** Undefined for the element around the first that the source means. */
      readonly target?: XPathExpression;
    };

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
