import type { TaskInput, TaskName, TaskOutput } from '../tasks/tasks.ts';
import { TaskFailure } from '../tasks/task.ts';
import type { CompiledNode } from '../flow.ts';
import { ScriptFailure } from '../script/engine.ts';
import type { StepContext } from './step.ts';
import { StepFailure } from './step-failure.ts';

/** What a task works with that is not part of the flow; `key` names this very text. */
export interface TaskResource {
  readonly key: string;
  readonly text: string;
}

/**
 * Runs a task for a step, within the time that the step and the flow have left.
 * @param resource what the task works with: a key of {@link CompiledFlow.resources}, or a text.
 * @throws {StepFailure}
 */
export async function runTask<N extends TaskName>(
  name: N,
  input: TaskInput<N>,
  node: CompiledNode,
  { flow, environment, deadline }: StepContext,
  resource?: string | TaskResource,
): Promise<TaskOutput<N>> {
  const tasks = await environment.tasks();
  const timeLeft = Math.max(1, deadline - environment.now());
  const given =
    typeof resource === 'string' ? { key: '', text: flow.resources[resource] } : resource;
  if (typeof resource === 'string' && given?.text === undefined) {
    throw new Error(`The compiled flow has no resource ${resource}.`);
  }
  const step = `${environment.revision}/${node.id}`;
  try {
    return await tasks.run(name, input, {
      key: given === undefined || given.key === '' ? step : `${step}/${given.key}`,
      timeoutMs: Math.min(environment.taskTimeoutMs, timeLeft),
      ...(given?.text === undefined ? {} : { resource: given.text }),
    });
  } catch (error) {
    if (error instanceof TaskFailure) throw new StepFailure(error.reason, error.message, error);
    if (!(error instanceof ScriptFailure)) throw error;
    const reason = error.reason === 'busy' ? 'busy' : `${name}_${error.reason}`;
    throw new StepFailure(reason, error.message, error);
  }
}
