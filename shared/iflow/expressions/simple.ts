import type { Body, Exchange, Value } from '../exchange.ts';
import type { WorkBudget } from './budget.ts';
import { applyCalls, type Call } from './calls.ts';
import { type DatePattern, formatDate } from './date-format.ts';
import { MAX_RESULT_CHARACTERS, tooLong } from './expression-failure.ts';
import { asText } from './text.ts';

export { WorkBudget } from './budget.ts';
export type { Call } from './calls.ts';
export { ExpressionFailure } from './expression-failure.ts';
export { asText } from './text.ts';

/** A Simple expression, parsed: literal text and tokens. Plain JSON. */
export type Template = readonly (string | Token)[];

export type Token =
  | { readonly token: 'body'; readonly calls: readonly Call[] }
  | { readonly token: 'headers'; readonly calls: readonly Call[] }
  | {
      readonly token: 'header' | 'property';
      /** A template where expressions make the name. */
      readonly name: string | Template;
      readonly calls: readonly Call[];
    }
  | { readonly token: 'exception'; readonly part: ExceptionPart | null }
  | {
      readonly token: 'date';
      readonly pattern: DatePattern;
      readonly zone: string;
      /** Milliseconds to add to now. */
      readonly offset?: number;
    }
  | { readonly token: 'file'; readonly part: FilePart }
  | { readonly token: 'id' }
  | { readonly token: 'camelId' }
  | { readonly token: 'null' };

export type ExceptionPart =
  'message' | 'stacktrace' | 'class' | 'statusCode' | 'statusText' | 'responseBody';

/** Of `CamelFileName`: `name`, `onlyname`, each `.noext`, and the extension. */
export type FilePart = 'name' | 'onlyname' | 'name.noext' | 'onlyname.noext' | 'ext';

export interface ExpressionContext {
  readonly exchange: Exchange;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What `${camelId}` yields: Camel's context is the flow. */
  readonly flowId: string;
  readonly budget: WorkBudget;
}

/**
 * Evaluates a template. One token alone yields its value as it is, null for what is not there; in
 * company of text or other tokens everything becomes text, and null becomes none.
 * @throws {ExpressionFailure}
 */
export function evaluate(template: Template, context: ExpressionContext): Value | Body {
  const [only, second] = template;
  if (only === undefined) return '';
  if (second === undefined) {
    return typeof only === 'string' ? only : evaluateToken(only, context);
  }
  let text = '';
  for (const part of template) {
    text += typeof part === 'string' ? part : context.budget.textOf(evaluateToken(part, context));
    if (text.length > MAX_RESULT_CHARACTERS) throw tooLong();
  }
  return text;
}

function evaluateToken(token: Token, context: ExpressionContext): Value | Body {
  const { exchange, now, flowId, budget } = context;
  switch (token.token) {
    case 'body':
      return applyCalls(exchange.body, token.calls, budget);
    case 'headers':
      return applyCalls(Object.fromEntries(exchange.headers), token.calls, budget);
    case 'header':
    case 'property':
      return applyCalls(valueOf(token, context), token.calls, budget);
    case 'exception':
      return exceptionPart(exchange.properties.get('CamelExceptionCaught') ?? null, token.part);
    case 'date':
      return formatDate(token.pattern, now() + (token.offset ?? 0), token.zone);
    case 'file':
      return filePart(exchange.headers.get('CamelFileName') ?? null, token.part);
    case 'id':
      return exchange.properties.get('SAP_MessageProcessingLogID') ?? null;
    case 'camelId':
      return flowId;
    case 'null':
      return null;
  }
}

/** A header that is not there is looked for among the properties (Camel, Simple Language). */
function valueOf(
  { token, name: written }: Extract<Token, { token: 'header' | 'property' }>,
  context: ExpressionContext,
): Value | Body {
  const { headers, properties } = context.exchange;
  const name = typeof written === 'string' ? written : asText(evaluate(written, context));
  if (token === 'header') {
    const value = headers.get(name) ?? null;
    if (value !== null) return value;
  }
  return properties.get(name) ?? null;
}

/** Camel keeps what was thrown in a property; without one there is no exception, and no text. */
function exceptionPart(caught: Value | Body, part: ExceptionPart | null): Value | Body {
  if (caught === null || typeof caught !== 'object' || caught instanceof Uint8Array) return caught;
  if (part === null) return asText(caught);
  return (caught as Readonly<Record<string, Value>>)[part] ?? null;
}

function filePart(path: Value, part: FilePart): Value {
  if (path === null || part === 'name') return path;
  const text = asText(path);
  const only = text.split(/[/\\]/).at(-1) ?? '';
  const dot = only.lastIndexOf('.');
  switch (part) {
    case 'onlyname':
      return only;
    case 'onlyname.noext':
      return dot < 0 ? only : only.slice(0, dot);
    case 'name.noext':
      return dot < 0 ? text : text.slice(0, text.length - only.length + dot);
    case 'ext':
      return dot < 0 ? null : only.slice(dot + 1);
  }
}
