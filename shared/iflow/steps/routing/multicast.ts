import { copyExchange, type Exchange, replaceExchange } from '../../exchange.ts';
import type { CompiledNode } from '../../flow.ts';
import { ownSize } from '../../message-size.ts';
import { type Branch, type BranchOutcome, runBranches } from './branches.ts';
import { closingGather, gatherAt } from './closing-gather.ts';
import { GatheredMessages } from './gathered-messages.ts';
import type { Step, StepResult } from '../step.ts';

export interface MulticastConfig {
  /** One branch after the other; the next one only if the one before has not failed. */
  readonly sequential: boolean;
  /** Nodes that the branches begin at, in their order. */
  readonly routes: readonly string[];
}

interface End {
  readonly branch: Branch;
  readonly outcome: BranchOutcome;
}

/**
 * Parallel and Sequential Multicast: each branch has its own copy of the message. The messages that come
 * to a Gather are combined there, and those that an exception subprocess has answered with them.
 * Without a Gather, the message goes on as the last branch has left it.
 */
export const multicast: Step = {
  async run(exchange, node, context) {
    const { sequential, routes } = node.config as MulticastConfig;
    const ends: End[] = [];
    const rules = { concurrency: sequential ? 1 : routes.length, stopOnFailure: sequential };
    await runBranches(copies(routes, exchange), rules, context, (index, branch, outcome) => {
      ends[index] = { branch, outcome };
      context.keep(ownSize(branch.exchange, exchange));
    });
    for (const { outcome } of ends) if (outcome.kind === 'failed') throw outcome.failure;
    const handled = ends.find(({ outcome }) => outcome.kind === 'handled');
    if (handled !== undefined && sequential) {
      replaceExchange(exchange, handled.branch.exchange);
      return { end: 'handled' };
    }
    const at = meetingPoint(ends);
    const gather =
      at === undefined ? handled && closingGather(context.flow, node) : gatherAt(at, context.flow);
    if (gather === undefined) {
      const last = ends.at(-1);
      if (last !== undefined) replaceExchange(exchange, last.branch.exchange);
      return at === undefined ? { end: 'process' } : behind(at);
    }
    const messages = new GatheredMessages(exchange);
    for (const [index, { branch, outcome }] of ends.entries()) {
      if (outcome.kind !== 'ended') messages.add(index, branch.exchange);
    }
    await messages.combine(gather, exchange, context);
    return behind(gather);
  },
};

function* copies(routes: readonly string[], exchange: Exchange): Generator<Branch> {
  for (const nodeId of routes) yield { nodeId, exchange: copyExchange(exchange) };
}

/** The Gather or Join that branches have come to. */
function meetingPoint(ends: readonly End[]): CompiledNode | undefined {
  for (const { outcome } of ends) if (outcome.kind === 'stopped') return outcome.at;
  return undefined;
}

function behind({ next: [to] }: CompiledNode): StepResult {
  return to === undefined ? { end: 'process' } : { goTo: to };
}
