import type { ReceiverCompiler } from './compiler.ts';
import { compileProcessDirect } from './process-direct.compile.ts';

/** What compiles a receiver channel, by its adapter; `receivers/index.ts` has the same keys. */
export const receiverCompilers: Readonly<Record<string, ReceiverCompiler>> = {
  ProcessDirect: compileProcessDirect,
};
