import type { Body } from '../exchange.ts';

/** Work that can run in a worker thread: a pure function of plain data, in a file of its own. */
export interface Task<I extends WithBody, O, P = undefined> {
  /** Makes the most of {@link TaskCall.resource}, once for each worker. */
  prepare?(resource: string): P | Promise<P>;
  /** Gives back what {@link prepare} holds that is not JavaScript's own memory. */
  dispose?(prepared: P): void;
  /** @throws {TaskFailure} */
  run(input: I, prepared: P): O | Promise<O>;
}

/** A task and when it is worth a worker. */
export interface TaskEntry<T> {
  readonly load: () => Promise<T>;
  /** Bodies of at most so many characters or bytes are handled on the calling thread; 0 for none. */
  readonly inlineUpTo: number;
}

/** Every task's input has the data whose size decides where it runs. */
export interface WithBody {
  readonly body: Body;
}

/** A task could not do its work on this input. Crosses threads; `message` is a sentence for the log. */
export class TaskFailure extends Error {
  readonly reason: string;

  constructor(reason: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'TaskFailure';
    this.reason = reason;
  }
}
