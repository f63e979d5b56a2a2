import type { FlowEnvironment } from '../engine.ts';
import type { CaughtException, Exchange } from '../exchange.ts';
import type { CompiledFlow, CompiledNode } from '../flow.ts';
import type { ScriptLogEntry } from '../script/engine.ts';

/** What a step is run with besides the message. */
export interface StepContext {
  readonly flow: CompiledFlow;
  readonly environment: FlowEnvironment;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** Takes what scripts tell the message processing log. */
  readonly log: ScriptLogEntry[];
  /**
   * Runs the nodes from `nodeId` on, as a branch: until a Gather, which is not run, or an end. A
   * step that fails is given to the exception subprocess of the process, once, as everywhere.
   * @throws {FlowFailure}
   */
  readonly runBranch: (nodeId: string, exchange: Exchange) => Promise<BranchEnd>;
  /**
   * Runs a local integration process.
   * @throws {FlowFailure}
   */
  readonly callProcess: (processId: string, exchange: Exchange) => Promise<void>;
  /** Has `completion` run when the message has been processed, and not when it fails. */
  readonly onCompletion: (completion: () => Promise<void>) => void;
}

/** Where a branch has stopped. */
export type BranchEnd =
  { readonly stoppedAt: CompiledNode /* a Gather */ } | { readonly stoppedAt: undefined };

/**
 * Where the message goes after a step: undefined for the first node that it leads to, a node by its
 * id, or an end of the process. `error` fails the process: in an exception subprocess with what was
 * caught; `escalation` and `terminate` end the message, wherever they are.
 */
export type StepResult =
  undefined | { readonly goTo: string } | { readonly end: 'error' | 'escalation' | 'terminate' };

/** Why a step failed: `reason` is a stable tag, `message` is for the log. */
export class StepFailure extends Error {
  readonly reason: string;
  /** What exception subprocesses and scripts see of it besides the message. */
  readonly caught: Partial<CaughtException>;

  constructor(
    reason: string,
    message: string,
    cause?: unknown,
    caught: Partial<CaughtException> = {},
  ) {
    super(message, { cause });
    this.name = 'StepFailure';
    this.reason = reason;
    this.caught = caught;
  }
}

/**
 * One type of step, at run time. A step that fails leaves the exchange as it was given.
 * `node.config` is what the same step's compiler has returned.
 */
export interface Step {
  run(
    exchange: Exchange,
    node: CompiledNode,
    context: StepContext,
  ): Promise<StepResult> | StepResult;
}
