import type { StepCompiler } from './compiler.ts';
import { compileContentModifier } from './content-modifier.compile.ts';
import { compileEnd } from './event.compile.ts';
import { compileFilter } from './filter.compile.ts';
import { compileGather } from './gather.compile.ts';
import { compileLoopingProcess } from './looping-process.compile.ts';
import { compileParallelMulticast, compileSequentialMulticast } from './multicast.compile.ts';
import { compileRouter } from './router.compile.ts';
import { compileGeneralSplitter, compileIteratingSplitter } from './splitter.compile.ts';
import { compileProcessCall } from './process-call.compile.ts';
import { compileCall } from './request-reply.compile.ts';
import { compileScript } from './script.compile.ts';

const nothing = (): null => null;

/** What compiles a step, by its type; `steps/index.ts` has the same keys. */
export const compilers: Readonly<Record<string, StepCompiler>> = {
  // Events
  StartEvent: nothing,
  MessageStartEvent: nothing,
  ErrorStartEvent: nothing,
  EndEvent: compileEnd,
  MessageEndEvent: compileEnd,
  ErrorEndEvent: compileEnd,
  EscalationEndEvent: compileEnd,
  TerminateEndEvent: nothing,
  TerminateEvent: nothing,
  // Routing
  ExclusiveGateway: compileRouter,
  GeneralSplitter: compileGeneralSplitter,
  Camel: compileIteratingSplitter,
  Multicast: compileParallelMulticast,
  SequentialMulticast: compileSequentialMulticast,
  Join: nothing,
  Gather: compileGather,
  // Message transformers
  Filter: compileFilter,
  Enricher: compileContentModifier,
  JavaScript: compileScript,
  // Calls
  ExternalCall: compileCall,
  Send: compileCall,
  NonLoopingProcess: compileProcessCall,
  LoopingProcess: compileLoopingProcess,
};
