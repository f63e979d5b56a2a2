import { compileTimer } from '../senders/timer.compile.ts';
import type { StepCompiler } from './compiler.ts';
import { compileContentModifier } from './content-modifier.compile.ts';
import { compileDelete, compileGet, compilePut, compileSelect } from './data-store.compile.ts';
import { compileEnd } from './event.compile.ts';
import { compileIdempotentCall } from './idempotent-call.compile.ts';
import { compileProcessCall } from './process-call.compile.ts';
import { compileCall } from './request-reply.compile.ts';
import { compileScript } from './script.compile.ts';
import { compileWriteVariables } from './write-variables.compile.ts';

const nothing = (): null => null;

/** What compiles a step, by its type; `steps/index.ts` has the same keys. */
export const compilers: Readonly<Record<string, StepCompiler>> = {
  // Events
  StartEvent: nothing,
  MessageStartEvent: nothing,
  ErrorStartEvent: nothing,
  intermediatetimer: compileTimer,
  EndEvent: compileEnd,
  MessageEndEvent: compileEnd,
  ErrorEndEvent: compileEnd,
  EscalationEndEvent: compileEnd,
  TerminateEndEvent: nothing,
  TerminateEvent: nothing,
  // Message transformers
  Enricher: compileContentModifier,
  JavaScript: compileScript,
  // Calls
  ExternalCall: compileCall,
  Send: compileCall,
  NonLoopingProcess: compileProcessCall,
  IdempotentProcessCall: compileIdempotentCall,
  // Persistence
  put: compilePut,
  get: compileGet,
  select: compileSelect,
  delete: compileDelete,
  Variables: compileWriteVariables,
};
