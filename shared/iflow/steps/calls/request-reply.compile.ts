import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext } from '../compiler.ts';
import type { CallConfig } from './request-reply.ts';

/** Compiles a Request Reply or a Send: one receiver channel leads away from it. */
export function compileCall(_: NodeModel, context: CompileContext): CallConfig | null {
  const [channel] = context.channels;
  if (context.channelCount === 0) context.fault('is connected to no receiver');
  if (context.channelCount > 1) {
    context.fault(`sends to ${context.channelCount} receivers; it can send to one`);
  }
  return channel === undefined ? null : { channel };
}
