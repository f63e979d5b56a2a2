import type { Channel } from '../model/flow-model.ts';
import type { FaultSubject } from '../steps/compiler.ts';

/** What a receiver adapter may use of its flow while it is compiled. */
export interface ReceiverCompileContext {
  /** As in `steps/compiler.ts`; the clause follows the name of the channel. */
  readonly fault: (clause: string, about?: FaultSubject) => void;
}

/** Compiles a receiver channel of one adapter to its config, which is plain JSON. */
export type ReceiverCompiler = (channel: Channel, context: ReceiverCompileContext) => unknown;
