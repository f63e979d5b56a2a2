import type { Exchange, Value } from '../exchange.ts';
import { asText } from '../expressions/simple.ts';
import type { XPathExpression, XPathQuery, XPathResult } from '../expressions/xpath.ts';
import type { CompiledNode } from '../flow.ts';
import { runTask } from './run-task.ts';
import type { StepContext } from './step.ts';

/**
 * What XPath expressions come to on the body of an exchange, in their order.
 * @throws {StepFailure}
 */
export function xpathTexts(
  asked: readonly { readonly xpath: XPathExpression; readonly result: XPathResult }[],
  exchange: Exchange,
  node: CompiledNode,
  context: StepContext,
): Promise<readonly string[]> {
  const { namespaces } = context.flow.settings;
  const queries = asked.map(({ xpath, result }) => queryOf(xpath, result, exchange));
  return runTask('xpath', { body: exchange.body, namespaces, queries }, node, context);
}

/** As Camel resolves a variable: a header, else a property; an empty sequence where neither is. */
function queryOf(
  { source, variables }: XPathExpression,
  result: XPathResult,
  { headers, properties }: Exchange,
): XPathQuery {
  const values = variables.map((name): [string, Value] => {
    const value = headers.get(name) ?? properties.get(name) ?? null;
    return [name, value !== null && typeof value === 'object' ? asText(value) : value];
  });
  return { source, variables: Object.fromEntries(values), result };
}
