import { contentModifier } from './content-modifier.ts';
import { dataStoreDelete, dataStoreGet, dataStorePut, dataStoreSelect } from './data-store.ts';
import { errorEnd, escalationEnd, event, messageEnd, terminateEnd } from './event.ts';
import { idempotentCall } from './idempotent-call.ts';
import { processCall } from './process-call.ts';
import { requestReply, send } from './request-reply.ts';
import { script } from './script.ts';
import type { Step } from './step.ts';
import { writeVariables } from './write-variables.ts';

/** What runs a step, by its type; `steps/compilers.ts` has the same keys. */
export const steps: Readonly<Record<string, Step>> = {
  // Events
  StartEvent: event,
  MessageStartEvent: event,
  ErrorStartEvent: event,
  intermediatetimer: event,
  EndEvent: messageEnd,
  MessageEndEvent: messageEnd,
  ErrorEndEvent: errorEnd,
  EscalationEndEvent: escalationEnd,
  TerminateEndEvent: terminateEnd,
  TerminateEvent: terminateEnd,
  // Message transformers
  Enricher: contentModifier,
  JavaScript: script,
  // Calls
  ExternalCall: requestReply,
  Send: send,
  NonLoopingProcess: processCall,
  IdempotentProcessCall: idempotentCall,
  // Persistence
  put: dataStorePut,
  get: dataStoreGet,
  select: dataStoreSelect,
  delete: dataStoreDelete,
  Variables: writeVariables,
};
