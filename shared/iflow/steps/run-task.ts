import type { TaskInput, TaskName, TaskOutput } from '../apart/tasks.ts';
import { TaskFailure } from '../apart/apart.ts';
import type { CompiledNode } from '../flow.ts';
import { ScriptFailure } from '../script/engine.ts';
import { type StepContext, StepFailure } from './step.ts';

/**
 * Runs a task for a step, within the time that the step and the flow have left.
 * @param resource key of {@link CompiledFlow.resources} that the task works with.
 * @throws {StepFailure}
 */
export async function runTask<N extends TaskName>(
  name: N,
  input: TaskInput<N>,
  node: CompiledNode,
  { flow, environment, deadline }: StepContext,
  resource?: string,
): Promise<TaskOutput<N>> {
  const apart = await environment.apart();
  const timeLeft = Math.max(1, deadline - environment.now());
  const text = resource === undefined ? undefined : flow.resources[resource];
  if (resource !== undefined && text === undefined) {
    throw new Error(`The compiled flow has no resource ${resource}.`);
  }
  try {
    return await apart.run(name, input, {
      key: `${environment.revision}/${node.id}`,
      timeoutMs: Math.min(environment.taskTimeoutMs, timeLeft),
      ...(text === undefined ? {} : { resource: text }),
    });
  } catch (error) {
    if (error instanceof TaskFailure) throw new StepFailure(error.reason, error.message, error);
    if (!(error instanceof ScriptFailure)) throw error;
    const reason = error.reason === 'busy' ? 'busy' : `${name}_${error.reason}`;
    throw new StepFailure(reason, error.message, error);
  }
}
