import { setImmediate } from 'node:timers/promises';
import { type FlowEnvironment, FlowFailure, type FlowOutcome, type RunFlow } from './engine.ts';
import { type CaughtException, type Exchange, MAX_BODY_SIZE } from './exchange.ts';
import type { CompiledFlow, CompiledNode, CompiledProcess } from './flow.ts';
import type { ScriptLogEntry } from './script/engine.ts';
import { steps } from './steps/index.ts';
import { type BranchEnd, type StepContext, StepFailure, type StepResult } from './steps/step.ts';

/** Steps that wait for nothing hold the event loop no longer than this between them. */
const LONGEST_HOLD_MS = 20;
/** Local processes that call each other, and branches in branches. */
const MAX_DEPTH = 50;

/**
 * Runs a message through a flow, step by step; see {@link RunFlow}. What is no failure of a step is
 * thrown on as it is: it is a mistake of ours, not of the flow.
 */
export const runFlow: RunFlow = async (flow, start, exchange, environment, deadline, log) => {
  const run = new FlowRun(flow, environment, deadline, log);
  let status: FlowOutcome['status'] = 'COMPLETED';
  try {
    await run.process(start.processId, start.startId, exchange, 0);
  } catch (error) {
    if (!(error instanceof MessageEnded)) throw error;
    status = error.status;
  }
  await run.complete();
  return { status };
};

/** An end event that ends the message wherever it stands: it passes through all processes. */
class MessageEnded extends Error {
  readonly status: 'COMPLETED' | 'ESCALATED';

  constructor(status: MessageEnded['status']) {
    super('The message was ended.');
    this.name = 'MessageEnded';
    this.status = status;
  }
}

/** A way through the nodes of one process. */
interface Walk {
  readonly process: CompiledProcess;
  /** A branch stops before a Gather. */
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
  readonly #completions: (() => Promise<void>)[] = [];
  #heldSince: number;

  constructor(
    flow: CompiledFlow,
    environment: FlowEnvironment,
    deadline: number,
    log: ScriptLogEntry[],
  ) {
    this.#flow = flow;
    this.#environment = environment;
    this.#deadline = deadline;
    this.#log = log;
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
   * Walks, and gives what fails to the exception subprocess. One that fails itself, or ends in an
   * error, has the failure go on to whoever called the process.
   */
  async #guard(walk: Walk, startId: string, exchange: Exchange): Promise<CompiledNode | undefined> {
    try {
      return await this.#walk(walk, startId, exchange);
    } catch (error) {
      const handler = walk.process.exceptionSubprocess;
      if (!(error instanceof FlowFailure) || handler === undefined || walk.caught !== undefined) {
        throw error;
      }
      // There is no time left to handle it in, or no room.
      if (error.reason === 'timeout' || error.reason === 'busy') throw error;
      exchange.properties.set('CamelExceptionCaught', { ...caughtOf(error) });
      await this.#walk({ ...walk, branch: false, caught: error }, handler.startId, exchange);
      return undefined;
    }
  }

  /** @returns the Gather that a branch has stopped at; undefined at an end. */
  async #walk(walk: Walk, startId: string, exchange: Exchange): Promise<CompiledNode | undefined> {
    const context = this.#contextOf(walk);
    let id: string | undefined = startId;
    while (id !== undefined) {
      const node: CompiledNode | undefined = walk.process.nodes[id];
      if (node === undefined) {
        throw new Error(`The compiled flow ${this.#flow.id} has no step ${id}.`);
      }
      if (walk.branch && node.type === 'Gather') return node;
      const pending = this.#runStep(node, exchange, context);
      const result = pending instanceof Promise ? await pending : pending;
      if (exchange.body.length > MAX_BODY_SIZE) {
        const text = `The step "${node.name || node.id}" has made a body above ${MAX_BODY_SIZE} bytes.`;
        throw new FlowFailure(node, 'too_large', text);
      }
      if (this.#environment.now() - this.#heldSince >= LONGEST_HOLD_MS) {
        await setImmediate();
        this.#heldSince = this.#environment.now();
      }
      if (result === undefined) id = node.next[0];
      else if ('goTo' in result) id = result.goTo;
      else this.#end(result.end, node, walk);
    }
    return undefined;
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

  #end(end: 'error' | 'escalation' | 'terminate', node: CompiledNode, walk: Walk): never {
    if (end !== 'error') throw new MessageEnded(end === 'escalation' ? 'ESCALATED' : 'COMPLETED');
    if (walk.caught !== undefined) throw walk.caught;
    const text = `The process ended with the error end event "${node.name || node.id}".`;
    throw new FlowFailure(node, 'error_end', text);
  }

  #contextOf(walk: Walk): StepContext {
    const deeper = (): number => {
      if (walk.depth < MAX_DEPTH) return walk.depth + 1;
      throw new StepFailure(
        'too_deep',
        `Processes and branches are nested more than ${MAX_DEPTH} deep.`,
      );
    };
    return {
      flow: this.#flow,
      environment: this.#environment,
      deadline: this.#deadline,
      log: this.#log,
      runBranch: async (nodeId, exchange): Promise<BranchEnd> => {
        const branch = { ...walk, branch: true, depth: deeper() };
        return { stoppedAt: await this.#guard(branch, nodeId, exchange) };
      },
      callProcess: async (processId, exchange) => {
        await this.process(processId, '', exchange, deeper());
      },
      onCompletion: (completion) => {
        this.#completions.push(completion);
      },
    };
  }
}

function caughtOf(failure: FlowFailure): CaughtException {
  const caught = failure.cause instanceof StepFailure ? failure.cause.caught : {};
  return {
    class: 'org.apache.camel.CamelExecutionException',
    message: failure.message,
    stacktrace: `${failure.message}\n\tat ${failure.stepName || failure.stepId}`,
    ...caught,
  };
}
