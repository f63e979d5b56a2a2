import { setImmediate } from 'node:timers/promises';
import { CaughtFailures } from './caught-failure.ts';
import { type FlowEnvironment, FlowFailure, type FlowOutcome, type RunFlow } from './engine.ts';
import { type Exchange, isCopyOf, MAX_BODY_SIZE } from './exchange.ts';
import type { CompiledFlow, CompiledNode, CompiledProcess } from './flow.ts';
import type { ScriptLogEntry } from './script/engine.ts';
import { steps } from './steps/index.ts';
import type { BranchEnd, StepContext, StepResult } from './steps/step.ts';
import { StepFailure } from './steps/step-failure.ts';

/** Steps that wait for nothing hold the event loop no longer than this between them. */
const LONGEST_HOLD_MS = 20;
/** Local processes that call each other, and branches in branches. */
const MAX_DEPTH = 50;
/** Of one message, at the same time: each has a copy of it. */
const MAX_BRANCHES = 5000;

/**
 * Runs a message through a flow, step by step; see {@link RunFlow}. What is no failure of a step is
 * thrown on as it is: it is a mistake of ours, not of the flow.
 */
export const runFlow: RunFlow = async (flow, start, exchange, environment, deadline, log) => {
  const waits = !flow.timers.some(({ startId }) => startId === start.startId);
  const run = new FlowRun(flow, environment, deadline, log, waits);
  let outcome: FlowOutcome = { status: 'COMPLETED' };
  try {
    await run.process(start.processId, start.startId, exchange, 0);
  } catch (error) {
    if (!(error instanceof MessageEnded)) throw error;
    if (error.end === 'escalated') {
      outcome = { status: 'ESCALATED', raised: waits ? error.message : undefined };
    }
  }
  await run.complete();
  return outcome;
};

/**
 * The message has ended before its processes have: nothing returns to those that called one.
 * - `handled`: an exception subprocess has come to its end (SAP Help, Handle Exceptions in Subprocess).
 * - `terminated`: at a Terminate Message event.
 * - `escalated`: at an escalation end event; `message` is what a sender that waits is told.
 */
class MessageEnded extends Error {
  readonly end: 'handled' | 'terminated' | 'escalated';

  constructor(end: MessageEnded['end'], message = 'The message was ended.') {
    super(message);
    this.name = 'MessageEnded';
    this.end = end;
  }
}

/** A way through the nodes of one process. */
interface Walk {
  readonly process: CompiledProcess;
  /** A branch stops before a Gather or a Join. */
  readonly branch: boolean;
  /** What the exception subprocess that it goes through has caught. */
  readonly caught: FlowFailure | undefined;
  readonly depth: number;
}

class FlowRun {
  readonly #flow: CompiledFlow;
  readonly #environment: FlowEnvironment;
  readonly #deadline: number;
  readonly #log: ScriptLogEntry[];
  /** Whether the sender waits for an answer. */
  readonly #senderWaits: boolean;
  /** Failures that have been given to the exception subprocess of their process, if there is one. */
  readonly #given = new WeakSet<FlowFailure>();
  readonly #caught = new CaughtFailures();
  readonly #completions: (() => Promise<void>)[] = [];
  #heldSince: number;
  /** When all that have waited for others so far are on again. */
  #turn: Promise<void> = Promise.resolve();
  #openBranches = 0;

  constructor(
    flow: CompiledFlow,
    environment: FlowEnvironment,
    deadline: number,
    log: ScriptLogEntry[],
    senderWaits: boolean,
  ) {
    this.#flow = flow;
    this.#environment = environment;
    this.#deadline = deadline;
    this.#log = log;
    this.#senderWaits = senderWaits;
    this.#heldSince = environment.now();
  }

  /** Does what steps have left for when the message is processed. */
  async complete(): Promise<void> {
    for (const completion of this.#completions) await completion();
  }

  async process(id: string, startId: string, exchange: Exchange, depth: number): Promise<void> {
    const process = this.#flow.processes[id];
    if (process === undefined) {
      throw new Error(`The compiled flow ${this.#flow.id} has no process ${id}.`);
    }
    const walk = { process, branch: false, caught: undefined, depth };
    await this.#guard(walk, startId || process.startId, exchange);
  }

  /**
   * Walks, and gives what fails to the exception subprocess of the process that the step stands in.
   * No other gets it: the one of a process does not catch what fails in the local processes that it
   * calls (SAP Help, Define Exception Subprocess), and a failure that a branch could not handle has
   * been given to it already. One that fails itself, or ends in an error, fails its process.
   */
  async #guard(walk: Walk, startId: string, exchange: Exchange): Promise<CompiledNode | undefined> {
    try {
      return await this.#walk(walk, startId, exchange);
    } catch (error) {
      if (!(error instanceof FlowFailure) || this.#given.has(error)) throw error;
      this.#given.add(error);
      const handler = walk.process.exceptionSubprocess;
      if (handler === undefined || walk.caught !== undefined) throw error;
      // There is no time left to handle it in, or no room.
      if (error.reason === 'timeout' || error.reason === 'busy') throw error;
      this.#caught.tell(error, exchange);
      await this.#handle({ ...walk, branch: false, caught: error }, handler.startId, exchange);
      throw new MessageEnded('handled');
    }
  }

  async #handle(walk: Walk, startId: string, exchange: Exchange): Promise<void> {
    try {
      await this.#walk(walk, startId, exchange);
    } catch (error) {
      if (error instanceof FlowFailure) this.#given.add(error);
      throw error;
    }
  }

  /** @returns the Gather or Join that a branch has stopped at; undefined at an end. */
  async #walk(walk: Walk, startId: string, exchange: Exchange): Promise<CompiledNode | undefined> {
    const context = this.#contextOf(walk);
    // What arrives in it, from the caller or from before the branch, is not what a step has named.
    let receiver = exchange.headers.get('sap_receiver');
    let id: string | undefined = startId;
    while (id !== undefined) {
      const node: CompiledNode | undefined = walk.process.nodes[id];
      if (node === undefined) {
        throw new Error(`The compiled flow ${this.#flow.id} has no step ${id}.`);
      }
      if (walk.branch && (node.type === 'Gather' || node.type === 'Join')) return node;
      const given = exchange.body;
      const pending = this.#runStep(node, exchange, context);
      const result = pending instanceof Promise ? await pending : pending;
      if (exchange.body.length > MAX_BODY_SIZE) {
        exchange.body = given;
        const text = `The step "${node.name || node.id}" has made a body above ${MAX_BODY_SIZE} bytes.`;
        throw new FlowFailure(node, 'too_large', text);
      }
      const named = exchange.headers.get('sap_receiver');
      if (named !== receiver) {
        if (!isCopyOf(receiver, named)) this.#environment.noteReceiver(exchange);
        receiver = named;
      }
      if (this.#holdsTooLong()) await this.#letOthersOn();
      if (result === undefined) id = node.next[0];
      else if ('goTo' in result) id = result.goTo;
      else {
        this.#end(result.end, node, walk);
        id = undefined;
      }
    }
    return undefined;
  }

  #holdsTooLong(): boolean {
    return this.#environment.now() - this.#heldSince >= LONGEST_HOLD_MS;
  }

  /** Branches that wait go on one after the other: each has a turn of the event loop to itself. */
  #letOthersOn(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      await setImmediate();
      this.#heldSince = this.#environment.now();
    });
    return this.#turn;
  }

  #runStep(
    node: CompiledNode,
    exchange: Exchange,
    context: StepContext,
  ): Promise<StepResult> | StepResult {
    const step = steps[node.type];
    if (step === undefined) {
      throw new Error(`The compiled flow ${this.#flow.id} has a step ${node.type}.`);
    }
    const { now, trace } = this.#environment;
    if (now() >= this.#deadline) {
      const text = `The flow ran out of time before the step "${node.name || node.id}".`;
      throw new FlowFailure(node, 'timeout', text);
    }
    const attributes = { 'flowgate.step.id': node.id, 'flowgate.step.type': node.type };
    try {
      const running = trace.span('flow.step', () => step.run(exchange, node, context), attributes);
      return running instanceof Promise
        ? running.catch((error: unknown) => this.#fail(node, error))
        : running;
    } catch (error) {
      return this.#fail(node, error);
    }
  }

  #fail(node: CompiledNode, error: unknown): never {
    if (!(error instanceof StepFailure)) throw error;
    throw new FlowFailure(node, error.reason, error.message, error);
  }

  /** Returns where the process or branch ends and nothing else does. */
  #end(end: End, node: CompiledNode, walk: Walk): void {
    switch (end) {
      case 'process':
        return;
      case 'handled':
        throw new MessageEnded('handled');
      case 'terminate':
        throw new MessageEnded('terminated');
      case 'escalation':
        this.#escalate(node, walk);
        return;
      case 'error': {
        if (walk.caught !== undefined) throw walk.caught;
        const text = `The process ended with the error end event "${node.name || node.id}".`;
        throw new FlowFailure(node, 'error_end', text);
      }
    }
  }

  /**
   * SAP Help, Escalation End Event Behavior: where nobody waits, a local process that escalates
   * returns to its caller; in an exception subprocess, and for a sender that waits, the message ends.
   */
  #escalate(node: CompiledNode, { process, caught }: Walk): void {
    const isLocal = process.startId !== '';
    if (!this.#senderWaits && isLocal && caught === undefined) return;
    const text = `The message was escalated at the end event "${node.name || node.id}".`;
    throw new MessageEnded('escalated', caught === undefined ? text : `${text} ${caught.message}`);
  }

  async #branch(from: Walk, nodeId: string, exchange: Exchange): Promise<BranchEnd> {
    const walk = { ...from, branch: true, depth: deeper(from) };
    if (this.#openBranches >= MAX_BRANCHES) {
      const text = `The message has more than ${MAX_BRANCHES} branches at the same time.`;
      throw new StepFailure('too_many', text);
    }
    this.#openBranches += 1;
    try {
      // One may have no step of its own.
      if (this.#holdsTooLong()) await this.#letOthersOn();
      return { stoppedAt: await this.#guard(walk, nodeId, exchange), handled: false };
    } catch (error) {
      if (!(error instanceof MessageEnded) || error.end === 'escalated') throw error;
      return { stoppedAt: undefined, handled: error.end === 'handled' };
    } finally {
      this.#openBranches -= 1;
    }
  }

  #contextOf(walk: Walk): StepContext {
    return {
      flow: this.#flow,
      environment: this.#environment,
      deadline: this.#deadline,
      log: this.#log,
      runBranch: (nodeId, exchange) => this.#branch(walk, nodeId, exchange),
      callProcess: async (processId, exchange) => {
        await this.process(processId, '', exchange, deeper(walk));
      },
      onCompletion: (completion) => {
        this.#completions.push(completion);
      },
    };
  }
}

function deeper({ depth }: Walk): number {
  if (depth < MAX_DEPTH) return depth + 1;
  throw new StepFailure(
    'too_deep',
    `Processes and branches are nested more than ${MAX_DEPTH} deep.`,
  );
}

type End = Extract<StepResult, { end: string }>['end'];
