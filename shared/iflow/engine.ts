import type { Exchange } from './exchange.ts';
import type { XPathEngine } from './expressions/xpath.ts';
import type { CompiledFlow } from './flow.ts';
import type { Trace } from '../telemetry/telemetry.ts';
import type { ScriptEngine, ScriptLimits, ScriptLogEntry } from './script/engine.ts';

/** What a running flow may use; everything else is out of its reach. */
export interface FlowEnvironment {
  readonly now: () => number;
  /** The engine for a script step's language; loaded when a flow first needs it. */
  readonly scriptEngine: (language: 'JavaScript') => Promise<ScriptEngine>;
  /** Loaded when a flow first needs it. */
  readonly xpathEngine: () => Promise<XPathEngine>;
  /** The time limit holds for the XPath of a step as well. */
  readonly scriptLimits: ScriptLimits;
  /** Of the call that brought the message; its headers go with every request to a receiver. */
  readonly trace: Trace;
  /** Names the deployment, so that compiled scripts are kept apart: unique per deploy. */
  readonly revision: string;
}

export interface FlowOutcome {
  /** What scripts told the message processing log. */
  readonly log: readonly ScriptLogEntry[];
}

/** A step failed. `message` is for the log, and for the sender where the flow returns exceptions. */
export class FlowFailure extends Error {
  readonly stepId: string;
  readonly stepName: string;
  readonly reason: string;

  constructor(
    step: { id: string; name: string },
    reason: string,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'FlowFailure';
    this.stepId = step.id;
    this.stepName = step.name;
    this.reason = reason;
  }
}

/**
 * Runs a message through a flow from a start event to an end event. The exchange is changed in
 * place; what it holds when a step fails is what that step was given.
 * @param deadline milliseconds since the epoch; no step begins after it.
 * @throws {FlowFailure}
 */
export type RunFlow = (
  flow: CompiledFlow,
  start: { readonly processId: string; readonly startId: string },
  exchange: Exchange,
  environment: FlowEnvironment,
  deadline: number,
) => Promise<FlowOutcome>;
