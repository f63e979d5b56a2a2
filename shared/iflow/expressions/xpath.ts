import type { Body, Value } from '../exchange.ts';

/** An XPath expression checked at deployment. Plain JSON. */
export interface XPathExpression {
  readonly source: string;
  /** `$name` uses: a header of that name, else a property. */
  readonly variables: readonly string[];
}

/** What a row's data type makes of the result. */
export type XPathResult = 'text' | 'node' | 'nodes';

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
}
