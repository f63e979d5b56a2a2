import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext } from '../compiler.ts';
import type { EndConfig } from './event.ts';

export function compileEnd(_: NodeModel, context: CompileContext): EndConfig {
  if (context.channelCount > 1) {
    context.fault(`sends to ${context.channelCount} receivers; it can send to one`);
  }
  return { channels: context.channels };
}
