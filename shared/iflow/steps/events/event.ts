import { callReceiver } from '../../receivers/call.ts';
import type { CompiledChannel } from '../../flow.ts';
import type { Step } from '../step.ts';

export interface EndConfig {
  /** Where the message is sent at the end; the receiver's answer is that of the flow. */
  readonly channels: readonly CompiledChannel[];
}

/** A message enters, or leaves a local process, and nothing happens to it. */
export const event: Step = { run: () => undefined };

export const messageEnd: Step = {
  run(exchange, node, context) {
    // Flows of format 1 have no config here.
    const { channels = [] } = (node.config ?? {}) as Partial<EndConfig>;
    const [channel] = channels;
    if (channel === undefined) return undefined;
    return callReceiver(channel, exchange, context);
  },
};

export const errorEnd: Step = { run: () => ({ end: 'error' }) };

export const escalationEnd: Step = { run: () => ({ end: 'escalation' }) };

export const terminateEnd: Step = { run: () => ({ end: 'terminate' }) };
