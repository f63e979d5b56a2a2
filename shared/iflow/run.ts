import { CaughtFailures } from './caught-failure.ts';
import { Completions } from './completions.ts';
import { type FlowEnvironment, FlowFailure, type FlowOutcome, type RunFlow } from './engine.ts';
import { type Exchange, isCopyOf } from './exchange.ts';
import type { CompiledFlow, CompiledNode, CompiledProcess } from './flow.ts';
import { MessageEnded } from './message-ended.ts';
import { type Before, HeldMessage, MessageRoom } from './message-size.ts';
import type { ScriptLogEntry } from './script/engine.ts';
import { steps } from './steps/index.ts';
import type { BranchEnd, StepContext, StepResult } from './steps/step.ts';
import { StepFailure } from './steps/step-failure.ts';
import { Transaction } from './transaction.ts';
import { Turns } from './turns.ts';

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
  const { room = new MessageRoom(), original } = environment.handedOver ?? {};
  const held = new HeldMessage(exchange, room, original);
  let outcome: FlowOutcome = { status: 'COMPLETED' };
  try {
    await run.process(start, { held, depth: 0, transaction: undefined });
  } catch (error) {
    if (!(error instanceof MessageEnded)) throw error;
    if (error.end === 'escalated') {
      outcome = { status: 'ESCALATED', raised: waits ? error.message : undefined };
    }
  } finally {
    held.release();
  }
  await run.completions.run(flow, environment.now, deadline);
  return outcome;
};

type End = Extract<StepResult, { end: string }>['end'];
type Start = Parameters<RunFlow>[1];

/** What a process has of the one that calls it. */
interface Caller {
  readonly held: HeldMessage;
  readonly depth: number;
  readonly transaction: Transaction | undefined;
}

/** A way through the nodes of one process. */
interface Walk extends Caller {
  readonly process: CompiledProcess;
  /** A branch stops before a Gather or a Join. */
  readonly branch: boolean;
  /** What the exception subprocess that it goes through has caught. */
  readonly caught: FlowFailure | undefined;
}

class FlowRun {
  readonly completions = new Completions();
  readonly #flow: CompiledFlow;
  readonly #environment: FlowEnvironment;
  readonly #deadline: number;
  readonly #log: ScriptLogEntry[];
  /** Whether the sender waits for an answer. */
  readonly #senderWaits: boolean;
  /** Failures that no exception subprocess gets: that of their process had them, if there is one. */
  readonly #given = new WeakSet<FlowFailure>();
  readonly #caught = new CaughtFailures();
  readonly #turns: Turns;
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
    this.#turns = new Turns(environment.now);
  }

  async process({ processId, startId }: Start, by: Caller): Promise<void> {
    const process = this.#flow.processes[processId];
    if (process === undefined) {
      throw new Error(`The compiled flow ${this.#flow.id} has no process ${processId}.`);
    }
    const walk = { ...by, process, branch: false, caught: undefined };
    const from = startId || process.startId;
    if (process.transactional === true && by.transaction === undefined) {
      const transaction = new Transaction(this.#environment, by.held.room, this.#deadline);
      // Whoever calls it catches as little of its commit as of its steps.
      await this.#uncaught(() =>
        transaction.around(process, () => this.#guard({ ...walk, transaction }, from)),
      );
    } else await this.#guard(walk, from);
  }

  /**
   * Walks, and gives what fails to the exception subprocess of the process that the step stands in.
   * No other gets it: the one of a process does not catch what fails in the local processes that it
   * calls (SAP Help, Define Exception Subprocess), and a failure that a branch could not handle has
   * been given to it already. One that fails itself, or ends in an error, fails its process.
   */
  async #guard(walk: Walk, startId: string): Promise<CompiledNode | undefined> {
    try {
      return await this.#walk(walk, startId);
    } catch (error) {
      if (!(error instanceof FlowFailure) || this.#given.has(error)) throw error;
      this.#given.add(error);
      const handler = walk.process.exceptionSubprocess;
      if (handler === undefined || walk.caught !== undefined) throw error;
      // There is no time left to handle it in, or no room.
      if (error.reason === 'timeout' || error.reason === 'busy') throw error;
      this.#caught.tell(error, walk.held.exchange);
      walk.held.letGo();
      walk.held.recount();
      const handling = { ...walk, branch: false, caught: error };
      await this.#uncaught(() => this.#walk(handling, handler.startId));
      throw new MessageEnded('handled');
    }
  }

  /** No exception subprocess gets what fails in it. */
  async #uncaught(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof FlowFailure) this.#given.add(error);
      throw error;
    }
  }

  /** @returns the Gather or Join that a branch has stopped at; undefined at an end. */
  async #walk(walk: Walk, startId: string): Promise<CompiledNode | undefined> {
    const { held } = walk;
    const { headers } = held.exchange;
    const context = this.#contextOf(walk);
    // What arrives in it, from the caller or from before the branch, is not what a step has named.
    let receiver = headers.get('sap_receiver');
    let id: string | undefined = startId;
    while (id !== undefined) {
      const node: CompiledNode | undefined = walk.process.nodes[id];
      if (node === undefined) {
        throw new Error(`The compiled flow ${this.#flow.id} has no step ${id}.`);
      }
      if (walk.branch && (node.type === 'Gather' || node.type === 'Join')) return node;
      const changes = steps[node.type]?.changes?.(node) ?? 'everything';
      const before = held.before(changes);
      const pending = this.#runStep(node, held, before, context);
      const result = pending instanceof Promise ? await pending : pending;
      held.letGo();
      const excess = held.count(changes);
      if (excess !== undefined) {
        const text = `The step "${node.name || node.id}" has made ${excess}.`;
        fail(node, held, before, new StepFailure('too_large', text));
      }
      const named = headers.get('sap_receiver');
      if (named !== receiver) {
        if (!isCopyOf(receiver, named)) this.#environment.noteReceiver(held.exchange);
        receiver = named;
      }
      if (this.#turns.holdsTooLong()) await this.#turns.letOthersOn();
      if (result === undefined) id = node.next[0];
      else if ('goTo' in result) id = result.goTo;
      else {
        this.#end(result.end, node, walk);
        id = undefined;
      }
    }
    return undefined;
  }

  #runStep(
    node: CompiledNode,
    held: HeldMessage,
    before: Before | undefined,
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
    const failed = (error: unknown): never => fail(node, held, before, error);
    const attributes = { 'flowgate.step.id': node.id, 'flowgate.step.type': node.type };
    const run = (): Promise<StepResult> | StepResult => step.run(held.exchange, node, context);
    try {
      const running = trace.span('flow.step', run, attributes);
      return running instanceof Promise ? running.catch(failed) : running;
    } catch (error) {
      return failed(error);
    }
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
    const depth = deeper(from);
    if (this.#openBranches >= MAX_BRANCHES) {
      const text = `The message has more than ${MAX_BRANCHES} branches at the same time.`;
      throw new StepFailure('too_many', text);
    }
    const held = from.held.branch(exchange);
    this.#openBranches += 1;
    try {
      // One may have no step of its own.
      if (this.#turns.holdsTooLong()) await this.#turns.letOthersOn();
      const walk = { ...from, held, branch: true, depth };
      return { stoppedAt: await this.#guard(walk, nodeId), handled: false };
    } catch (error) {
      if (!(error instanceof MessageEnded) || error.end === 'escalated') throw error;
      return { stoppedAt: undefined, handled: error.end === 'handled' };
    } finally {
      this.#openBranches -= 1;
      held.release();
    }
  }

  #contextOf(walk: Walk): StepContext {
    return {
      flow: this.#flow,
      environment: walk.transaction?.environment ?? this.#environment,
      deadline: this.#deadline,
      log: this.#log,
      runBranch: (nodeId, exchange) => this.#branch(walk, nodeId, exchange),
      callProcess: async (processId) => {
        await this.process({ processId, startId: '' }, { ...walk, depth: deeper(walk) });
      },
      keep: (size) => {
        walk.held.keep(size);
      },
      room: walk.held.room,
      onCompletion: (completion) => {
        this.completions.add(completion);
      },
    };
  }
}

/** A step that fails leaves the message as it was given. */
function fail(
  node: CompiledNode,
  held: HeldMessage,
  before: Before | undefined,
  error: unknown,
): never {
  if (!(error instanceof StepFailure)) throw error;
  held.undo(before);
  throw new FlowFailure(node, error.reason, error.message, error);
}

function deeper({ depth }: Walk): number {
  if (depth < MAX_DEPTH) return depth + 1;
  const text = `Processes and branches are nested more than ${MAX_DEPTH} deep.`;
  throw new StepFailure('too_deep', text);
}
