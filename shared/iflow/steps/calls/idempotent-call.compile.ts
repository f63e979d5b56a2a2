import { parseSimple } from '../../expressions/parse-simple.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import { attempt } from '../attempt.ts';
import type { CompileContext } from '../compiler.ts';
import type { IdempotentCallConfig } from './idempotent-call.ts';
import { readProcessId } from './process-call.compile.ts';

/** Compiles an Idempotent Process Call (SAP Help, Define Idempotent Process Call). */
export function compileIdempotentCall(
  node: NodeModel,
  context: CompileContext,
): IdempotentCallConfig {
  const written = node.properties.get('sourceMessageID') ?? '';
  if (written === '') context.fault('has no message ID', { property: 'sourceMessageID' });
  const skip = (node.properties.get('skipOnDuplicate') ?? '').trim().toLowerCase();
  if (!['', 'true', 'false'].includes(skip)) {
    context.fault(
      `has ${JSON.stringify(skip.slice(0, 100))} for skipOnDuplicate; it is true or false`,
      { property: 'skipOnDuplicate' },
    );
  }
  return {
    processId: readProcessId(node, context),
    messageId: attempt(context, 'cannot read the message ID: ', () => parseSimple(written)) ?? [],
    skip: skip !== 'false',
  };
}
