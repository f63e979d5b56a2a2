import type { StepCompiler } from './compiler.ts';
import { compileContentModifier } from './content-modifier.compile.ts';
import { compileScript } from './script.compile.ts';

/** What compiles a step, by its type; `steps/index.ts` has the same keys. */
export const compilers: Readonly<Record<string, StepCompiler>> = {
  StartEvent: () => null,
  MessageStartEvent: () => null,
  EndEvent: () => null,
  MessageEndEvent: () => null,
  Enricher: compileContentModifier,
  JavaScript: compileScript,
};
