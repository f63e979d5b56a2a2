import { parseSimple } from '../expressions/parse-simple.ts';
import type { Channel } from '../model/flow-model.ts';
import { attempt } from '../steps/attempt.ts';
import type { ReceiverCompileContext } from './compiler.ts';
import type { ProcessDirectConfig } from './process-direct.ts';

/** The address may be an expression; SAP Help, ProcessDirect Receiver Adapter. */
export function compileProcessDirect(
  { properties }: Channel,
  context: ReceiverCompileContext,
): ProcessDirectConfig {
  const address = (properties.get('address') ?? '').trim();
  if (address === '') context.fault('has no address', { property: 'address' });
  const parsed = attempt(context, 'cannot be called: ', () => parseSimple(address), 'address');
  return { address: parsed ?? [] };
}
