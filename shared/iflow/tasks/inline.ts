import type { TaskCall } from './task-runner.ts';
import type { Task, TaskEntry, WithBody } from './task.ts';
import { type TaskName, tasks } from './tasks.ts';

/** Runs a task on this thread if its body is small enough; else answers undefined. */
export function runInline(
  name: TaskName,
  input: WithBody,
  { resource }: TaskCall,
): Promise<unknown> | undefined {
  const entry: TaskEntry<unknown> = tasks[name];
  if (resource !== undefined || input.body.length > entry.inlineUpTo || entry.inlineUpTo === 0) {
    return undefined;
  }
  return entry.load().then((task) => (task as Task<WithBody, unknown>).run(input, undefined));
}
