import type { Exchange, Value } from '../exchange.ts';

/** An XPath expression checked at deployment. Plain JSON. */
export interface XPathExpression {
  readonly source: string;
  /** `$name` uses: a header of that name, else a property. */
  readonly variables: readonly string[];
}

/** What a row's data type makes of the result. */
export type XPathResult = 'text' | 'node' | 'nodes';

/** A message body read once, for all expressions of a step. */
export interface XPathBody {
  /** @throws {ExpressionFailure} */
  evaluate(
    expression: XPathExpression,
    namespaces: Readonly<Record<string, string>>,
    result: XPathResult,
  ): Value;
}

/**
 * Reads the body as XML. The XPath engine is loaded here on first use, so that flows without XPath
 * start without it.
 * @throws {ExpressionFailure} when the body is not XML.
 */
export async function openForXPath(exchange: Exchange): Promise<XPathBody> {
  const { readBodyForXPath } = await import('./xpath-engine.ts');
  return readBodyForXPath(exchange);
}
