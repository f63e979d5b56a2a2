import { type Task, type TaskEntry, TaskFailure } from './task.ts';
import { type TaskName, tasks } from './tasks.ts';

/** A task of `tasks.ts`; its resource is loaded before. */
export interface TaskRun {
  readonly language: 'task';
  readonly name: TaskName;
  readonly key: string;
  readonly hasResource: boolean;
  readonly input: unknown;
}

export type TaskOutcome =
  | { readonly output: unknown }
  /** The task says what is wrong with its input: `fault` is the reason of its TaskFailure. */
  | { readonly fault: string; readonly message: string };

interface Resource {
  readonly text: string;
  prepared?: unknown;
  dispose?: () => void;
}

/** Runs the tasks of one worker thread and keeps what they have made of their resources. */
export class LoadedTasks {
  readonly #loaded = new Set<TaskName>();
  readonly #resources = new Map<string, Resource>();

  isReady({ name, key, hasResource }: Omit<TaskRun, 'input'>): boolean {
    return (
      this.#loaded.has(name) && (!hasResource || this.#resources.get(key)?.prepared !== undefined)
    );
  }

  /**
   * Loads the code of a task and makes the most of its resource, once: up to some seconds.
   * @returns what is wrong with the resource; undefined if nothing is.
   */
  async makeReady({
    name,
    key,
    hasResource,
  }: Omit<TaskRun, 'input'>): Promise<TaskOutcome | undefined> {
    const task = await taskOf(name);
    this.#loaded.add(name);
    return failing(async () => {
      if (hasResource) await this.#prepare(task, key);
      return undefined;
    });
  }

  load(key: string, text: string): void {
    this.#resources.set(key, { text });
  }

  drop(key: string): void {
    this.#resources.get(key)?.dispose?.();
    this.#resources.delete(key);
  }

  /** Runs a task that is ready. */
  async run({ name, key, hasResource, input }: TaskRun): Promise<TaskOutcome> {
    const task = await taskOf(name);
    const prepared = hasResource ? this.#resources.get(key)?.prepared : undefined;
    return failing(async () => ({ output: await task.run(input as never, prepared) }));
  }

  async #prepare(task: Task<never, unknown, unknown>, key: string): Promise<void> {
    const resource = this.#resources.get(key);
    if (resource === undefined || task.prepare === undefined) {
      throw new Error(`The task ${key} has no resource.`);
    }
    const prepared = await task.prepare(resource.text);
    resource.prepared = prepared;
    resource.dispose = () => task.dispose?.(prepared);
  }
}

function taskOf(name: TaskName): Promise<Task<never, unknown, unknown>> {
  const entry: TaskEntry<unknown> = tasks[name];
  return entry.load() as Promise<Task<never, unknown, unknown>>;
}

/** What a task says is wrong, as its outcome. */
async function failing<T>(work: () => Promise<T>): Promise<T | TaskOutcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    return { fault: error.reason, message: error.message };
  }
}
