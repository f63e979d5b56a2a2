import type { Body, Value } from '../exchange.ts';
import { areEqual, compareValues, containsValue, entriesOf } from './compare.ts';
import { ExpressionFailure } from './expression-failure.ts';
import { evaluate, type ExpressionContext, type Template } from './simple.ts';

/**
 * A Simple predicate, parsed: tests from left to right, each joined with what the ones before it have
 * come to. Camel gives `and` no precedence over `or`. Plain JSON.
 */
export interface Condition {
  readonly first: Test;
  readonly rest: readonly { readonly join: 'and' | 'or'; readonly test: Test }[];
}

/** A comparison, or a value alone that is true by itself. */
export type Test =
  | {
      readonly operator: Operator;
      /** Written with `not` or `!`. */
      readonly negated: boolean;
      readonly left: Operand;
      readonly right: Operand;
    }
  | { readonly operator: 'truth'; readonly left: Operand };

export type Operand =
  { readonly value: string | number | boolean | null } | { readonly template: Template };

export type Operator =
  | 'equal'
  | 'equalIgnoreCase'
  | 'greater'
  | 'greaterOrEqual'
  | 'less'
  | 'lessOrEqual'
  | 'contains'
  | 'containsIgnoreCase'
  | 'startsWith'
  | 'endsWith'
  | 'in'
  | 'range'
  | 'regex';

/** A text that has to be held against a pattern: that may take long. */
export interface PatternQuery {
  readonly text: string;
  readonly pattern: string;
}

/**
 * Evaluates a condition. It yields what it needs a pattern for, and takes whether the whole text
 * matches.
 * @throws {ExpressionFailure}
 */
export function* evaluateCondition(
  { first, rest }: Condition,
  context: ExpressionContext,
): Generator<PatternQuery, boolean, boolean> {
  let result = yield* evaluateTest(first, context);
  for (const { join, test } of rest) {
    if (result === (join === 'and')) result = yield* evaluateTest(test, context);
  }
  return result;
}

function* evaluateTest(
  test: Test,
  context: ExpressionContext,
): Generator<PatternQuery, boolean, boolean> {
  const { budget } = context;
  const left = valueOf(test.left, context);
  if (test.operator === 'truth') return isTrue(left, context);
  const right = valueOf(test.right, context);
  if (test.operator === 'regex') {
    if (left === null || right === null) return test.negated;
    const matches = yield { text: budget.textOf(left), pattern: budget.textOf(right) };
    return matches !== test.negated;
  }
  return holds(test.operator, left, right, context) !== test.negated;
}

function holds(
  operator: Exclude<Operator, 'regex'>,
  left: Value | Body,
  right: Value | Body,
  { budget }: ExpressionContext,
): boolean {
  if (operator === 'equal') return areEqual(left, right, budget);
  if (operator === 'equalIgnoreCase') return areEqual(left, right, budget, { ignoreCase: true });
  if (left === null || right === null) {
    // Nothing counts as equal to nothing; a list or a range of nothing has nothing in it.
    return left === right && !['greater', 'in', 'range'].includes(operator);
  }
  switch (operator) {
    case 'greater':
      return compareValues(left, right, budget) > 0;
    case 'greaterOrEqual':
      return compareValues(left, right, budget) >= 0;
    case 'less':
      return compareValues(left, right, budget) < 0;
    case 'lessOrEqual':
      return compareValues(left, right, budget) <= 0;
    case 'contains':
      return containsValue(left, right, budget);
    case 'containsIgnoreCase':
      return containsValue(left, right, budget, { ignoreCase: true });
    case 'startsWith':
      return budget.textOf(left).startsWith(budget.textOf(right));
    case 'endsWith':
      return budget.textOf(left).endsWith(budget.textOf(right));
    case 'in':
      return entriesOf(right, budget).some((entry) => areEqual(left, entry, budget));
    case 'range': {
      const [, from, to] = RANGE.exec(budget.textOf(right)) ?? [];
      if (from === undefined || to === undefined) {
        throw new ExpressionFailure("A range is written '1..10', with whole numbers.");
      }
      return compareValues(left, from, budget) >= 0 && compareValues(left, to, budget) <= 0;
    }
  }
}

export const RANGE = /^(\d{1,18})\.\.(\d{1,18})$/;

function valueOf(operand: Operand, context: ExpressionContext): Value | Body {
  return 'value' in operand ? operand.value : evaluate(operand.template, context);
}

/** As Camel takes a value for a predicate (ObjectHelper.evaluateValuePredicate). */
function isTrue(value: Value | Body, { budget }: ExpressionContext): boolean {
  if (value === null) return false;
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return true;
  const text = budget.textOf(value).trim().toLowerCase();
  return text !== '' && text !== 'false';
}
