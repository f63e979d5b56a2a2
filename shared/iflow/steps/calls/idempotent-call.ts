import { setTimeout as delay } from 'node:timers/promises';
import type { Template } from '../../expressions/simple.ts';
import type { ProcessedMessages, ProcessingStep } from '../../services/processed-messages.ts';
import { textsOf } from '../evaluating.ts';
import type { Step, StepContext } from '../step.ts';
import { StepFailure } from '../step-failure.ts';

export interface IdempotentCallConfig {
  readonly processId: string;
  readonly messageId: Template;
  /** Whether the process is left out for a duplicate; else it is called, and can tell. */
  readonly skip: boolean;
}

/** SAP Help, Define Idempotent Process Call. */
const KEPT_MS = 90 * 86_400_000;
/** Beyond the message's own time; what an instance that is killed leaves counts no longer. */
const MARGIN_MS = 30_000;
const FIRST_LOOK_MS = 50;
const SLOWEST_LOOK_MS = 1000;

const DUPLICATE = 'CamelDuplicateMessage';

/**
 * Idempotent Process Call: calls a local process once for each message id, whichever instance has the
 * message. While another message with the same id is in the process this one waits: whether it is
 * a duplicate is known when that one is through. Only a process that ends as it should counts, not one
 * that fails or ends the message.
 */
export const idempotentCall: Step = {
  // The steps of the process are counted one by one.
  changes: () => 'nothing',

  async run(exchange, node, context) {
    const { processId, messageId, skip } = node.config as IdempotentCallConfig;
    const id = textsOf(exchange, context)(messageId);
    if (id === '') {
      throw new StepFailure(
        'idempotent',
        'The message ID of the idempotent process call is empty.',
      );
    }
    const messages = await context.environment.services.processedMessages();
    const step = { flowId: context.flow.id, nodeId: node.id };
    const begun = await begin(messages, step, id, context);
    if (begun === 'processed') {
      exchange.properties.set(DUPLICATE, true);
      if (!skip) await context.callProcess(processId);
      return undefined;
    }
    // What an earlier call has found is not about this one.
    exchange.properties.delete(DUPLICATE);
    try {
      await context.callProcess(processId);
    } catch (error) {
      await messages.abandon(step, id, begun.mark);
      throw error;
    }
    await messages.complete(step, id, begun.mark, context.environment.now() + KEPT_MS);
    return undefined;
  },
};

async function begin(
  messages: ProcessedMessages,
  step: ProcessingStep,
  id: string,
  { environment, deadline }: StepContext,
): Promise<{ readonly mark: string } | 'processed'> {
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(2 * wait, SLOWEST_LOOK_MS)) {
    const begun = await messages.begin(step, id, deadline + MARGIN_MS);
    if (begun !== 'in progress') return begun;
    if (environment.now() + wait >= deadline) {
      const text = 'Another message with the same message ID has been in progress all the time.';
      throw new StepFailure('in_progress', text);
    }
    await delay(wait);
  }
}
