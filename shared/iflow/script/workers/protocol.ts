import type { MessagePort } from 'node:worker_threads';
import type { Packed } from '../../large-text.ts';
import type { TaskOutcome, TaskRun } from '../../tasks/loaded-tasks.ts';
import type { Outcome as ScriptOutcome, Task as ScriptTask } from '../javascript/sandbox.ts';

/** What a worker is asked to run. */
export type Task = (ScriptTask & { readonly language: 'JavaScript' }) | TaskRun;

export type Outcome = ScriptOutcome | TaskOutcome;

/** To a worker: handled in order. */
export type Requests = readonly Request[];

/** One run, and what a worker needs to know or forget for it. */
export interface Request {
  readonly task: Packed<Task>;
  readonly sequence: number;
  /** The script, or the resource of a task, where this worker has not had it. */
  readonly load?: { readonly fileName: string; readonly source: string };
  /** The key of what it will not be asked for without `load` again. */
  readonly drop?: string;
}

/**
 * From a worker: first `ready` with the compiled guest code, then an answer to each request, in order.
 * In between, a script may ask a service: its worker waits for the {@link Answer}.
 */
export type Reply = { readonly ready: Uint8Array } | Ended | Loading | Ask;

/** A run is over; `tookMs` is what it took on its worker, without {@link Loading}. */
export interface Ended {
  readonly sequence: number;
  readonly outcome: Packed<Outcome | 'skipped'>;
  readonly tookMs: number;
}

/** What a task needs is being loaded into a worker, or has been: that time is not the run's. */
export interface Loading {
  readonly sequence: number;
  readonly loading: boolean;
}

export interface Ask {
  /** Counts up in each worker. */
  readonly ask: number;
  /** Of the request whose script asks. */
  readonly sequence: number;
  readonly request: string;
}

/** To a worker, over a port of its own, so that it takes nothing else while it waits. */
export interface Answer {
  readonly ask: number;
  /** Undefined where the run that has asked is to end. */
  readonly answer: string | undefined;
}

export interface WorkerData {
  readonly module: WebAssembly.Module;
  /** From `compileGuest`, where another worker has done that. */
  readonly guest: Uint8Array | undefined;
  /** {@link Control} */
  readonly control: Int32Array;
  /** Where {@link Answer}s come. */
  readonly answers: MessagePort;
}

/** Unit of {@link Control.heapLeft}. */
export const MIB = 1024 * 1024;

/** What the pool and a worker tell each other while it runs; sequence numbers wrap around. */
export const Control = {
  /** Requests before this one that have not begun are answered with `skipped`. */
  skipBefore: 0,
  /** The request whose run is to end. */
  abort: 1,
  /** Counts what a waiting worker has to look at: answers, and the end of its run. */
  news: 2,
  /** From the worker: MiB that its heap held after the last task, what nobody refers to any more included. */
  heapLeft: 3,
  length: 4,
} as const;
