import { queryOf, type XPathExpression, type XPathResult } from '../../expressions/xpath.ts';
import { evaluating, expressionsOn } from '../evaluating.ts';
import { runTask } from '../run-task.ts';
import type { Step } from '../step.ts';
import { StepFailure } from '../step-failure.ts';

export interface FilterConfig {
  readonly xpath: XPathExpression;
  readonly type: ValueType;
}

/** What is made of the XPath's result: SAP's String, Integer, Boolean, Node and Nodelist. */
export type ValueType = 'text' | 'integer' | 'boolean' | 'node' | 'nodes';

/**
 * Filter: what an XPath yields becomes the body. Nodes stand one behind the other as XML, texts among
 * them as text (SAP Help, Define Filter).
 */
export const filter: Step = {
  async run(exchange, node, context) {
    const { xpath, type } = node.config as FilterConfig;
    const query = evaluating(() => queryOf(xpath, RESULTS[type], expressionsOn(exchange, context)));
    const { namespaces } = context.flow.settings;
    const input = { body: exchange.body, namespaces, queries: [query] };
    const [text = ''] = await runTask('xpath', input, node, context);
    exchange.body = type === 'integer' ? wholeNumber(text) : text;
    return undefined;
  },
};

const RESULTS: Readonly<Record<ValueType, XPathResult>> = {
  text: 'text',
  integer: 'text',
  boolean: 'boolean',
  node: 'node',
  nodes: 'nodes',
};

/** A java.lang.Integer. */
function wholeNumber(text: string): string {
  const number = /^\s*[+-]?\d{1,10}\s*$/.test(text) ? Number(text) : NaN;
  if (number === (number | 0)) return String(number);
  const shown = JSON.stringify(text.slice(0, 100));
  throw new StepFailure('expression', `The filter yields ${shown}, which is no integer.`);
}
