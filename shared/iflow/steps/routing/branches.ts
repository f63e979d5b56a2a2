import { FlowFailure } from '../../engine.ts';
import type { Exchange } from '../../exchange.ts';
import type { CompiledNode } from '../../flow.ts';
import type { StepContext } from '../step.ts';

/** A copy of the message, and the node from which it goes its own way. */
export interface Branch {
  readonly nodeId: string;
  readonly exchange: Exchange;
}

/** What became of a branch; its exchange holds what it held then. */
export type BranchOutcome =
  /** It has come to a Gather or a Join. */
  | { readonly kind: 'stopped'; readonly at: CompiledNode }
  | { readonly kind: 'ended' }
  /** An exception subprocess has handled what failed in it. */
  | { readonly kind: 'handled' }
  | { readonly kind: 'failed'; readonly failure: FlowFailure };

export interface BranchRules {
  /** How many run at the same time. */
  readonly concurrency: number;
  /** None begins once one has failed, handled or not. */
  readonly stopOnFailure: boolean;
  /** After it none begins, and what comes to its end does not count. */
  readonly timeoutMs?: number;
}

/**
 * Runs branches, in their order, each made when it is its turn. It returns when all that have begun
 * are through: nothing of a step goes on behind it.
 * @param take is told of each that counts, as it comes to its end.
 * @throws {FlowFailure} where there is no time left for the message, or no room.
 */
export async function runBranches(
  branches: Iterable<Branch>,
  { concurrency, stopOnFailure, timeoutMs = Infinity }: BranchRules,
  { environment, runBranch }: StepContext,
  take: (index: number, branch: Branch, outcome: BranchOutcome) => void,
): Promise<void> {
  const until = environment.now() + timeoutMs;
  const left: Iterator<Branch, unknown> = branches[Symbol.iterator]();
  let begun = 0;
  let stopped = false;
  const work = async (): Promise<void> => {
    try {
      while (!stopped && environment.now() < until) {
        const next = left.next();
        if (next.done === true) return;
        const branch = next.value;
        const index = begun++;
        const outcome = await run(branch, runBranch);
        if (environment.now() >= until) return;
        take(index, branch, outcome);
        const { kind } = outcome;
        if (stopOnFailure && (kind === 'failed' || kind === 'handled')) stopped = true;
      }
    } catch (error) {
      stopped = true;
      throw error;
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: concurrency }, work));
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
}

async function run(
  { nodeId, exchange }: Branch,
  runBranch: StepContext['runBranch'],
): Promise<BranchOutcome> {
  try {
    const { stoppedAt, handled } = await runBranch(nodeId, exchange);
    if (stoppedAt !== undefined) return { kind: 'stopped', at: stoppedAt };
    return { kind: handled ? 'handled' : 'ended' };
  } catch (error) {
    if (!(error instanceof FlowFailure)) throw error;
    if (error.reason === 'timeout' || error.reason === 'busy') throw error;
    return { kind: 'failed', failure: error };
  }
}
