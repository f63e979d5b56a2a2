import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext } from '../compiler.ts';
import type { ProcessCallConfig } from './process-call.ts';

export function compileProcessCall(node: NodeModel, context: CompileContext): ProcessCallConfig {
  return { processId: readProcessId(node, context) };
}

/** The local integration process that a step names. */
export function readProcessId(node: NodeModel, context: CompileContext): string {
  const processId = node.properties.get('processId') ?? '';
  if (processId === '') context.fault('names no local integration process');
  else if (!context.isLocalProcess(processId)) {
    context.fault(
      `calls the process ${JSON.stringify(processId.slice(0, 100))}, which is no local integration process of the iFlow`,
    );
  }
  return processId;
}
