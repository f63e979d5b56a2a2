import { isUtf8 } from 'node:buffer';
import type { Body } from '../../exchange.ts';
import type { ScriptFailure, ScriptLimits } from '../engine.ts';
import { GUEST_FILE, MAX_RESULT_CHARACTERS, guestSource } from './guest-run.ts';
import type { Image } from './image.ts';
import { GuestAborted, QuickJsMachine, STRIP_DEBUG, STRIP_SOURCE } from './quickjs.ts';
import type { Pointer } from './quickjs.ts';

/** What a run is asked, in the form that crosses to the worker. */
export interface Task {
  readonly key: string;
  /** Function name, headers and properties: three lines, the last two as JSON. */
  readonly envelope: string;
  readonly body: Body;
  readonly limits: ScriptLimits;
}

/** What came of it, in the form that crosses back. */
export type Outcome =
  | {
      /** Headers, properties (each left out where unchanged) and log entries, as JSON. */
      readonly meta: string;
      /** Undefined where it is unchanged. */
      readonly body: Body | undefined;
    }
  | { readonly reason: ScriptFailure['reason'] | 'aborted'; readonly message: string };

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
  readonly #elapsed: () => number;
  readonly #aborted: () => boolean;
  readonly #base: Image;
  readonly #begin: Pointer;
  readonly #run: Pointer;
  readonly #finish: Pointer;
  readonly #describe: Pointer;
  readonly #takeBytes: Pointer;
  readonly #parse: Pointer;
  readonly #sources = new Map<string, { readonly fileName: string; readonly source: string }>();
  readonly #prepared = new Map<string, PreparedScript>();
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
  ) {
    this.#elapsed = elapsed;
    this.#aborted = aborted;
    this.#machine = new QuickJsMachine(module, () => this.#isOver(), now);
    const [begin = 0, run = 0, finish = 0, describe = 0, takeBytes = 0, parse = 0] =
      this.#machine.boot(guest, 6);
    this.#begin = begin;
    this.#run = run;
    this.#finish = finish;
    this.#describe = describe;
    this.#takeBytes = takeBytes;
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
    this.#deadline = this.#elapsed() + task.limits.timeoutMs;
    this.#interrupted = false;
    try {
      const prepared = this.#prepared.get(task.key) ?? this.#prepare(task);
      if ('reason' in prepared) return prepared;
      this.#machine.reset(prepared.image);
      this.#machine.limitMemory(task.limits.memoryBytes);
      const thrown = this.#machine.evaluate(prepared.loaded);
      if (thrown !== undefined) {
        if (this.#isOver()) throw new GuestAborted(false);
        return this.#readSettled(this.#machine.call(this.#describe, [thrown]), task);
      }
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

  #prepare({ key, limits }: Task): PreparedScript | Extract<Outcome, { reason: unknown }> {
    const script = this.#sources.get(key);
    if (script === undefined) throw new Error('The script was not loaded.');
    const machine = this.#machine;
    machine.reset(this.#base);
    machine.limitMemory(limits.memoryBytes);
    // Line ends and NUL would not survive the file name's way through QuickJS.
    const fileName = script.fileName.replace(/\p{Cc}/gu, ' ').toWellFormed();
    const source = script.source.replace(/^\uFEFF/, '').toWellFormed();
    const compiled = machine.compile(source, fileName, STRIP_SOURCE);
    if (typeof compiled === 'number') {
      if (!machine.isObject(compiled)) throw new GuestAborted(false);
      const message = machine.readProperty(compiled, 'message');
      if (message === 'out of memory') throw new GuestAborted(false);
      const name = machine.readProperty(compiled, 'name');
      const at = /:(\d+:\d+)\)?\s*$/m.exec(machine.readProperty(compiled, 'stack'))?.[1];
      const where = at === undefined ? fileName : `${fileName}:${at}`;
      return { reason: 'syntax', message: `${name}: ${message} (${where})` };
    }
    // From bytecode, since the parser leaves much of the heap touched.
    machine.reset(this.#base);
    machine.limitMemory(limits.memoryBytes);
    machine.call(this.#begin, [machine.newText(fileName)]);
    const loaded = machine.load(compiled);
    const prepared = { image: machine.takeImage(this.#base), loaded };
    this.#prepared.set(key, prepared);
    return prepared;
  }

  #bodyOf(body: Body): Pointer {
    if (typeof body !== 'string') {
      return isUtf8(body) ? this.#machine.newTextOf(body) : this.#machine.newBytes(body);
    }
    if (body.isWellFormed()) return this.#machine.newText(body);
    return this.#machine.call(this.#parse, [this.#machine.newText(JSON.stringify(body))]);
  }

  #readSettled(outcome: Pointer, task: Task): Outcome {
    const read = this.#read(outcome, task);
    if (read === 'pending') throw new GuestAborted(false);
    return read;
  }

  #read(outcome: Pointer, task: Task): Outcome | 'pending' {
    const text = this.#machine.readText(outcome);
    const end = text.indexOf('\n');
    const meta = text.slice(1, end);
    if (end < 0 || end > MAX_RESULT_CHARACTERS + 1) throw new GuestAborted(false);
    switch (text[0]) {
      case 'U':
        return { meta, body: undefined };
      case 'T':
        return { meta, body: text.slice(end + 1) };
      case 'J':
        return { meta, body: String(JSON.parse(text.slice(end + 1))) };
      case 'B':
        return { meta, body: this.#machine.readBytes(this.#machine.call(this.#takeBytes, [])) };
      case 'P':
        return 'pending';
      default:
        return this.#readFailure(meta, task.limits);
    }
  }

  #readFailure(meta: string, { memoryBytes }: ScriptLimits): Outcome {
    const { reason, message } = JSON.parse(meta) as GuestFailure;
    // QuickJS throws null where not even an error fits into the memory, as well as for `throw null`.
    const full = reason === 'null' && this.#machine.memoryBytes >= memoryBytes;
    if (reason === 'memory' || full) return { reason: 'memory', message: memoryText(memoryBytes) };
    return { reason: reason === 'null' ? 'thrown' : reason, message };
  }
}

/**
 * Compiles what runs around every script, to bytecode: on a machine of its own, since the parser
 * leaves much of the heap touched.
 */
export function compileGuest(module: WebAssembly.Module): Uint8Array {
  const machine = new QuickJsMachine(
    module,
    () => false,
    () => 0,
  );
  const compiled = machine.compile(guestSource, GUEST_FILE, STRIP_SOURCE | STRIP_DEBUG);
  if (typeof compiled !== 'number') return compiled;
  throw new Error(`The guest source is wrong: ${machine.readProperty(compiled, 'message')}`);
}

interface GuestFailure {
  readonly reason: Exclude<ScriptFailure['reason'], 'timeout' | 'busy'> | 'null';
  readonly message: string;
}

const STACK_TEXT = 'The script nests calls or code too deeply for the interpreter’s stack.';

export function timeoutText(timeoutMs: number): string {
  return `The script took longer than ${timeoutMs} ms.`;
}

export function memoryText(memoryBytes: number): string {
  return `The script used more memory than its ${Math.floor(memoryBytes / 1024)} KiB.`;
}
