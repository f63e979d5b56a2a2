import { http } from './http/http.ts';
import { processDirect } from './process-direct.ts';
import type { Receiver } from './receiver.ts';

/** What calls a receiver, by its adapter; `receivers/compilers.ts` has the same keys. */
export const receivers: Readonly<Record<string, Receiver>> = {
  HTTP: http,
  ProcessDirect: processDirect,
};
