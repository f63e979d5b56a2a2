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

/** Expressions to evaluate on one message body. Crosses to a worker thread. */
export interface XPathCall {
  /** Names the step: how long its expressions took is remembered under it. */
  readonly key: string;
  readonly body: Body;
  /** Prefixes to namespace URIs. */
  readonly namespaces: Readonly<Record<string, string>>;
  readonly queries: readonly XPathQuery[];
  readonly timeoutMs: number;
}

/**
 * Evaluates XPath away from the event loop: what an expression costs is the product of its text and
 * the sender's XML, and no rule about either bounds it.
 */
export interface XPathEngine {
  /**
   * @returns a text for each query.
   * @throws {ExpressionFailure} for a body that is not XML, or an expression that does not fit it.
   * @throws {ScriptFailure} for what takes too much time or memory, or finds no worker.
   */
  evaluate(call: XPathCall): Promise<readonly string[]>;
}
