import { readFileSync } from 'node:fs';
import { constants, createContext, runInContext, Script } from 'node:vm';
import { guestSource } from './guest.ts';

/** Of a guest; none of the host's. */
type GuestFunction = () => unknown;

/**
 * What `guest.ts` offers. Texts go in and out, so that no object of the host is ever inside; what
 * comes out is looked at before it is taken for a text.
 */
interface Guest {
  load(program: GuestFunction): void;
  prepareToCompile(program: GuestFunction, modules: string): void;
  takeCompiled(): unknown;
  takeOutput(): unknown;
  prepareToTransform(compiled: string): void;
  transform(envelope: string, source: string): unknown;
  takeResult(): unknown;
}

/** What has come of compiling a stylesheet. */
export interface CompilerAnswer {
  /** Undefined where it could not be compiled. */
  readonly compiled: string | undefined;
  /** What the compiler tells of it. */
  readonly output: string;
}

/**
 * An XSLT processor in a JavaScript realm of its own, which has what the language has and nothing
 * of Node.js: no files, network, environment, timers or other messages, and no code can be made
 * from text. A stylesheet that got as far as calling JavaScript would find nothing to reach for.
 */
export class World {
  readonly #context = createContext(constants.DONT_CONTEXTIFY, {
    name: 'xslt',
    codeGeneration: { strings: false, wasm: false },
    microtaskMode: 'afterEvaluate',
  });
  readonly #guest: Guest;

  constructor() {
    guestScript ??= new Script(guestSource, { filename: 'guest.js' });
    this.#guest = guestScript.runInContext(this.#context) as Guest;
    processor ??= programOf(PROCESSOR);
    this.#guest.load(this.#instantiate(processor));
  }

  /**
   * Compiles a stylesheet.
   * @param modules texts by path, as JSON
   */
  compile(modules: string, main: string): CompilerAnswer {
    compiler ??= programOf(COMPILER);
    this.#guest.prepareToCompile(this.#instantiate(compiler), modules);
    // Evaluated as a script: so what it awaits is done when it ends.
    runInContext(`compileStylesheet(${JSON.stringify(main)})`, this.#context);
    const compiled = this.#guest.takeCompiled();
    return {
      compiled: compiled === undefined ? undefined : textOf(compiled),
      output: textOf(this.#guest.takeOutput()),
    };
  }

  /** Takes the compiled stylesheet that {@link transform} is to run. */
  prepare(compiled: string): void {
    this.#guest.prepareToTransform(compiled);
  }

  /**
   * @param source as `source.ts` reads it
   * @returns what `guest.ts` tells of it, as JSON
   */
  transform(envelope: string, source: string): string {
    return textOf(this.#guest.transform(envelope, source));
  }

  /** The text that the last transformation has made. */
  takeResult(): string {
    return textOf(this.#guest.takeResult());
  }

  #instantiate(program: Script): GuestFunction {
    return program.runInContext(this.#context) as GuestFunction;
  }
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('A stylesheet has answered what is no text.');
  return value;
}

let guestScript: Script | undefined;
let processor: Script | undefined;
let compiler: Script | undefined;

const PROCESSOR = { specifier: 'saxon-js', file: 'SaxonJS2N.js' };
const COMPILER = { specifier: 'xslt3', file: 'xslt3.js' };

/** A program of the processor's vendor: unmodified beside the worker in the built form. */
function programOf({ specifier, file }: { specifier: string; file: string }): Script {
  const url = import.meta.url.endsWith('.ts')
    ? import.meta.resolve(specifier)
    : new URL(`./${file}`, import.meta.url);
  const text = readFileSync(new URL(url), 'utf8').replace(/^#!/, '//');
  const parameters = 'module, exports, require, global, process, Buffer, console, setTimeout';
  return new Script(`(function (${parameters}) {${text}\n})`, { filename: file });
}
