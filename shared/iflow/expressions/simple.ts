import { type Body, bodyText, type Exchange, type Value } from '../exchange.ts';
import { type DatePattern, formatDate } from './date-format.ts';

/** A Simple expression, parsed: literal text and tokens. Plain JSON. */
export type Template = readonly (string | Token)[];

export type Token =
  | { readonly token: 'body'; readonly calls: readonly Call[] }
  | { readonly token: 'header'; readonly name: string; readonly calls: readonly Call[] }
  | { readonly token: 'property'; readonly name: string; readonly calls: readonly Call[] }
  | { readonly token: 'exception'; readonly part: 'message' | 'stacktrace' }
  | { readonly token: 'date'; readonly pattern: DatePattern; readonly zone: string }
  | { readonly token: 'file'; readonly part: 'name' | 'onlyname' }
  | { readonly token: 'camelId' }
  | { readonly token: 'null' };

/** An OGNL call on what a token yields. */
export type Call =
  | { readonly call: 'toUpperCase' | 'toLowerCase' | 'trim' | 'length' }
  | { readonly call: 'substring'; readonly from: number; readonly to: number | null }
  | { readonly call: 'index'; readonly index: number };

export interface ExpressionContext {
  readonly exchange: Exchange;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What `${camelId}` yields: Camel's context is the flow. */
  readonly flowId: string;
  readonly budget: WorkBudget;
}

/** Expressions run on the event loop: this much takes some 200 ms. */
const MAX_WORK_CHARACTERS = 200 * 1024 * 1024;

/** Bounds the characters that the expressions of one step read and make, all together. */
export class WorkBudget {
  #left = MAX_WORK_CHARACTERS;

  /** @throws {ExpressionFailure} */
  spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) {
      throw new ExpressionFailure(
        `The expressions of the step work on more than ${MAX_WORK_CHARACTERS} characters.`,
      );
    }
  }

  /** As {@link asText}, paid for. */
  textOf(value: Value | Body): string {
    const text = asText(value);
    this.spend(text.length);
    return text;
  }
}

/** An expression could not be evaluated on this message. `message` is a sentence. */
export class ExpressionFailure extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ExpressionFailure';
  }
}

/** Characters that one expression may yield: a body as large as a sender channel may ever let in. */
export const MAX_RESULT_CHARACTERS = 100 * 1024 * 1024;

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
    if (text.length > MAX_RESULT_CHARACTERS) {
      throw new ExpressionFailure(
        `The expression yields more than ${MAX_RESULT_CHARACTERS} characters.`,
      );
    }
  }
  return text;
}

/** A value as Java's toString() shows it: null as nothing, lists as `[a, b]`, maps as `{k=v}`. */
export function asText(value: Value | Body): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (value instanceof Uint8Array) return bodyText(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(inner).join(', ')}]`;
  const entries = Object.entries(value as Readonly<Record<string, Value>>);
  return `{${entries.map(([key, v]) => `${key}=${inner(v)}`).join(', ')}}`;
}

function inner(value: Value): string {
  return value === null ? 'null' : asText(value);
}

function evaluateToken(token: Token, context: ExpressionContext): Value | Body {
  const { exchange, now, flowId, budget } = context;
  switch (token.token) {
    case 'body':
      return applyCalls(exchange.body, token.calls, budget);
    case 'header':
      return applyCalls(exchange.headers.get(token.name) ?? null, token.calls, budget);
    case 'property':
      return applyCalls(exchange.properties.get(token.name) ?? null, token.calls, budget);
    case 'exception':
      return exceptionText(exchange.properties.get('CamelExceptionCaught') ?? null, token.part);
    case 'date':
      return formatDate(token.pattern, now(), token.zone);
    case 'file': {
      const name = exchange.headers.get('CamelFileName') ?? null;
      if (name === null || token.part === 'name') return name;
      return asText(name).split(/[/\\]/).at(-1) ?? '';
    }
    case 'camelId':
      return flowId;
    case 'null':
      return null;
  }
}

/** Camel keeps what was thrown in a property; without one there is no exception, and no text. */
function exceptionText(caught: Value, part: 'message' | 'stacktrace'): Value {
  if (caught === null || typeof caught !== 'object') return caught;
  return (caught as Readonly<Record<string, Value>>)[part] ?? null;
}

function applyCalls(value: Value | Body, calls: readonly Call[], budget: WorkBudget): Value | Body {
  let result = value;
  for (const call of calls) {
    if (result === null) return null;
    result = applyCall(result, call, budget);
  }
  return result;
}

function applyCall(value: Value | Body, call: Call, budget: WorkBudget): Value {
  if (call.call === 'index') {
    if (!Array.isArray(value)) {
      if (call.index === 0) return budget.textOf(value);
      throw new ExpressionFailure(`There is no entry [${call.index}] in a single value.`);
    }
    const entry = (value as readonly Value[])[call.index];
    if (entry !== undefined) return entry;
    throw new ExpressionFailure(`There is no entry [${call.index}] in a list of ${value.length}.`);
  }
  const text = budget.textOf(value);
  switch (call.call) {
    case 'toUpperCase':
      return text.toUpperCase();
    case 'toLowerCase':
      return text.toLowerCase();
    case 'trim':
      return text.trim();
    case 'length':
      return text.length;
    case 'substring': {
      const to = call.to ?? text.length;
      if (call.from > to || to > text.length) {
        throw new ExpressionFailure(
          `substring(${call.from}${call.to === null ? '' : `,${call.to}`}) is outside a text of ${text.length} characters.`,
        );
      }
      return text.slice(call.from, to);
    }
  }
}
