import type { Body, Exchange, Value } from '../../exchange.ts';
import {
  asText,
  evaluate,
  type ExpressionContext,
  type Template,
  type WorkBudget,
} from '../../expressions/simple.ts';
import { expressionsOn, rethrow } from '../evaluating.ts';
import { type Rows, runRows, valueOf, type ValueRow, withoutBytes } from '../row-values.ts';
import type { Step } from '../step.ts';

export interface ContentModifierConfig {
  readonly headers: readonly RowConfig[];
  readonly properties: readonly RowConfig[];
  /** Undefined leaves the body as it is. */
  readonly body?: string | { readonly template: Template };
}

export type RowConfig =
  | ({ readonly action: 'create' } & ValueRow)
  | {
      readonly action: 'delete';
      /** Names, where `*` stands for any text. */
      readonly include: readonly string[];
      readonly exclude: readonly string[];
    };

/**
 * SAP's Content Modifier. Header rows, then property rows, then the body, each row seeing what the
 * rows before it have set: SAP turns the step into a Camel route of setHeader, setProperty and
 * setBody in that order, and flows rely on it when the body names a property of the same step.
 * XPath sees the body that the step was given, which nothing changes before the end. A row that
 * fails leaves the exchange as it was before all of them; a number that was drawn before is gone.
 */
export const contentModifier: Step = {
  changes(node) {
    const { headers, properties } = node.config as ContentModifierConfig;
    return headers.length + properties.length === 0 ? 'body' : 'everything';
  },

  run(exchange, node, context) {
    const config = node.config as ContentModifierConfig;
    const rows = [...config.headers, ...config.properties].filter((row) => row.action === 'create');
    const expressions = expressionsOn(exchange, context);
    const changes = apply(config, exchange, expressions);
    return runRows(changes, rows, { expressions, node, context });
  },
};

/** Works the rows out. */
function* apply(
  config: ContentModifierConfig,
  exchange: Exchange,
  context: ExpressionContext,
): Rows<undefined> {
  try {
    for (const row of config.headers) {
      if (row.action === 'delete') deleteMatching(exchange.headers, row, context.budget);
      else exchange.headers.set(row.name, withoutBytes(yield* valueOf(row, context)));
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
    return undefined;
  } catch (error) {
    rethrow(error);
  }
}

function toBody(value: Value | Body): Body {
  return value instanceof Uint8Array ? value : asText(value);
}

function deleteMatching(
  entries: Iterable<[string, unknown]> & { delete(name: string): boolean },
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
