import { callReceiver } from '../../receivers/call.ts';
import type { CompiledChannel, CompiledNode } from '../../flow.ts';
import type { Step } from '../step.ts';

export interface EndConfig {
  /** Where the message is sent at the end; the receiver's answer is that of the flow. */
  readonly channels: readonly CompiledChannel[];
}

/** A message enters, or leaves a local process, and nothing happens to it. */
export const event: Step = { changes: () => 'nothing', run: () => undefined };

export const messageEnd: Step = {
  changes: (node) => (channelOf(node) === undefined ? 'nothing' : 'everything'),

  run(exchange, node, context) {
    const channel = channelOf(node);
    if (channel === undefined) return undefined;
    return callReceiver(channel, exchange, context);
  },
};

/** Flows of format 1 have no config here. */
function channelOf({ config }: CompiledNode): CompiledChannel | undefined {
  return ((config ?? {}) as Partial<EndConfig>).channels?.[0];
}

export const errorEnd: Step = { changes: () => 'nothing', run: () => ({ end: 'error' }) };

export const escalationEnd: Step = { changes: () => 'nothing', run: () => ({ end: 'escalation' }) };

export const terminateEnd: Step = { changes: () => 'nothing', run: () => ({ end: 'terminate' }) };
