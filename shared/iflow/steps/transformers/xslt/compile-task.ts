import type { Task } from '../../../tasks/task.ts';
import { type CompiledStylesheet, compileStylesheet } from './compile-stylesheet.ts';
import { World } from './world.ts';

/** A stylesheet that is not part of a bundle; it can include nothing. */
export interface CompileCall {
  readonly body: Uint8Array;
  /** For messages. */
  readonly name: string;
}

export interface CompileResult {
  readonly compiled: CompiledStylesheet | undefined;
  /** Clauses about the stylesheet. */
  readonly faults: readonly string[];
}

/** Compiles a stylesheet that only a message has named. */
export const xsltCompileTask: Task<CompileCall, CompileResult> = {
  run({ body, name }) {
    const faults: string[] = [];
    const files = {
      paths: [name],
      read: (path: string) => (path === name ? body : undefined),
    };
    const compiled = compileStylesheet(files, name, new World(), ({ clause }) =>
      faults.push(clause),
    );
    return { compiled, faults };
  },
};
