import type { Channel } from '../model/flow-model.ts';
import type { FaultSubject } from '../steps/compiler.ts';

/** What a sender adapter may use of its flow while it is compiled. */
export interface SenderCompileContext {
  /** Where its messages enter. */
  readonly start: { readonly processId: string; readonly startId: string };
  /** As in `steps/compiler.ts`; the clause follows the name of the channel. */
  readonly fault: (clause: string, about?: FaultSubject) => void;
}

/** Compiles a sender channel of one adapter; undefined with a fault. */
export type SenderCompiler<S> = (channel: Channel, context: SenderCompileContext) => S | undefined;
