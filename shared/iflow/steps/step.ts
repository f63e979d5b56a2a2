import type { FlowEnvironment } from '../engine.ts';
import type { Exchange } from '../exchange.ts';
import type { CompiledFlow, CompiledNode } from '../flow.ts';
import type { Changes, MessageRoom } from '../message-size.ts';
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
   * Runs the nodes from `nodeId` on, as a branch: until a Gather or a Join, which is not run, or an
   * end. A step that fails is given to the exception subprocess of the process, once, as everywhere.
   * @throws {FlowFailure}
   */
  readonly runBranch: (nodeId: string, exchange: Exchange) => Promise<BranchEnd>;
  /**
   * Runs a local integration process on the step's exchange. Where its exception subprocess has handled a failure, or it has
   * ended the message, nothing returns to the caller: what is thrown then passes through every step.
   * @throws {FlowFailure}
   */
  readonly callProcess: (processId: string) => Promise<void>;
  /**
   * Counts what the step keeps of a branch until it is through.
   * @throws {StepFailure} when the message would hold too much.
   */
  readonly keep: (size: number) => void;
  /** What the message may still come to hold. */
  readonly room: MessageRoom;
  /** Has `completion` run when the message has been processed, and not when it fails. */
  readonly onCompletion: (completion: () => Promise<void>) => void;
}

/** Where a branch has stopped. */
export interface BranchEnd {
  /** A Gather or a Join; undefined at an end. */
  readonly stoppedAt: CompiledNode | undefined;
  /** An exception subprocess has handled a failure in it: the exchange is what that has made. */
  readonly handled: boolean;
}

/**
 * Where the message goes after a step: undefined for the first node that it leads to, a node by its
 * id, or an end.
 * - `process` ends the process, or the branch, as an end event does.
 * - `handled` does so after an exception subprocess has answered the message: nothing returns to
 *   whoever called the process.
 * - `error` fails the process: in an exception subprocess with what was caught.
 * - `escalation` and `terminate` end the message, `terminate` in a branch only that.
 */
export type StepResult =
  | undefined
  | { readonly goTo: string }
  | { readonly end: 'process' | 'handled' | 'error' | 'escalation' | 'terminate' };

/**
 * One type of step, at run time. What it has changed of the exchange is undone where it fails.
 * `node.config` is what the same step's compiler has returned.
 */
export interface Step {
  /** What it changes of the message itself: what is counted behind it. Everything unless told. */
  readonly changes?: (node: CompiledNode) => Changes;
  run(
    exchange: Exchange,
    node: CompiledNode,
    context: StepContext,
  ): Promise<StepResult> | StepResult;
}
