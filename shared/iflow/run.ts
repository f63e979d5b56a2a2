import { setImmediate } from 'node:timers/promises';
import { FlowFailure, type RunFlow } from './engine.ts';
import type { CompiledNode } from './flow.ts';
import type { ScriptLogEntry } from './script/engine.ts';
import { steps } from './steps/index.ts';
import { StepFailure } from './steps/step.ts';

/** Steps that wait for nothing hold the event loop no longer than this between them. */
const LONGEST_HOLD_MS = 20;

/**
 * Runs a message through a flow, step by step; see {@link RunFlow}. What is no failure of a step is
 * thrown on as it is: it is a mistake of ours, not of the flow.
 */
export const runFlow: RunFlow = async (flow, start, exchange, environment, deadline) => {
  const log: ScriptLogEntry[] = [];
  const context = { flow, environment, deadline, log };
  const process = flow.processes[start.processId];
  let id: string | undefined = start.startId;
  let heldSince = environment.now();
  while (id !== undefined) {
    const node: CompiledNode | undefined = process?.nodes[id];
    const step = node === undefined ? undefined : steps[node.type];
    if (node === undefined || step === undefined) {
      throw new Error(`The compiled flow ${flow.id} has no step that can run at ${id}.`);
    }
    if (environment.now() >= deadline) {
      throw new FlowFailure(
        node,
        'timeout',
        `The flow ran out of time before the step "${node.name || node.id}".`,
      );
    }
    try {
      const running = environment.trace.span('flow.step', () => step.run(exchange, node, context), {
        'flowgate.step.id': node.id,
        'flowgate.step.type': node.type,
      });
      if (running !== undefined) await running;
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      throw new FlowFailure(node, error.reason, error.message, error);
    }
    if (environment.now() - heldSince >= LONGEST_HOLD_MS) {
      await setImmediate();
      heldSince = environment.now();
    }
    // Compiled flows are lines: their compiler refuses cycles, so this ends.
    id = node.next[0];
  }
  return { log };
};
