import type { Body, Exchange, Value } from '../exchange.ts';
import {
  asText,
  evaluate,
  type ExpressionContext,
  ExpressionFailure,
  type Template,
} from '../expressions/simple.ts';
import { openForXPath, type XPathBody, type XPathExpression } from '../expressions/xpath.ts';
import { type Step, StepFailure } from './step.ts';

export interface ContentModifierConfig {
  readonly headers: readonly RowConfig[];
  readonly properties: readonly RowConfig[];
  /** Undefined leaves the body as it is. */
  readonly body?: string | { readonly template: Template };
}

export type RowConfig =
  | {
      readonly action: 'create';
      readonly name: string;
      readonly source: SourceConfig;
      readonly type: DataType;
      /** In place of a value that is absent; '' for none. */
      readonly fallback: string;
    }
  | {
      readonly action: 'delete';
      /** Names, where `*` stands for any text. */
      readonly include: readonly string[];
      readonly exclude: readonly string[];
    };

export type SourceConfig =
  | { readonly from: 'constant'; readonly value: Value }
  | { readonly from: 'expression'; readonly template: Template }
  | { readonly from: 'header'; readonly name: string }
  | { readonly from: 'property'; readonly name: string }
  | { readonly from: 'xpath'; readonly xpath: XPathExpression };

export type DataType =
  'any' | 'text' | 'integer' | 'long' | 'decimal' | 'boolean' | 'node' | 'nodes';

/**
 * SAP's Content Modifier. Header rows, then property rows, then the body, each row seeing what the
 * rows before it have set: SAP turns the step into a Camel route of setHeader, setProperty and
 * setBody in that order, and flows rely on it when the body names a property of the same step.
 * XPath sees the body that the step was given, which nothing changes before the end. All is worked
 * out on a copy, so that a row that fails leaves the exchange as it was.
 */
export const contentModifier: Step = {
  run(exchange, node, context) {
    const config = node.config as ContentModifierConfig;
    const { flow, environment } = context;
    const expressions = { now: environment.now, flowId: flow.id };
    if (!usesXPath(config)) {
      apply(config, exchange, expressions, undefined);
      return undefined;
    }
    return openForXPath(exchange)
      .catch(rethrow)
      .then((body) =>
        apply(config, exchange, expressions, (xpath, result) =>
          body.evaluate(xpath, flow.settings.namespaces, result),
        ),
      );
  },
};

type EvaluateXPath = (
  xpath: XPathExpression,
  result: Parameters<XPathBody['evaluate']>[2],
) => Value;

function usesXPath({ headers, properties }: ContentModifierConfig): boolean {
  const byXPath = (row: RowConfig): boolean =>
    row.action === 'create' && row.source.from === 'xpath';
  return headers.some(byXPath) || properties.some(byXPath);
}

function apply(
  config: ContentModifierConfig,
  exchange: Exchange,
  expressions: Omit<ExpressionContext, 'exchange'>,
  evaluateXPath: EvaluateXPath | undefined,
): void {
  const before = { headers: [...exchange.headers], properties: [...exchange.properties] };
  const context = { ...expressions, exchange };
  try {
    for (const row of config.headers) {
      if (row.action === 'delete') deleteMatching(exchange.headers, row);
      else exchange.headers.set(row.name, valueOf(row, context, evaluateXPath));
    }
    for (const row of config.properties) {
      if (row.action === 'delete') {
        deleteMatching(exchange.properties, row);
        continue;
      }
      const value = valueOf(row, context, evaluateXPath);
      // Camel's setProperty with null removes the property; its setHeader keeps the name.
      if (value === null) exchange.properties.delete(row.name);
      else exchange.properties.set(row.name, value);
    }
    if (config.body !== undefined) {
      exchange.body =
        typeof config.body === 'string'
          ? config.body
          : toBody(evaluate(config.body.template, context));
    }
  } catch (error) {
    restore(exchange, before);
    rethrow(error);
  }
}

function restore(
  exchange: Exchange,
  before: { headers: [string, Value][]; properties: [string, Value][] },
): void {
  exchange.headers.clear();
  for (const [name, value] of before.headers) exchange.headers.set(name, value);
  exchange.properties.clear();
  for (const [name, value] of before.properties) exchange.properties.set(name, value);
}

function rethrow(error: unknown): never {
  if (!(error instanceof ExpressionFailure)) throw error;
  throw new StepFailure('expression', error.message, error);
}

function valueOf(
  row: Extract<RowConfig, { action: 'create' }>,
  context: ExpressionContext,
  evaluateXPath: EvaluateXPath | undefined,
): Value {
  const { source, type, fallback } = row;
  let value: Value | Body | null;
  switch (source.from) {
    case 'constant':
      return source.value;
    case 'expression':
      value = evaluate(source.template, context);
      break;
    case 'header':
      value = context.exchange.headers.get(source.name) ?? null;
      break;
    case 'property':
      value = context.exchange.properties.get(source.name) ?? null;
      break;
    case 'xpath':
      if (evaluateXPath === undefined) throw new Error('The body was not opened for XPath.');
      value = evaluateXPath(source.xpath, type === 'node' || type === 'nodes' ? type : 'text');
      break;
  }
  if (fallback !== '' && (value === null || value === '')) value = fallback;
  const converted = convert(value, type);
  if (converted !== undefined) return converted;
  const shown = JSON.stringify(asText(value).slice(0, 100));
  throw new ExpressionFailure(
    `The value of ${row.name} is not of the data type ${type}: ${shown}.`,
  );
}

/** As Camel converts to the row's data type. @returns undefined where it cannot. */
export function convert(value: Value | Body, type: DataType): Value | undefined {
  if (value === null) return null;
  if (value instanceof Uint8Array) return convert(asText(value), type);
  if (type === 'any') return value;
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

function toBody(value: Value | Body): Body {
  return value instanceof Uint8Array ? value : asText(value);
}

function deleteMatching(
  entries: Iterable<[string, Value]> & { delete(name: string): boolean },
  { include, exclude }: { include: readonly string[]; exclude: readonly string[] },
): void {
  for (const [name] of [...entries]) {
    if (matchesAny(include, name) && !matchesAny(exclude, name)) entries.delete(name);
  }
}

/** Camel compares names with patterns without regard to case, for headers and properties alike. */
function matchesAny(patterns: readonly string[], name: string): boolean {
  const lower = name.toLowerCase();
  return patterns.some((pattern) => matches(pattern.toLowerCase().split('*'), lower));
}

/** Whether the literal parts stand in the name in order, the first and last at its ends. */
function matches(parts: readonly string[], name: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
