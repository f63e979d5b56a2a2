import type { TaskRunner } from './tasks/task-runner.ts';
import type { Exchange } from './exchange.ts';
import type { CompiledFlow } from './flow.ts';
import type { MessageRoom } from './message-size.ts';
import type { FlowServices } from './services/services.ts';
import type { Trace } from '../telemetry/telemetry.ts';
import type { ScriptEngine, ScriptLimits, ScriptLogEntry } from './script/engine.ts';

/** What a running flow may use; everything else is out of its reach. */
export interface FlowEnvironment {
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  /** The engine for a script step's language; loaded when a flow first needs it. */
  readonly scriptEngine: (language: 'JavaScript') => Promise<ScriptEngine>;
  /** Work that may be long, away from the event loop; loaded when a flow first needs it. */
  readonly tasks: () => Promise<TaskRunner>;
  readonly scriptLimits: ScriptLimits;
  /** For one task of a step in a worker, such as an XPath or a stylesheet. */
  readonly taskTimeoutMs: number;
  /** What flows share: receivers' credentials, data stores and the like. */
  readonly services: FlowServices;
  /**
   * Hands a message over to the deployed flow with that ProcessDirect address, and gives the exchange
   * its answer.
   * @throws {StepFailure} when no flow has the address, or that flow fails.
   */
  readonly processDirect: (
    address: string,
    exchange: Exchange,
    /** Of the flow that hands it over: the answer's headers are for it to allow. */
    from: CompiledFlow,
    deadline: number,
    room: MessageRoom,
  ) => Promise<void>;
  /** Called when a step has given the header `SAP_Receiver` another value. */
  readonly noteReceiver: (exchange: Exchange) => void;
  /** Of the call that brought the message; its headers go with every request to a receiver. */
  readonly trace: Trace;
  /**
   * Where another flow has handed the message over: what that one's message holds counts as well.
   * `original` waits unchanged until this one has come to its end.
   */
  readonly handedOver?: {
    /** From flow to flow. */
    readonly times: number;
    readonly room: MessageRoom;
    readonly original: Exchange;
  };
  /** Names the deployment, so that compiled scripts are kept apart: unique per deploy. */
  readonly revision: string;
}

/** How the message ends in the processing log where no step failed. */
export type FlowOutcome =
  | { readonly status: 'COMPLETED' }
  | {
      readonly status: 'ESCALATED';
      /** What a sender that waits is told; undefined where none does. */
      readonly raised: string | undefined;
    };

/** A step failed. `message` is for the log, and for the sender where the flow returns exceptions. */
export class FlowFailure extends Error {
  readonly stepId: string;
  readonly stepName: string;
  readonly reason: string;
  /** The step's own failure, with what a receiver has answered; undefined for one of the engine. */
  declare readonly cause: unknown;

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
 * @param log takes what scripts tell the message processing log, also of a message that fails.
 * @throws {FlowFailure}
 */
export type RunFlow = (
  flow: CompiledFlow,
  start: { readonly processId: string; readonly startId: string },
  exchange: Exchange,
  environment: FlowEnvironment,
  deadline: number,
  log: ScriptLogEntry[],
) => Promise<FlowOutcome>;
