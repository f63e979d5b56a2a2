import type { TaskInput, TaskName, TaskOutput } from './tasks.ts';

/**
 * Runs work that a message can make long (parsing, converting, transforming) away from the event
 * loop: what it costs depends on the sender's data, and only a thread that can be ended bounds it.
 */
export interface TaskRunner {
  /**
   * Runs a task of `tasks.ts`. Input and output cross to a worker thread: plain data. A small
   * body that the task handles in time linear to its size is worked on at once, on this thread.
   * @throws {TaskFailure} what the task says is wrong with its input.
   * @throws {ScriptFailure} for what takes too much time or memory, or finds no worker.
   */
  run<N extends TaskName>(name: N, input: TaskInput<N>, call: TaskCall): Promise<TaskOutput<N>>;
}

export interface TaskCall {
  /** Names the step, such as `<revision>/<node id>`: how long it took is remembered under it. */
  readonly key: string;
  readonly timeoutMs: number;
  /**
   * A text that every call of `key` works with, such as a compiled stylesheet: a worker is sent it
   * once, and prepares it once.
   */
  readonly resource?: string;
}
