import type { FlowEnvironment } from '../engine.ts';
import type { Exchange } from '../exchange.ts';
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
}

/** Why a step failed: `reason` is a stable tag, `message` is for the log. */
export class StepFailure extends Error {
  readonly reason: string;

  constructor(reason: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StepFailure';
    this.reason = reason;
  }
}

/**
 * One type of step, at run time. A step that fails leaves the exchange as it was given.
 * `node.config` is what the same step's compiler has returned.
 */
export interface Step {
  run(exchange: Exchange, node: CompiledNode, context: StepContext): Promise<void> | undefined;
}
