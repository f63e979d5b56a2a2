/**
 * QuickJS (quickjs-ng, the binary of the package quickjs-wasi) as a machine whose whole state can be
 * put back to an earlier one.
 *
 * All that a WebAssembly instance of this binary can change is its linear memory and one global, the
 * stack pointer; a test holds the binary to that. An {@link Image} is both, so after `reset` no byte
 * differs from the time the image was taken, whatever ran in between and however it ended. The
 * package's own `restore()` makes a new instance each time, some 2 ms; copying takes about 30 µs.
 *
 * The guest sees a clock, random numbers and what {@link HostCall} answers, nothing else of the host.
 */
import { segmentsOf } from './image.ts';
import type { Image } from './image.ts';
import type { Exports, Pointer } from './quickjs-exports.ts';
import { RANDOM, importsOf } from './quickjs-imports.ts';

export type { Pointer } from './quickjs-exports.ts';

/**
 * Answers the guest code around a script, which alone can call it; scripts cannot.
 * @returns a new value, or undefined for `undefined`.
 */
export type HostCall = (name: string, values: readonly Pointer[]) => Pointer | undefined;

/** Guest code could not go on; what it was doing is unknown. */
export class GuestAborted extends Error {
  /** A crash in the interpreter itself, against an exception that nothing in the guest caught. */
  readonly crashed: boolean;

  constructor(crashed: boolean, cause?: unknown) {
    super('The guest was aborted.', { cause });
    this.name = 'GuestAborted';
    this.crashed = crashed;
  }
}

/** The linker put the stack first, from 1 MiB down to 0: running out of it is a trap. */
const LINKED_STACK_BYTES = 1024 * 1024;
/** What is used of it: half, so that half as much is to be copied. */
export const STACK_BYTES = 512 * 1024;
/** Where QuickJS throws a RangeError; the rest is for its C functions on top of that. */
const GUEST_STACK_BYTES = 256 * 1024;
/** Free heap in the image, so that an ordinary message does not make the memory grow. */
const HEADROOM_BYTES = 192 * 1024;
/** Most runs end before they have made so much garbage. */
const GC_THRESHOLD_BYTES = 4 * 1024 * 1024;
const WASM_PAGE = 65536;

/** All of the language but `performance`, `DOMException`, `atob`/`btoa` and weak references. */
const INTRINSICS = 0x1ff;
const READ_BYTECODE = 1;
/** For `compile`: functions do not keep their source text. */
export const STRIP_SOURCE = 1 << 4;
/** For `compile`: nor file names and lines. */
export const STRIP_DEBUG = 1 << 5;

export class QuickJsMachine {
  readonly #module: WebAssembly.Module;
  readonly #interrupt: () => boolean;
  readonly #now: () => number;
  readonly #host: HostCall;
  #exports: Exports;
  #bytes: Buffer;
  #view: DataView;

  /**
   * @param interrupt asked every few thousand operations; true ends the guest code that runs.
   * @param now milliseconds since the epoch, the guest's clock.
   */
  constructor(
    module: WebAssembly.Module,
    interrupt: () => boolean,
    now: () => number,
    host: HostCall = () => undefined,
  ) {
    this.#module = module;
    this.#interrupt = interrupt;
    this.#now = now;
    this.#host = host;
    this.#exports = this.#instantiate();
    this.#bytes = Buffer.from(this.#exports.memory.buffer);
    this.#view = new DataView(this.#exports.memory.buffer);
    this.#exports.__stack_pointer.value = STACK_BYTES;
    this.#exports._initialize();
    if (this.#exports.qjs_init2(INTRINSICS) !== 0) throw new Error('QuickJS did not start.');
    this.#exports.qjs_set_max_stack_size(GUEST_STACK_BYTES);
    this.#exports.qjs_set_gc_threshold(GC_THRESHOLD_BYTES);
    this.#exports.qjs_set_interrupt_handler(1);
  }

  /** @param base an image whose bytes are shared where they are the same */
  takeImage(base?: Image): Image {
    const memory = this.#memory();
    return {
      size: memory.length,
      segments: [
        ...segmentsOf(memory, 0, STACK_BYTES, base),
        ...segmentsOf(memory, LINKED_STACK_BYTES, memory.length, base),
      ],
    };
  }

  /** Makes the state that of the image. Memory that has grown is given back. */
  reset(image: Image): void {
    if (this.#memory().length !== image.size) {
      this.#exports = this.#instantiate();
      const missing = image.size - this.#exports.memory.buffer.byteLength;
      this.#exports.memory.grow(missing / WASM_PAGE);
    }
    const memory = this.#memory();
    for (const { at, end, bytes } of image.segments) {
      if (bytes === undefined) memory.fill(0, at, end);
      else memory.set(bytes, at);
    }
    this.#exports.__stack_pointer.value = STACK_BYTES;
  }

  /** Lets go of the instance: it trapped somewhere unknown, or its memory is more than is needed. */
  discard(): void {
    this.#exports = this.#instantiate();
  }

  /** Bytes of linear memory. */
  get memoryBytes(): number {
    return this.#memory().length;
  }

  limitMemory(bytes: number): void {
    this.#exports.qjs_set_memory_limit(bytes);
  }

  /**
   * Compiles a script without running any of it.
   * @param strip {@link STRIP_SOURCE}, {@link STRIP_DEBUG}
   * @returns bytecode for `load` on any machine, or what the parser throws.
   */
  compile(source: string, fileName: string, strip: number): Uint8Array | Pointer {
    return this.#guest(() => {
      const code = this.#writeText(source);
      const name = this.#writeText(fileName);
      const length = this.allocate(4);
      const at = this.#exports.qjs_compile(code.at, code.length, name.at, 0, strip, length);
      if (at === 0) return this.#exports.qjs_get_exception();
      const end = at + this.#dataView().getUint32(length, true);
      return Uint8Array.prototype.slice.call(this.#memory(), at, end);
    });
  }

  /** @returns a loaded script, for `evaluate`. */
  load(bytecode: Uint8Array): bigint {
    return this.#guest(() => {
      const context = this.#exports.qjs_get_context_ptr();
      const at = this.#writeBytes(bytecode);
      const loaded = this.#exports.JS_ReadObject(context, at, bytecode.length, READ_BYTECODE);
      this.#exports.wasm_free(at);
      if (this.#exports.JS_HasException(context) !== 0) throw new GuestAborted(false);
      return loaded;
    });
  }

  /**
   * Runs a loaded script's top level. It uses the script up: once for each `reset`.
   * @returns what it threw, if it did.
   */
  evaluate(loaded: bigint): Pointer | undefined {
    return this.#guest(() => {
      const context = this.#exports.qjs_get_context_ptr();
      this.#exports.JS_EvalFunction(context, loaded);
      if (this.#exports.JS_HasException(context) === 0) return undefined;
      return this.#exports.qjs_get_exception();
    });
  }

  /**
   * Runs a script of ours whose value is a function, calls that with the host's random source and
   * {@link HostCall} as a function of name and values, and leaves some heap free for messages.
   * @returns the first elements of the array that the function returns.
   */
  boot(bytecode: Uint8Array, elements: number): Pointer[] {
    return this.#guest(() => {
      const main = this.valueOf(bytecode);
      const functions = [RANDOM, 'host'].map((text) => {
        const name = this.#writeText(text);
        return this.#exports.qjs_new_host_function(name.at, name.length, 0);
      });
      const value = this.#call(main, functions);
      this.#exports.wasm_free(this.allocate(HEADROOM_BYTES));
      return Array.from({ length: elements }, (_, index) =>
        this.#exports.qjs_get_prop_uint32(value, index),
      );
    });
  }

  /** Runs a script of ours. @returns its value. */
  valueOf(bytecode: Uint8Array): Pointer {
    const code = this.#writeBytes(bytecode);
    const value = this.#exports.qjs_eval_bytecode(code, bytecode.length);
    this.#exports.wasm_free(code);
    return value;
  }

  /** @throws {GuestAborted} also where the function throws. */
  call(callee: Pointer, values: readonly Pointer[]): Pointer {
    return this.#guest(() => this.#call(callee, values));
  }

  /** Runs what promises have queued, until nothing is left. */
  runJobs(): void {
    this.#guest(() => {
      while (this.#exports.qjs_is_job_pending() !== 0) {
        if (this.#exports.qjs_execute_pending_job() < 0) throw new GuestAborted(false);
      }
    });
  }

  /** @param text well-formed: lone surrogates do not pass. */
  newText(text: string): Pointer {
    const { at, length } = this.#writeText(text);
    const value = this.#exports.qjs_new_string(at, length);
    this.#exports.wasm_free(at);
    return value;
  }

  /** @param utf8 bytes that are valid UTF-8 */
  newTextOf(utf8: Uint8Array): Pointer {
    const at = this.#writeBytes(utf8);
    const value = this.#exports.qjs_new_string(at, utf8.length);
    this.#exports.wasm_free(at);
    return value;
  }

  newBytes(bytes: Uint8Array): Pointer {
    const at = this.#writeBytes(bytes);
    const value = this.#exports.qjs_new_uint8_array(at, bytes.length);
    this.#exports.wasm_free(at);
    return value;
  }

  /** @param value a string; of anything else its toString runs. */
  readText(value: Pointer): string {
    return this.#guest(() => {
      const length = this.allocate(4);
      const at = this.#exports.qjs_get_string_len(value, length);
      if (at === 0) throw new GuestAborted(false);
      const end = at + this.#dataView().getUint32(length, true);
      const text = this.#memory().toString('utf8', at, end);
      this.#exports.qjs_free_cstring(at);
      this.#exports.wasm_free(length);
      return text;
    });
  }

  /** @param value a Uint8Array */
  readBytes(value: Pointer): Uint8Array<ArrayBuffer> {
    return this.#guest(() => {
      const out = this.allocate(16);
      const buffer = this.#exports.qjs_get_typed_array_buffer(value, out, out + 4, out + 8);
      if (this.#exports.qjs_is_exception(buffer) !== 0) throw new GuestAborted(false);
      const at = this.#exports.qjs_get_array_buffer(buffer, out + 12);
      const view = this.#dataView();
      const start = at + view.getUint32(out, true);
      const end = start + view.getUint32(out + 4, true);
      this.#exports.wasm_free(out);
      return new Uint8Array(this.#memory().subarray(start, end));
    });
  }

  newNumber(value: number): Pointer {
    return this.#exports.qjs_new_number(value);
  }

  /** @param value a number */
  readNumber(value: Pointer): number {
    return this.#exports.qjs_get_float64(value);
  }

  isText(value: Pointer): boolean {
    return this.#exports.qjs_is_string(value) !== 0;
  }

  /** The text of an object's property. Getters run. */
  readProperty(object: Pointer, name: string): string {
    const key = this.#writeText(name);
    return this.readText(this.#exports.qjs_get_prop_string(object, key.at));
  }

  isObject(value: Pointer): boolean {
    return this.#exports.qjs_is_object(value) !== 0;
  }

  allocate(bytes: number): Pointer {
    const at = this.#exports.wasm_malloc(bytes);
    if (at === 0) throw new GuestAborted(false);
    return at;
  }

  #call(callee: Pointer, values: readonly Pointer[]): Pointer {
    const list = this.allocate(4 * values.length + 4);
    const view = this.#dataView();
    values.forEach((value, index) => {
      view.setUint32(list + 4 * index, value, true);
    });
    const self = this.#exports.qjs_get_undefined();
    const result = this.#exports.qjs_call(callee, self, values.length, list);
    if (this.#exports.qjs_is_exception(result) !== 0) throw new GuestAborted(false);
    return result;
  }

  /** The guest's own code calls it as is meant: with a name first. */
  #callHost(count: number, at: Pointer): Pointer {
    const view = this.#dataView();
    const values = Array.from({ length: count }, (_, index) =>
      view.getUint32(at + 4 * index, true),
    );
    const [name = 0, ...others] = values;
    return this.#host(this.readText(name), others) ?? this.#exports.qjs_get_undefined();
  }

  /** A trap of the instance, or its use of more of V8's stack than there is, as GuestAborted. */
  #guest<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof GuestAborted) throw error;
      throw new GuestAborted(true, error);
    }
  }

  #writeText(text: string): { at: Pointer; length: number } {
    const length = Buffer.byteLength(text);
    const at = this.allocate(length + 1);
    const memory = this.#memory();
    memory.write(text, at, 'utf8');
    memory[at + length] = 0;
    return { at, length };
  }

  #writeBytes(bytes: Uint8Array): Pointer {
    const at = this.allocate(bytes.length + 1);
    const memory = this.#memory();
    memory.set(bytes, at);
    memory[at + bytes.length] = 0;
    return at;
  }

  /** Growing the memory detaches the buffer, so both views are made again whenever it is another. */
  #memory(): Buffer {
    const { buffer } = this.#exports.memory;
    if (this.#bytes.buffer !== buffer) {
      this.#bytes = Buffer.from(buffer);
      this.#view = new DataView(buffer);
    }
    return this.#bytes;
  }

  #dataView(): DataView {
    this.#memory();
    return this.#view;
  }

  #instantiate(): Exports {
    const imports = importsOf({
      interrupt: this.#interrupt,
      now: this.#now,
      view: () => this.#dataView(),
      newNumber: (value) => this.newNumber(value),
      callHost: (count, at) => this.#callHost(count, at),
    });
    const { exports } = new WebAssembly.Instance(this.#module, imports);
    return exports as unknown as Exports;
  }
}
