import type { Body, Exchange, Value } from '../exchange.ts';
import {
  asText,
  evaluate,
  type ExpressionContext,
  ExpressionFailure,
  type Template,
  WorkBudget,
} from '../expressions/simple.ts';
import {
  hasVariables,
  queryOf,
  type XPathExpression,
  type XPathResult,
} from '../expressions/xpath.ts';
import { runTask } from './run-task.ts';
import { type Step, type StepContext, StepFailure } from './step.ts';
import type { CompiledNode } from '../flow.ts';

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
    const expressions = {
      exchange,
      now: context.environment.now,
      flowId: context.flow.id,
      budget: new WorkBudget(),
    };
    const changes = apply(config, exchange, expressions);
    const first = changes.next();
    return first.done === true
      ? undefined
      : answerXPath(first.value, changes, { config, expressions, node, context });
  },
};

type XPathRow = Extract<SourceConfig, { from: 'xpath' }> & { readonly result: XPathResult };

/**
 * Evaluates what the rows ask for: all expressions without variables at once, since none depends on
 * another row, and those with variables when it is their turn.
 */
async function answerXPath(
  first: XPathRow,
  changes: Generator<XPathRow, void, Value>,
  step: {
    readonly config: ContentModifierConfig;
    readonly expressions: ExpressionContext;
    readonly node: CompiledNode;
    readonly context: StepContext;
  },
): Promise<undefined> {
  // The body that the step was given: the body row comes last.
  const { body } = step.expressions.exchange;
  const evaluate = (rows: readonly XPathRow[]): Promise<readonly string[]> => {
    const queries = rows.map(({ xpath, result }) => queryOf(xpath, result, step.expressions));
    const { namespaces } = step.context.flow.settings;
    return runTask('xpath', { body, namespaces, queries }, step.node, step.context);
  };
  const known = new Map<XPathExpression, string>();
  let asked: IteratorResult<XPathRow, void> = { done: false, value: first };
  while (asked.done !== true) {
    const row: XPathRow = asked.value;
    try {
      if (!hasVariables(row.xpath) && known.size === 0) {
        const rows = xpathRows(step.config).filter(({ xpath }) => !hasVariables(xpath));
        const texts = await evaluate(rows);
        rows.forEach(({ xpath }, i) => known.set(xpath, texts[i] ?? ''));
      }
      const text = known.get(row.xpath) ?? (await evaluate([row]))[0] ?? '';
      asked = changes.next(text);
    } catch (error) {
      asked = changes.throw(error);
    }
  }
  return undefined;
}

function xpathRows({ headers, properties }: ContentModifierConfig): XPathRow[] {
  return [...headers, ...properties].flatMap((row) =>
    row.action === 'create' && row.source.from === 'xpath'
      ? [{ ...row.source, result: xpathResult(row.type) }]
      : [],
  );
}

const xpathResult = (type: DataType): XPathResult =>
  type === 'node' || type === 'nodes' ? type : 'text';

/** Works the rows out; yields each XPath that it needs the value of. */
function* apply(
  config: ContentModifierConfig,
  exchange: Exchange,
  context: ExpressionContext,
): Generator<XPathRow, void, Value> {
  const before = { headers: [...exchange.headers], properties: [...exchange.properties] };
  try {
    for (const row of config.headers) {
      if (row.action === 'delete') deleteMatching(exchange.headers, row, context.budget);
      else exchange.headers.set(row.name, yield* valueOf(row, context));
    }
    for (const row of config.properties) {
      if (row.action === 'delete') {
        deleteMatching(exchange.properties, row, context.budget);
        continue;
      }
      const value = yield* valueOf(row, context);
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

function* valueOf(
  row: Extract<RowConfig, { action: 'create' }>,
  context: ExpressionContext,
): Generator<XPathRow, Value, Value> {
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
      value = yield { ...source, result: xpathResult(type) };
      break;
  }
  if (fallback !== '' && (value === null || value === '')) value = fallback;
  const converted = convert(value, type);
  context.budget.spend(sizeOf(value) + sizeOf(converted ?? null));
  if (converted !== undefined) return converted;
  const shown = JSON.stringify(asText(value).slice(0, 100));
  throw new ExpressionFailure(
    `The value of ${row.name} is not of the data type ${type}: ${shown}.`,
  );
}

/** Characters or bytes; lists and maps are counted by the text that is made of them. */
function sizeOf(value: Value | Body): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 1;
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
  budget: WorkBudget,
): void {
  for (const [name] of [...entries]) {
    // What it takes beside reading the name itself.
    budget.spend(name.length + 200);
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
