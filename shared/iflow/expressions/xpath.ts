import type { Body, Value } from '../exchange.ts';
import { asText, evaluate, type ExpressionContext, type Template } from './simple.ts';

/** An XPath expression checked at deployment. Plain JSON. */
export interface XPathExpression {
  readonly source: string;
  /** `$name` uses: a header of that name, else a property. */
  readonly variables: readonly string[];
  /** Variables that stand for other things, by the name that the source has for them. */
  readonly bound?: Readonly<Record<string, Binding>>;
}

export type Binding =
  /** The header or property, as a number if it is one: it is compared by order. */
  | { readonly ordered: string }
  /** What Camel's functions in XPath yield: a Simple expression. */
  | { readonly template: Template };

/** What is made of the result. */
export type XPathResult = 'text' | 'node' | 'nodes' | 'boolean';

export interface XPathQuery {
  readonly source: string;
  /** Values of the variables that it uses. */
  readonly variables: Readonly<Record<string, Value>>;
  readonly result: XPathResult;
}

/** Expressions to evaluate on one message body; the input of the task `xpath`. */
export interface XPathCall {
  readonly body: Body;
  /** Prefixes to namespace URIs. */
  readonly namespaces: Readonly<Record<string, string>>;
  readonly queries: readonly XPathQuery[];
  /** Those behind the first that is true are not evaluated. */
  readonly untilTrue?: true;
}

/** Whether headers or properties decide what an expression yields, besides the body. */
export function hasVariables({ variables, bound }: XPathExpression): boolean {
  return variables.length > 0 || bound !== undefined;
}

/**
 * Gives an expression the values of its variables: as Camel resolves them, a header, else a property;
 * an empty sequence where neither is.
 * @throws {ExpressionFailure}
 */
export function queryOf(
  { source, variables, bound = {} }: XPathExpression,
  result: XPathResult,
  context: ExpressionContext,
): XPathQuery {
  const valueOf = (name: string): Value => {
    const { headers, properties } = context.exchange;
    const value = headers.get(name) ?? properties.get(name) ?? null;
    return value !== null && typeof value === 'object' ? context.budget.textOf(value) : value;
  };
  const values = variables.map((name): [string, Value] => [name, valueOf(name)]);
  for (const [name, binding] of Object.entries(bound)) {
    const value =
      'ordered' in binding
        ? orderedValue(valueOf(binding.ordered))
        : asText(evaluate(binding.template, context));
    values.push([name, value]);
  }
  return { source, variables: Object.fromEntries(values), result };
}

function orderedValue(value: Value): Value {
  const isNumber = typeof value === 'string' && /^\s*-?\d{1,15}(?:\.\d{1,15})?\s*$/.test(value);
  return isNumber ? Number(value) : value;
}
