import { MessageChannel, Worker } from 'node:worker_threads';
import { packTexts, unpackTexts } from '../../large-text.ts';
import { HeapWatch, WORKER_LIMITS } from '../../worker-heap.ts';
import type { ScriptCall } from '../engine.ts';
import { Control, MIB } from './protocol.ts';
import type {
  Answer,
  Ask,
  Loading,
  Outcome,
  Reply,
  Request,
  Requests,
  Task,
  WorkerData,
} from './protocol.ts';
import type { RunAsks } from '../javascript/run-asks.ts';

/** A call on its way to its outcome. */
export interface Run {
  /** Of a task, the source is its resource. */
  readonly call: Pick<ScriptCall, 'key' | 'fileName' | 'source' | 'limits'>;
  readonly task: Task;
  /** What a script asks; undefined for a task. */
  readonly asks: RunAsks | undefined;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
  /** When it was asked for, by `performance.now()`. */
  readonly since: number;
  /** What is known of its script; a long one takes its turn among the long runs. */
  kind: 'short' | 'unknown' | 'long';
  /** It has taken long once, against what is known of its script. */
  spared?: boolean;
  /** Why it is to end, where that is not its own doing. */
  failure?: Error;
}

export interface ThreadEvents {
  answered(run: Run, outcome: Outcome | 'skipped', tookMs: number): void;
  /** After each answer: there may be room for more. */
  idle(): void;
  ready(guest: Uint8Array): void;
  ended(thread: ScriptThread, error: Error): void;
}

/** Scripts and resources of tasks that a worker keeps compiled, the least recently used dropped first. */
const MAX_SCRIPTS = 64;

/**
 * What a task may have of its worker's heap, more or less: what it has let go of counts until it is
 * collected, which may be as much as it still has.
 */
export const TASK_MEMORY_BYTES = 512 * MIB;
/** With more than that a worker gets no other task. */
const KEPT_MEMORY_BYTES = 256 * MIB;

/** Bytes or characters that are copied in no time. */
const SMALL_BODY = 64 * 1024;

/** Whether it can wait for others to go with it. */
function isSmall(task: Task): boolean {
  return (
    task.language === 'JavaScript' &&
    task.attachments === undefined &&
    task.body.length <= SMALL_BODY
  );
}

/** Runs that a pace is the mean of, more or less. */
const PACE_OVER = 8;

/** One worker thread and the runs it has been given: the first is the one that it runs. */
export class ScriptThread {
  readonly runs: Run[] = [];
  /** It has a long run, and gets no other beside it. */
  long = false;
  ready = false;
  /** It loads code that the first of the runs needs. */
  loading = false;
  /** When the first of the runs began, or the loading for it, by `performance.now()`. */
  headSince = 0;
  abortedAt: number | undefined;
  /** What its runs take, the last ones more than those before. */
  paceMs = 0;
  readonly #events: ThreadEvents;
  readonly #worker: Worker;
  readonly #heap: HeapWatch;
  readonly #control = new Int32Array(new SharedArrayBuffer(4 * Control.length));
  readonly #answers = new MessageChannel();
  readonly #scripts = new Set<string>();
  /** Sequence numbers of `runs`. */
  readonly #sequences: number[] = [];
  #outgoing: (Omit<Request, 'task'> & { readonly task: Task })[] = [];
  #next = 1;
  #over = false;

  /** @param guest what another thread has reported as `ready`, to start faster */
  constructor(module: WebAssembly.Module, guest: Uint8Array | undefined, events: ThreadEvents) {
    this.#events = events;
    const entry = import.meta.url.endsWith('.ts') ? './worker.ts' : './script-worker.js';
    this.#worker = new Worker(new URL(entry, import.meta.url), {
      name: 'flowgate-script',
      workerData: {
        module,
        guest,
        control: this.#control,
        answers: this.#answers.port2,
      } satisfies WorkerData,
      transferList: [this.#answers.port2],
      env: {},
      execArgv: [],
      resourceLimits: { ...WORKER_LIMITS, maxYoungGenerationSizeMb: 16 },
    });
    this.#heap = new HeapWatch(this.#worker);
    this.#worker.on('message', (reply: Reply) => this.#receive(reply));
    this.#worker.on('error', (error: unknown) =>
      this.#end(
        error instanceof Error ? error : new Error('A script worker failed.', { cause: error }),
      ),
    );
    this.#worker.on('exit', () => this.#end(new Error('A script worker ended by itself.')));
    this.#worker.unref();
  }

  post(run: Run): void {
    const sequence = this.#next;
    // 0 is what no run has: the abort word's first value.
    this.#next = (this.#next + 1) | 0 || 1;
    if (this.runs.length === 0) this.headSince = performance.now();
    this.runs.push(run);
    run.asks?.begin();
    this.#sequences.push(sequence);
    const { task } = run;
    const kept = task.language === 'JavaScript' || task.hasResource ? this.#keep(run.call) : {};
    this.#outgoing.push({ task, sequence, ...kept });
    if (!isSmall(task)) this.#send();
    else if (this.#outgoing.length === 1) setImmediate(() => this.#send());
  }

  /**
   * What has come up in one turn of the event loop goes together: to wake a worker costs about as
   * much as a short script.
   */
  #send(): void {
    const requests = this.#outgoing;
    this.#outgoing = [];
    if (this.#over || requests.length === 0) return;
    // Where the head is among them, its time begins here.
    if (requests[0]?.sequence === this.#sequences[0]) this.headSince = performance.now();
    const transfer: ArrayBuffer[] = [];
    const packed = requests.map((request) => ({
      ...request,
      task: packTexts(request.task, transfer),
    }));
    this.#worker.postMessage(packed satisfies Requests, transfer);
  }

  /** What the worker is to load and to drop for a run. */
  #keep({ key, fileName, source }: Run['call']): Pick<Request, 'load' | 'drop'> {
    const known = this.#scripts.delete(key);
    this.#scripts.add(key);
    const [drop] = this.#scripts.size > MAX_SCRIPTS ? this.#scripts : [];
    if (drop !== undefined) this.#scripts.delete(drop);
    return {
      ...(known ? {} : { load: { fileName, source } }),
      ...(drop === undefined ? {} : { drop }),
    };
  }

  /** Takes back all runs but the first. */
  takeBehindHead(): Run[] {
    Atomics.store(this.#control, Control.skipBefore, this.#next);
    this.#sequences.splice(1);
    return this.runs.splice(1);
  }

  takeAll(): Run[] {
    this.#sequences.length = 0;
    return this.runs.splice(0);
  }

  /** Ends the first run where QuickJS can; it is answered as `aborted`, or as whatever it became. */
  abort(): void {
    const [head] = this.#sequences;
    if (head === undefined) return;
    this.abortedAt = performance.now();
    Atomics.store(this.#control, Control.abort, head);
    this.#wake();
  }

  /** The tasks before have left so much behind that it gets no more. */
  get isFull(): boolean {
    return this.#heapLeft > KEPT_MEMORY_BYTES;
  }

  /** Ends the worker where its heap has grown too much by the first of the runs. */
  boundHeap(): void {
    const [head] = this.#sequences;
    this.#heap.look(() =>
      head === this.#sequences[0] ? this.#heapLeft + TASK_MEMORY_BYTES : Infinity,
    );
  }

  get #heapLeft(): number {
    return Atomics.load(this.#control, Control.heapLeft) * MIB;
  }

  async end(): Promise<void> {
    this.#over = true;
    this.#answers.port1.close();
    await this.#worker.terminate();
  }

  #receive(reply: Reply): void {
    if (this.#over) return;
    if ('ready' in reply) {
      this.ready = true;
      this.headSince = performance.now();
      this.#events.ready(reply.ready);
      return;
    }
    if ('ask' in reply) {
      void this.#answer(reply);
      return;
    }
    if ('loading' in reply) {
      this.#noteLoading(reply);
      return;
    }
    // A run that was taken back may have been begun all the same; its answer is nobody's.
    const index = this.#sequences.indexOf(reply.sequence);
    if (index < 0) return;
    this.#sequences.splice(index, 1);
    const [run] = this.runs.splice(index, 1);
    if (run === undefined) return;
    this.headSince = performance.now();
    this.long = false;
    this.abortedAt = undefined;
    this.paceMs += (reply.tookMs - this.paceMs) / PACE_OVER;
    this.#events.answered(run, unpackTexts(reply.outcome), reply.tookMs);
    this.#events.idle();
  }

  #noteLoading({ sequence, loading }: Loading): void {
    if (sequence !== this.#sequences[0]) return;
    this.loading = loading;
    this.headSince = performance.now();
  }

  /** A run that was taken back may have been begun all the same: it is nobody's, and ends here. */
  async #answer({ ask, sequence, request }: Ask): Promise<void> {
    const [run] = this.runs;
    if (run?.asks === undefined || sequence !== this.#sequences[0]) {
      this.#tell({ ask, answer: undefined });
      return;
    }
    try {
      this.#tell({ ask, answer: await run.asks.answer(request) });
    } catch (error) {
      run.failure ??=
        error instanceof Error ? error : new Error('A service failed.', { cause: error });
      if (this.runs[0] === run) this.abort();
    }
  }

  #tell(answer: Answer): void {
    if (this.#over) return;
    this.#answers.port1.postMessage(answer);
    this.#wake();
  }

  #wake(): void {
    Atomics.add(this.#control, Control.news, 1);
    Atomics.notify(this.#control, Control.news);
  }

  #end(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#answers.port1.close();
    this.#events.ended(this, error);
  }
}
