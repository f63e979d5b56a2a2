import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext } from '../compiler.ts';
import { compileCondition } from '../condition.compile.ts';
import type { LoopingProcessConfig } from './looping-process.ts';
import { readProcessId } from './process-call.compile.ts';

/** The most that SAP's editor takes. */
const MAX_ITERATIONS = 99_999;

export function compileLoopingProcess(
  node: NodeModel,
  context: CompileContext,
): LoopingProcessConfig | null {
  const processId = readProcessId(node, context);
  const { maximum = NaN, condition: text = '' } = node.loop ?? {};
  const type = node.properties.get('expressionType') === 'XML' ? 'XML' : 'NonXML';
  const isCount = Number.isInteger(maximum) && maximum >= 1 && maximum <= MAX_ITERATIONS;
  if (!isCount) {
    context.fault(
      `needs a maximum number of iterations, a whole number from 1 to ${MAX_ITERATIONS}`,
    );
  }
  if (text.trim() === '') {
    context.fault('has no condition for the loop to go on');
    return null;
  }
  const condition = compileCondition(text, type, 'the condition of the loop', context);
  if (condition === undefined || !isCount) return null;
  const failAtMaximum = node.properties.get('postProcessing') === 'throwException';
  return { processId, condition, maximum, failAtMaximum };
}
