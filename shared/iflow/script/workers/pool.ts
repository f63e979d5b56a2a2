import { ScriptFailure } from '../engine.ts';
import type { ScriptCall, ScriptEngine, ScriptResult } from '../engine.ts';
import { type TaskRunner, type TaskCall } from '../../tasks/task-runner.ts';
import { TaskFailure } from '../../tasks/task.ts';
import { runInline } from '../../tasks/inline.ts';
import type { TaskName } from '../../tasks/tasks.ts';
import { compileBinary } from '../javascript/binary.ts';
import { chooseThread, SLOW_MS } from './choose-thread.ts';
import type { Outcome, Task } from './protocol.ts';
import { bodiesOutside, envelopeOf, readFailureLog, readResult } from '../javascript/result.ts';
import { RunAsks } from '../javascript/run-asks.ts';
import { memoryText, timeoutText } from '../javascript/sandbox.ts';
import { ScriptThread, TASK_MEMORY_BYTES } from './thread.ts';
import type { Run } from './thread.ts';

export interface WorkerPoolOptions {
  /**
   * The most worker threads that share the work, at least 2. One more is started where all of them
   * are held up, so that there is always one that can answer at once.
   */
  readonly workers: number;
  /** The most runs that wait for a worker; beyond, a run fails with `busy`. */
  readonly queueLength?: number;
  /** Told of each worker that is ended because its script did not end in time. */
  readonly onReplaced?: () => void;
}

/** How often the pool looks at what runs. */
const TICK_MS = 20;
/** A run that takes longer is a long one. */
const LONG_MS = 50;
/** A run of a long key has to be clearly shorter to count: near the limit kinds would change each time. */
const SHORT_AGAIN_MS = 25;
/** What a run has over its limit before its worker is ended: QuickJS ends most runs by itself. */
const GRACE_MS = 100;
/** The same for a run that is to begin again later: nobody waits for how it ends. */
const ABORT_GRACE_MS = 15;
/** A worker that has not loaded the code or the resource of a task after so long is given up. */
const MAX_LOADING_MS = 10_000;
/** What waits longer for a worker fails with `busy`. */
const MAX_WAIT_MS = 5000;
/** Scripts whose kind is remembered. */
const MAX_KINDS = 10_000;

/**
 * Runs JavaScript in QuickJS, in worker threads that start as they are needed, and beside it the
 * tasks of `tasks.ts`, which are runs like any other but that they end only with their worker.
 *
 * Runs of short scripts are handed to workers several at a time. A run that takes longer than 50 ms
 * is a long run, and what waits behind it goes to another worker at once: a run has no effect but
 * its result, so it may begin again elsewhere. The rule that keeps wild scripts from starving
 * others: **long runs have all workers but one, and those of one key all of these but one (of more
 * than one)**. A run that would be one too many is ended and waits; a key once long waits from the
 * start, until a run of it takes less than 25 ms; one known to be short is ended once before it counts as
 * long. Scripts not seen before run after those known to be
 * short and not behind each other, so a new wild script holds up another for 50 ms, once.
 * @throws {RangeError} for fewer than 2 workers
 */
export function createWorkerPool(
  options: WorkerPoolOptions,
): ScriptEngine & { readonly tasks: TaskRunner } {
  if (!(options.workers >= 2)) throw new RangeError('The script engine needs at least 2 workers.');
  return new Pool(options);
}

class Pool implements ScriptEngine {
  readonly tasks: TaskRunner = {
    run: (name, input, call) =>
      (runInline(name, input, call) ?? this.#runTask(name, input, call)) as Promise<never>,
  };
  readonly #workers: number;
  readonly #queueLength: number;
  readonly #onReplaced: (() => void) | undefined;
  readonly #longRuns: number;
  readonly #longRunsOfKey: number;
  readonly #threads = new Set<ScriptThread>();
  /** Workers that are being ended, which takes as long as what they are in the middle of. */
  readonly #ending = new Set<Promise<void>>();
  readonly #waiting: Run[] = [];
  readonly #kinds = new Map<string, 'short' | 'long'>();
  #module: Promise<WebAssembly.Module> | undefined;
  #compiled: WebAssembly.Module | undefined;
  /** The guest's own code compiled, by the first worker for the others. */
  #guest: Uint8Array | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastTick = 0;
  #waitedForAnswers = false;
  #pending = 0;
  #closed = false;

  constructor({ workers, queueLength = 1000, onReplaced }: WorkerPoolOptions) {
    this.#workers = workers;
    this.#queueLength = queueLength;
    this.#onReplaced = onReplaced;
    this.#longRuns = workers - 1;
    this.#longRunsOfKey = Math.max(1, this.#longRuns - 1);
  }

  async run(call: ScriptCall): Promise<ScriptResult> {
    const { key, limits, message } = call;
    const envelope = envelopeOf(call);
    const { body } = message;
    const attachments = bodiesOutside(message);
    const task = { language: 'JavaScript', key, envelope, body, limits } as const;
    const whole = attachments.length === 0 ? task : { ...task, attachments };
    const outcome = await this.#settled(call, whole, new RunAsks(call.services));
    if ('meta' in outcome) return readResult(outcome, message);
    throw failureOf(outcome);
  }

  async #runTask(
    name: TaskName,
    input: unknown,
    { key, timeoutMs, resource }: TaskCall,
  ): Promise<unknown> {
    const limits = { timeoutMs, memoryBytes: TASK_MEMORY_BYTES };
    const call = { key: `${name} ${key}`, fileName: '', source: resource ?? '', limits };
    const outcome = await this.#settled(call, {
      language: 'task',
      name,
      key: call.key,
      hasResource: resource !== undefined,
      input,
    });
    if ('output' in outcome) return outcome.output;
    if ('fault' in outcome) throw new TaskFailure(outcome.fault, outcome.message);
    throw failureOf(outcome, 'work of the step');
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    const left = [...this.#waiting.splice(0), ...[...this.#threads].flatMap((t) => t.takeAll())];
    for (const run of left)
      this.#settle(run, { reason: 'busy', message: 'The script engine is closed.' });
    for (const thread of this.#threads) this.#end(thread);
    await Promise.all(this.#ending);
  }

  async #settled(call: Run['call'], task: Task, asks?: RunAsks): Promise<Outcome> {
    this.#module ??= compileBinary();
    try {
      this.#compiled ??= await this.#module;
    } catch (error) {
      this.#module = undefined;
      throw error;
    }
    if (this.#closed) throw new ScriptFailure('busy', 'The script engine is closed.');
    if (this.#waiting.length >= this.#queueLength) throw busy();
    return await new Promise<Outcome>((resolve, reject) => {
      const since = performance.now();
      const kind = this.#kinds.get(call.key) ?? 'unknown';
      this.#waiting.push({ call, task, asks, resolve, reject, since, kind });
      this.#pending += 1;
      this.#startTicking();
      this.#dispatch();
    });
  }

  #settle(run: Run, outcome: Outcome | Error): void {
    this.#pending -= 1;
    if (this.#pending === 0) this.#timer?.unref();
    if (outcome instanceof Error) run.reject(outcome);
    else run.resolve(outcome);
  }

  /** Gives what waits to workers, scripts known to be short first; starts workers that lack. */
  #dispatch(): void {
    let lacking = 0;
    for (const kind of ['short', 'unknown', 'long'] as const) lacking += this.#dispatchWhere(kind);
    for (const thread of this.#threads) if (!thread.ready) lacking -= 1;
    while (lacking > 0 && this.#startThread()) lacking -= 1;
  }

  /** @returns how many runs would begin if there were another worker */
  #dispatchWhere(kind: Run['kind']): number {
    let lacking = 0;
    for (let index = 0; index < this.#waiting.length;) {
      const run = this.#waiting[index];
      if (run?.kind !== kind || (kind === 'long' && !this.#mayBeLong(run))) {
        index += 1;
        continue;
      }
      const thread = chooseThread(kind, this.#threads);
      if (thread === undefined) {
        lacking += 1;
        index += 1;
      } else {
        this.#waiting.splice(index, 1);
        thread.long = kind === 'long';
        thread.post(run);
      }
    }
    return lacking;
  }

  /** Whether there is room for one more long run, this one. */
  #mayBeLong(run: Run): boolean {
    const long = [...this.#threads].filter((thread) => thread.long);
    const ofKey = long.filter((thread) => thread.runs[0]?.call.key === run.call.key);
    return long.length < this.#longRuns && ofKey.length < this.#longRunsOfKey;
  }

  /** @returns whether there was room for one */
  #startThread(most = this.#workers): boolean {
    const living = [...this.#threads].filter(({ abortedAt }) => abortedAt === undefined).length;
    // Those that do not end soon take room like the living.
    const unending = Math.max(0, this.#ending.size - this.#workers);
    if (living + unending >= most || this.#compiled === undefined) return false;
    const thread = new ScriptThread(this.#compiled, this.#guest, {
      answered: (run, outcome, tookMs) => this.#answered(run, outcome, tookMs),
      idle: () => {
        if (thread.isFull && thread.runs.length === 0) this.#end(thread);
        this.#dispatch();
      },
      ready: (guest) => {
        this.#guest ??= guest;
        this.#dispatch();
      },
      ended: (ended, error) => this.#ended(ended, error),
    });
    this.#threads.add(thread);
    return true;
  }

  #answered(run: Run, outcome: Outcome | 'skipped', tookMs: number): void {
    if (outcome === 'skipped' || ('reason' in outcome && outcome.reason === 'aborted')) {
      if (run.failure === undefined) this.#waiting.unshift(run);
      else this.#settle(run, run.failure);
      return;
    }
    const most = this.#kinds.get(run.call.key) === 'long' ? SHORT_AGAIN_MS : LONG_MS;
    if (tookMs < most) this.#remember(run.call.key, 'short');
    this.#settle(run, outcome);
  }

  /** A worker is gone: what it was running fails, what waited behind that runs elsewhere. */
  #ended(thread: ScriptThread, error: Error): void {
    this.#end(thread);
    const [head, ...rest] = thread.takeAll();
    if (head !== undefined) {
      const code = 'code' in error ? error.code : undefined;
      const full = code === 'ERR_WORKER_OUT_OF_MEMORY';
      const message = memoryText(head.call.limits.memoryBytes);
      this.#settle(head, full ? { reason: 'memory', message } : error);
    }
    this.#waiting.unshift(...rest);
    // Where one worker does not come up, another would not either.
    if (!thread.ready) for (const run of this.#waiting.splice(0)) this.#settle(run, error);
    if (!this.#closed) this.#dispatch();
  }

  #startTicking(): void {
    if (this.#timer === undefined) {
      this.#lastTick = performance.now();
      this.#timer = setInterval(() => this.#tick(), TICK_MS);
    } else this.#timer.ref();
  }

  #tick(): void {
    const now = performance.now();
    // After this thread was held up, answers may be waiting to be read: look again next time.
    const late = now - this.#lastTick > 3 * TICK_MS;
    this.#lastTick = now;
    if (late && !this.#waitedForAnswers) {
      this.#waitedForAnswers = true;
      return;
    }
    this.#waitedForAnswers = false;
    if (this.#pending === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    for (const thread of this.#threads) this.#check(thread, now);
    this.#refuseOld(now);
    this.#dispatch();
    // A worker takes a while to start: have one at hand when the others are all held up.
    const threads = [...this.#threads];
    const free = threads.some(
      (t) => !t.ready || now - t.headSince < SLOW_MS || t.runs.length === 0,
    );
    if (!free) this.#startThread(this.#workers + 1);
    else if (threads.length < 2 && threads.every(({ ready }) => ready)) this.#startThread();
  }

  #check(thread: ScriptThread, now: number): void {
    const [head] = thread.runs;
    if (head === undefined || !thread.ready) return;
    const age = now - thread.headSince;
    const { timeoutMs } = head.call.limits;
    if (head.task.language === 'task' && age > TICK_MS) thread.boundHeap();
    if (thread.abortedAt !== undefined) {
      if (now - thread.abortedAt > ABORT_GRACE_MS) this.#replace(thread, undefined);
    } else if (age > (thread.loading ? MAX_LOADING_MS : timeoutMs + GRACE_MS)) {
      this.#replace(thread, timeoutText(timeoutMs));
    } else if (age > LONG_MS && thread.loading) {
      this.#takeBehind(thread);
    } else if (age > LONG_MS && head.kind !== 'long') {
      this.#becomeLong(thread, head);
    }
  }

  #becomeLong(thread: ScriptThread, head: Run): void {
    const hasRoom = this.#mayBeLong(head);
    thread.long = true;
    this.#takeBehind(thread);
    if (!hasRoom) thread.abort();
    // What is known to be short may have waited for the processor: it has another go.
    if (!hasRoom && head.kind === 'short' && head.spared !== true) {
      head.spared = true;
      return;
    }
    head.kind = 'long';
    this.#remember(head.call.key, 'long');
  }

  /** What waits behind the first run of a worker goes to another. */
  #takeBehind(thread: ScriptThread): void {
    const behind = thread.takeBehindHead();
    for (const run of behind) run.kind = this.#kinds.get(run.call.key) ?? 'unknown';
    this.#waiting.unshift(...behind);
  }

  #remember(key: string, kind: 'short' | 'long'): void {
    if (this.#kinds.get(key) === kind) return;
    this.#kinds.delete(key);
    this.#kinds.set(key, kind);
    const [oldest] = this.#kinds.keys();
    if (this.#kinds.size > MAX_KINDS && oldest !== undefined) this.#kinds.delete(oldest);
  }

  /** Ends a worker in the middle of a run, which fails with `timeout` or else begins again. */
  #replace(thread: ScriptThread, timeout: string | undefined): void {
    this.#end(thread);
    const [head, ...rest] = thread.takeAll();
    this.#waiting.unshift(...rest);
    if (head !== undefined && timeout !== undefined) {
      this.#settle(head, { reason: 'timeout', message: timeout });
    } else if (head?.failure !== undefined) this.#settle(head, head.failure);
    else if (head !== undefined) this.#waiting.push(head);
    this.#onReplaced?.();
  }

  #end(thread: ScriptThread): void {
    this.#threads.delete(thread);
    const ended = thread.end().then(() => {
      this.#ending.delete(ended);
      if (!this.#closed) this.#dispatch();
    });
    this.#ending.add(ended);
  }

  #refuseOld(now: number): void {
    for (let index = this.#waiting.length - 1; index >= 0; index--) {
      const run = this.#waiting[index];
      if (run === undefined || now - run.since <= MAX_WAIT_MS) continue;
      this.#waiting.splice(index, 1);
      this.#settle(run, { reason: 'busy', message: busy().message });
    }
  }
}

/** @param subject what takes the place of the script in the text */
function failureOf(outcome: Outcome, subject = 'script'): Error {
  if (!('reason' in outcome)) return new Error('A worker answered what it was not asked.');
  const reason = outcome.reason === 'aborted' ? 'busy' : outcome.reason;
  const message = outcome.message.replace('The script', `The ${subject}`);
  return new ScriptFailure(reason, message, 'log' in outcome ? readFailureLog(outcome) : []);
}

function busy(): ScriptFailure {
  return new ScriptFailure('busy', 'Too many scripts are running: try again later.');
}
