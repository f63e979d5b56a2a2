import type { ReceiverCompiler } from './compiler.ts';
import { compileHttp } from './http/http.compile.ts';
import { compileProcessDirect } from './process-direct.compile.ts';

/** What compiles a receiver channel, by its adapter; `receivers/index.ts` has the same keys. */
export const receiverCompilers: Readonly<Record<string, ReceiverCompiler>> = {
  HTTP: compileHttp,
  ProcessDirect: compileProcessDirect,
};
