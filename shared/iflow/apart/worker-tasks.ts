import { TaskFailure } from './apart.ts';
import type { Task, TaskEntry } from './task.ts';
import { type TaskName, tasks } from './tasks.ts';

/** A task of `apart/tasks.ts`; its resource is loaded before. */
export interface ApartTask {
  readonly language: 'apart';
  readonly name: TaskName;
  readonly key: string;
  readonly hasResource: boolean;
  readonly input: unknown;
}

export type ApartOutcome =
  | { readonly output: unknown }
  /** The task says what is wrong with its input: `fault` is the reason of its TaskFailure. */
  | { readonly fault: string; readonly message: string };

interface Resource {
  readonly text: string;
  prepared?: unknown;
  dispose?: () => void;
}

/** Runs the tasks of one worker thread and keeps what they have made of their resources. */
export class ApartTasks {
  readonly #loaded = new Set<TaskName>();
  readonly #resources = new Map<string, Resource>();

  isLoaded(name: TaskName): boolean {
    return this.#loaded.has(name);
  }

  /** Loads the code of a task: up to some hundred milliseconds, once. */
  async loadCode(name: TaskName): Promise<void> {
    await tasks[name].load();
    this.#loaded.add(name);
  }

  load(key: string, text: string): void {
    this.#resources.set(key, { text });
  }

  drop(key: string): void {
    this.#resources.get(key)?.dispose?.();
    this.#resources.delete(key);
  }

  async run({ name, key, hasResource, input }: ApartTask): Promise<ApartOutcome> {
    const entry: TaskEntry<unknown> = tasks[name];
    const task = (await entry.load()) as Task<never, unknown, unknown>;
    try {
      const prepared = hasResource ? await this.#prepare(task, key) : undefined;
      return { output: await task.run(input as never, prepared) };
    } catch (error) {
      if (!(error instanceof TaskFailure)) throw error;
      return { fault: error.reason, message: error.message };
    }
  }

  async #prepare(task: Task<never, unknown, unknown>, key: string): Promise<unknown> {
    const resource = this.#resources.get(key);
    if (resource === undefined || task.prepare === undefined) {
      throw new Error(`The task ${key} has no resource.`);
    }
    if (resource.prepared === undefined) {
      const prepared = await task.prepare(resource.text);
      resource.prepared = prepared;
      resource.dispose = () => task.dispose?.(prepared);
    }
    return resource.prepared;
  }
}
