import type { ExpressionContext } from '../expressions/simple.ts';
import { queryOf, type XPathExpression, type XPathResult } from '../expressions/xpath.ts';
import type { CompiledNode } from '../flow.ts';
import { runTask } from './run-task.ts';
import type { StepContext } from './step.ts';

/**
 * What XPath expressions come to on the body of an exchange, in their order.
 * @throws {ExpressionFailure}
 * @throws {StepFailure}
 */
export function xpathTexts(
  asked: readonly { readonly xpath: XPathExpression; readonly result: XPathResult }[],
  expressions: ExpressionContext,
  node: CompiledNode,
  context: StepContext,
): Promise<readonly string[]> {
  const { body } = expressions.exchange;
  const { namespaces } = context.flow.settings;
  const queries = asked.map(({ xpath, result }) => queryOf(xpath, result, expressions));
  return runTask('xpath', { body, namespaces, queries }, node, context);
}
