import { isUtf8 } from 'node:buffer';
import { type Body, bodyBytes, bodyText, type PropertyValue, type Value } from '../exchange.ts';
import {
  asText,
  evaluate,
  type ExpressionContext,
  ExpressionFailure,
  type Template,
} from '../expressions/simple.ts';
import { hasVariables, type XPathExpression, type XPathResult } from '../expressions/xpath.ts';
import type { CompiledNode } from '../flow.ts';
import type { StepContext } from './step.ts';
import { xpathTexts } from './xpath-texts.ts';

/** A row of a table that gives something a value. */
export interface ValueRow {
  readonly name: string;
  readonly source: SourceConfig;
  readonly type: DataType;
  /** In place of a value that is absent; '' for none. */
  readonly fallback: string;
}

export type SourceConfig =
  | { readonly from: 'constant'; readonly value: Value }
  | { readonly from: 'expression'; readonly template: Template }
  | { readonly from: 'header'; readonly name: string }
  | { readonly from: 'property'; readonly name: string }
  | { readonly from: 'xpath'; readonly xpath: XPathExpression }
  | { readonly from: 'variable'; readonly name: Template; readonly scope: 'iflow' | 'tenant' }
  | { readonly from: 'numberRange'; readonly name: Template };

export type DataType =
  'any' | 'text' | 'integer' | 'long' | 'decimal' | 'boolean' | 'node' | 'nodes' | 'bytes';

/** What a row needs that cannot be had at once. */
export type Asked =
  | { readonly from: 'xpath'; readonly xpath: XPathExpression; readonly result: XPathResult }
  | { readonly from: 'variable'; readonly name: string; readonly flowId: string }
  | { readonly from: 'numberRange'; readonly name: string };

type Answer = Value | undefined;

/** Works rows out one after the other; yields what it has to wait for. */
export type Rows<T> = Generator<Asked, T, Answer>;

/** @throws {ExpressionFailure} */
export function* valueOf(row: ValueRow, context: ExpressionContext): Rows<PropertyValue> {
  const { name, source, type, fallback } = row;
  if (source.from === 'constant' && type !== 'bytes') return source.value;
  let value = yield* sourceValue(source, type, context);
  if (fallback !== '' && (value === null || value === '')) value = fallback;
  const converted = convert(value, type);
  context.budget.spend(sizeOf(value) + sizeOf(converted ?? null));
  if (converted !== undefined) return converted;
  const shown = JSON.stringify(asText(value).slice(0, 100));
  throw new ExpressionFailure(`The value of ${name} is not of the data type ${type}: ${shown}.`);
}

function* sourceValue(
  source: SourceConfig,
  type: DataType,
  context: ExpressionContext,
): Rows<Value | Body> {
  const { exchange, flowId } = context;
  switch (source.from) {
    case 'constant':
      return source.value;
    case 'expression':
      return evaluate(source.template, context);
    case 'header':
      return exchange.headers.get(source.name) ?? null;
    case 'property':
      return exchange.properties.get(source.name) ?? null;
    case 'xpath':
      return (yield { ...source, result: xpathResult(type) }) ?? null;
    case 'variable': {
      const name = asText(evaluate(source.name, context));
      const owner = source.scope === 'iflow' ? flowId : '';
      // SAP Help, Define Content Modifier: the default where the variable is not found; an empty
      // one is a text like any other, and published flows ask for it.
      return (yield { from: 'variable', name, flowId: owner }) ?? '';
    }
    case 'numberRange': {
      const name = asText(evaluate(source.name, context));
      const number = yield { from: 'numberRange', name };
      if (number !== undefined) return number;
      throw new ExpressionFailure(`There is no number range ${shown(name)}.`);
    }
  }
}

/** What the rows of a step run with; they see the body that the step was given. */
interface RowsOfStep {
  readonly expressions: ExpressionContext;
  readonly node: CompiledNode;
  readonly context: StepContext;
}

/**
 * Runs rows, and waits for what they ask for: all XPath expressions without variables at once, since
 * none depends on another row, and everything else when it is its turn.
 * @returns what the rows return; not a promise where they ask for nothing.
 */
export function runRows<T>(
  rows: Rows<T>,
  all: readonly ValueRow[],
  step: RowsOfStep,
): T | Promise<T> {
  const first = rows.next();
  return first.done === true ? first.value : answerRows(first, rows, all, step);
}

async function answerRows<T>(
  first: IteratorResult<Asked, T>,
  rows: Rows<T>,
  all: readonly ValueRow[],
  step: RowsOfStep,
): Promise<T> {
  const { expressions, node, context } = step;
  const known = new Map<XPathExpression, string>();
  let asked = first;
  while (asked.done !== true) {
    const want: Asked = asked.value;
    try {
      if (want.from === 'xpath' && !hasVariables(want.xpath) && known.size === 0) {
        const others = all.flatMap(({ source, type }) =>
          source.from === 'xpath' && !hasVariables(source.xpath)
            ? [{ xpath: source.xpath, result: xpathResult(type) }]
            : [],
        );
        const texts = await xpathTexts(others, expressions, node, context);
        others.forEach(({ xpath }, i) => known.set(xpath, texts[i] ?? ''));
      }
      asked = rows.next(await answerOf(want, known, step));
    } catch (error) {
      asked = rows.throw(error);
    }
  }
  return asked.value;
}

async function answerOf(
  want: Asked,
  known: ReadonlyMap<XPathExpression, string>,
  { expressions, node, context }: RowsOfStep,
): Promise<Answer> {
  const { services } = context.environment;
  switch (want.from) {
    case 'xpath':
      return (
        known.get(want.xpath) ?? (await xpathTexts([want], expressions, node, context))[0] ?? ''
      );
    case 'variable':
      return (await services.variables()).read(want.flowId, want.name);
    case 'numberRange':
      return (await services.numberRanges()).next(want.name);
  }
}

const xpathResult = (type: DataType): XPathResult =>
  type === 'node' || type === 'nodes' ? type : 'text';

const shown = (text: string): string => JSON.stringify(text.slice(0, 100));

/** Characters or bytes; lists and maps are counted by the text that is made of them. */
function sizeOf(value: Value | Body): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 1;
}

/**
 * As Camel converts to the row's data type. Without one, bytes that are no text stay what they are.
 * @returns undefined where it cannot.
 */
export function convert(value: Value | Body, type: DataType): PropertyValue | undefined {
  if (type !== 'bytes') {
    const staysBytes = type === 'any' && value instanceof Uint8Array && !isUtf8(value);
    return staysBytes ? value : convertText(withoutBytes(value), type);
  }
  if (value === null || value instanceof Uint8Array) return value;
  return bodyBytes(asText(value));
}

/** What a place that holds no bytes holds of them. */
export function withoutBytes(value: Value | Body): Value {
  return value instanceof Uint8Array ? bodyText(value) : value;
}

export function convertText(value: Value, type: Exclude<DataType, 'bytes'>): Value | undefined {
  if (value === null || type === 'any') return value;
  const text = asText(value);
  const trimmed = text.trim();
  switch (type) {
    case 'text':
    case 'node':
    case 'nodes':
      return text;
    case 'boolean':
      return /^(?:true|false)$/i.test(trimmed) ? trimmed.toLowerCase() === 'true' : undefined;
    case 'decimal':
      return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : undefined;
    case 'integer':
    case 'long':
      return isWhole(trimmed, Number(trimmed), type) ? Number(trimmed) : undefined;
  }
}

function isWhole(text: string, number: number, type: 'integer' | 'long'): boolean {
  if (!/^[+-]?\d+$/.test(text)) return false;
  return type === 'long' ? Number.isSafeInteger(number) : number === (number | 0);
}
