import type { Body } from '../../exchange.ts';
import type { ScriptFailure, ScriptLimits } from '../engine.ts';
import { STACK_TEXT, compileOurs, compileScript } from './compile-script.ts';
import { MAX_RESULT_CHARACTERS } from './guest-run.ts';
import { GARBLED_TEXT, readFailure } from './result.ts';
import { HostFunctions, type Outside } from './host-functions.ts';
import type { Image } from './image.ts';
import { type Part, classesNamedIn, partOf } from './parts.ts';
import { GuestAborted, QuickJsMachine } from './quickjs.ts';
import type { Pointer } from './quickjs.ts';

/** What a run is asked, in the form that crosses to the worker. */
export interface Task {
  readonly key: string;
  /** Function name, headers, properties and what there is of attachments: lines, all but the first JSON. */
  readonly envelope: string;
  readonly body: Body;
  /** Left out where there are none. */
  readonly attachments?: readonly Body[];
  readonly limits: ScriptLimits;
}

/** What came of it, in the form that crosses back. */
export type Outcome =
  | {
      /** Headers, properties, attachments (each left out where unchanged) and log entries, as JSON. */
      readonly meta: string;
      /** Undefined where it is unchanged. */
      readonly body: Body | undefined;
      /** What attachments and log entries refer to; left out where there is nothing. */
      readonly parts?: readonly Body[];
    }
  | {
      readonly reason: ScriptFailure['reason'] | 'aborted';
      readonly message: string;
      /** What it has told the message processing log before, as the guest has made it. */
      readonly log?: unknown;
      readonly parts?: readonly Body[];
    };

/** Texts and bytes beside the body that a result may have. */
const MAX_PARTS = 2000;

/** Memory that a worker keeps between runs; a run that needed more gives it back. */
const KEPT_MEMORY_BYTES = 4 * 1024 * 1024;

interface PreparedScript {
  readonly image: Image;
  readonly loaded: bigint;
}

/**
 * Runs scripts in one QuickJS machine, each run from the same bytes: the script is compiled into an
 * image once, and every run evaluates it from its top level and calls its function. So a date or
 * UUID that the top level computes is a new one for every message, as in SAP Cloud Integration.
 */
export class Sandbox {
  readonly #machine: QuickJsMachine;
  readonly #module: WebAssembly.Module;
  readonly #elapsed: () => number;
  readonly #aborted: () => boolean;
  readonly #host: HostFunctions;
  readonly #base: Image;
  readonly #begin: Pointer;
  readonly #run: Pointer;
  readonly #finish: Pointer;
  readonly #describe: Pointer;
  readonly #take: Pointer;
  readonly #parse: Pointer;
  readonly #sources = new Map<string, { readonly fileName: string; readonly source: string }>();
  readonly #prepared = new Map<string, PreparedScript>();
  readonly #parts = new Map<Part, Uint8Array>();
  #deadline = Infinity;
  #interrupted = false;

  /**
   * @param guest from {@link compileGuest}
   * @param now milliseconds since the epoch, the scripts' clock
   * @param elapsed milliseconds of a clock that only goes forward, for the time limit
   * @param aborted asked during a run; true ends it.
   */
  constructor(
    module: WebAssembly.Module,
    guest: Uint8Array,
    now: () => number,
    elapsed: () => number,
    aborted: () => boolean,
    outside: (timeLeft: () => number) => Outside,
  ) {
    this.#module = module;
    this.#elapsed = elapsed;
    this.#aborted = aborted;
    this.#machine = new QuickJsMachine(
      module,
      () => this.#isOver(),
      now,
      (name, values) => this.#host.call(name, values),
    );
    this.#host = new HostFunctions(
      this.#machine,
      (part) => this.#bytecodeOf(part),
      outside(() => (this.#isOver() ? 0 : this.#deadline - this.#elapsed())),
    );
    const [begin = 0, run = 0, finish = 0, describe = 0, take = 0, parse = 0] = this.#machine.boot(
      guest,
      6,
    );
    this.#begin = begin;
    this.#run = run;
    this.#finish = finish;
    this.#describe = describe;
    this.#take = take;
    this.#parse = parse;
    this.#base = this.#machine.takeImage();
  }

  load(key: string, fileName: string, source: string): void {
    this.#sources.set(key, { fileName, source });
  }

  drop(key: string): void {
    this.#sources.delete(key);
    this.#prepared.delete(key);
  }

  run(task: Task): Outcome {
    const known = this.#prepared.get(task.key);
    const wanted = known === undefined ? this.#partsFor(task) : '';
    this.#deadline = this.#elapsed() + task.limits.timeoutMs;
    this.#interrupted = false;
    try {
      const prepared = known ?? this.#prepare(task, wanted);
      if ('reason' in prepared) return prepared;
      this.#machine.reset(prepared.image);
      this.#machine.limitMemory(task.limits.memoryBytes);
      const thrown = this.#machine.evaluate(prepared.loaded);
      if (thrown !== undefined) {
        if (this.#isOver()) throw new GuestAborted(false);
        return this.#readSettled(this.#machine.call(this.#describe, [thrown]), task);
      }
      this.#host.attachments = task.attachments ?? [];
      const envelope = this.#machine.newText(task.envelope);
      const outcome = this.#machine.call(this.#run, [envelope, this.#bodyOf(task.body)]);
      const read = this.#read(outcome, task);
      if (read !== 'pending') return read;
      this.#machine.runJobs();
      return this.#readSettled(this.#machine.call(this.#finish, []), task);
    } catch (error) {
      if (!(error instanceof GuestAborted)) throw error;
      if (error.crashed) this.#machine.discard();
      return this.#explain(task.limits, error.crashed);
    } finally {
      this.#deadline = Infinity;
      this.#host.attachments = [];
      if (this.#machine.memoryBytes > KEPT_MEMORY_BYTES) this.#machine.discard();
    }
  }

  #isOver(): boolean {
    this.#interrupted ||= this.#elapsed() > this.#deadline || this.#aborted();
    return this.#interrupted;
  }

  #explain({ timeoutMs, memoryBytes }: ScriptLimits, crashed: boolean): Outcome {
    if (!this.#interrupted) {
      return { reason: 'memory', message: crashed ? STACK_TEXT : memoryText(memoryBytes) };
    }
    if (this.#aborted()) return { reason: 'aborted', message: '' };
    return { reason: 'timeout', message: timeoutText(timeoutMs) };
  }

  /** Compiling our own parts takes a few milliseconds, once, which are not the script's. */
  #partsFor({ key }: Task): string {
    const classes = classesNamedIn(this.#sources.get(key)?.source ?? '');
    for (const name of classes) {
      const part = partOf(name);
      if (part !== undefined) this.#bytecodeOf(part);
    }
    return classes.join('\n');
  }

  #prepare(
    { key, limits }: Task,
    wanted: string,
  ): PreparedScript | Extract<Outcome, { reason: unknown }> {
    const script = this.#sources.get(key);
    if (script === undefined) throw new Error('The script was not loaded.');
    const machine = this.#machine;
    machine.reset(this.#base);
    machine.limitMemory(limits.memoryBytes);
    const compiled = compileScript(machine, script.fileName, script.source);
    if ('message' in compiled) {
      if (compiled.message === '') throw new GuestAborted(false);
      return { reason: 'syntax', message: compiled.message };
    }
    // From bytecode, since the parser leaves much of the heap touched.
    machine.reset(this.#base);
    machine.limitMemory(limits.memoryBytes);
    const { fileName, bytecode } = compiled;
    machine.call(this.#begin, [machine.newText(fileName), machine.newText(wanted)]);
    const loaded = machine.load(bytecode);
    const prepared = { image: machine.takeImage(this.#base), loaded };
    this.#prepared.set(key, prepared);
    return prepared;
  }

  #bytecodeOf(part: Part): Uint8Array {
    let bytecode = this.#parts.get(part);
    if (bytecode === undefined) {
      bytecode = compileOurs(this.#module, part.source);
      this.#parts.set(part, bytecode);
    }
    return bytecode;
  }

  #bodyOf(body: Body): Pointer {
    if (typeof body !== 'string' || body.isWellFormed()) return this.#host.newBody(body);
    return this.#machine.call(this.#parse, [this.#machine.newText(JSON.stringify(body))]);
  }

  #readSettled(outcome: Pointer, task: Task): Outcome {
    const read = this.#read(outcome, task);
    if (read === 'pending') throw new GuestAborted(false);
    return read;
  }

  #read(outcome: Pointer, task: Task): Outcome | 'pending' {
    const text = this.#machine.readText(outcome);
    if (text === 'P0\n') return 'pending';
    const end = text.indexOf('\n');
    const begin = text.indexOf('{');
    const count = Number(text.slice(1, begin));
    const meta = text.slice(begin, end);
    if (begin < 0 || end < begin || end > MAX_RESULT_CHARACTERS + 10 || !(count <= MAX_PARTS)) {
      return { reason: 'invalid_result', message: GARBLED_TEXT };
    }
    switch (text[0]) {
      case 'U':
        return { meta, body: undefined, ...this.#partsOf(count) };
      case 'T':
        return { meta, body: text.slice(end + 1), ...this.#partsOf(count) };
      case 'J':
        return { meta, body: String(JSON.parse(text.slice(end + 1))), ...this.#partsOf(count) };
      case 'B':
        return { meta, body: this.#takeBody(-1), ...this.#partsOf(count) };
      default:
        return { ...this.#readFailure(meta, task.limits), ...this.#partsOf(count) };
    }
  }

  #partsOf(count: number): { parts?: readonly Body[] } {
    if (count === 0) return {};
    return { parts: Array.from({ length: count }, (_, index) => this.#takeBody(index)) };
  }

  #takeBody(index: number): Body {
    const taken = this.#machine.call(this.#take, [this.#machine.newNumber(index)]);
    return this.#machine.isText(taken)
      ? this.#machine.readText(taken)
      : this.#machine.readBytes(taken);
  }

  #readFailure(meta: string, { memoryBytes }: ScriptLimits): Outcome {
    const { reason, message, log } = readFailure(meta);
    // QuickJS throws null where not even an error fits into the memory, as well as for `throw null`.
    const full = reason === 'null' && this.#machine.memoryBytes >= memoryBytes;
    if (reason === 'memory' || full) return { reason: 'memory', message: memoryText(memoryBytes) };
    return { reason: reason === 'null' ? 'thrown' : reason, message, log };
  }
}

export function timeoutText(timeoutMs: number): string {
  return `The script took longer than ${timeoutMs} ms.`;
}

export function memoryText(memoryBytes: number): string {
  return `The script used more memory than its ${Math.floor(memoryBytes / 1024)} KiB.`;
}
