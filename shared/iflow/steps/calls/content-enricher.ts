import { copyExchange, MAX_BODY_SIZE } from '../../exchange.ts';
import { ownSize } from '../../message-size.ts';
import { callReceiver } from '../../receivers/call.ts';
import { joinBodies } from '../routing/gathering/joined-bodies.ts';
import { runTask } from '../run-task.ts';
import type { Step } from '../step.ts';
import { StepFailure } from '../step-failure.ts';
import type { Aggregation } from './enriching/enrich-task.ts';
import type { CallConfig } from './request-reply.ts';

export interface ContentEnricherConfig extends CallConfig {
  readonly aggregation: Aggregation;
}

/**
 * Content Enricher: the receiver is sent the message, and the body of its answer is made one with that
 * of the message, which keeps everything else (SAP Help, Define Content Enricher).
 */
export const contentEnricher: Step = {
  changes: () => 'body',
  async run(exchange, node, context) {
    const { channel, aggregation } = node.config as ContentEnricherConfig;
    const lookup = copyExchange(exchange);
    await callReceiver(channel, lookup, context);
    context.keep(ownSize(lookup, exchange));
    if (exchange.body.length + lookup.body.length > MAX_BODY_SIZE) {
      const text = `The message cannot be enriched: its body and the answer of the receiver have more than ${MAX_BODY_SIZE} characters or bytes.`;
      throw new StepFailure('too_large', text);
    }
    const bodies = joinBodies([exchange.body, lookup.body]);
    exchange.body = await runTask('enrich', { ...bodies, aggregation }, node, context);
    return undefined;
  },
};
