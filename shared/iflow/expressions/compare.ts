import type { Body, Value } from '../exchange.ts';
import type { WorkBudget } from './budget.ts';
import { ExpressionFailure } from './expression-failure.ts';
import { indexIn } from './find.ts';

/** Whole numbers in texts are compared as numbers up to this length. */
const MAX_DIGITS = 100;
/** Of a text that is taken for a list. */
const MAX_ENTRIES = 100_000;

type Present = Exclude<Value, null> | Body;

/**
 * Whether two values are equal as Camel's Simple language sees it (ObjectHelper.typeCoerceEquals):
 * two texts that are whole numbers are compared as numbers, a number or boolean makes the other
 * value one if it can be, and everything else is text.
 */
export function areEqual(
  left: Value | Body,
  right: Value | Body,
  budget: WorkBudget,
  { ignoreCase = false } = {},
): boolean {
  if (left === null || right === null) return left === right;
  const pair = coerced(left, right, budget);
  if (ignoreCase && typeof pair[0] === 'string' && typeof pair[1] === 'string') {
    return pair[0].toUpperCase().toLowerCase() === pair[1].toUpperCase().toLowerCase();
  }
  return pair[0] === pair[1];
}

/**
 * Less than 0, 0, or more than 0, as Camel orders two values (typeCoerceCompare); texts that are not
 * both whole numbers are ordered by their characters, so that '9' comes after '10.5'.
 */
export function compareValues(left: Present, right: Present, budget: WorkBudget): number {
  const [a, b] = coerced(left, right, budget);
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Whether a list has an equal entry, or a text the other text in it. */
export function containsValue(
  left: Present,
  right: Present,
  budget: WorkBudget,
  { ignoreCase = false } = {},
): boolean {
  if (isList(left)) {
    budget.spend(left.length);
    return left.some((entry) => areEqual(entry, right, budget, { ignoreCase }));
  }
  const text = budget.textOf(left);
  const part = budget.textOf(right);
  const at = ignoreCase ? indexIn(text.toLowerCase(), part.toLowerCase()) : indexIn(text, part);
  return at >= 0;
}

/** The entries of a list, or those of a text between its commas; no entry is empty. */
export function entriesOf(value: Present, budget: WorkBudget): readonly Value[] {
  if (isList(value)) return value;
  const text = budget.textOf(value);
  if (text === '') return [];
  const entries = text.split(',', MAX_ENTRIES + 1);
  if (entries.length <= MAX_ENTRIES) return entries;
  throw new ExpressionFailure(`A text can be a list of ${MAX_ENTRIES} entries at most.`);
}

type Pair = readonly [string, string] | readonly [number, number] | readonly [bigint, bigint];

function coerced(left: Present, right: Present, budget: WorkBudget): Pair {
  if (typeof left === 'boolean' || typeof right === 'boolean') {
    return [booleanOf(left, budget), booleanOf(right, budget)];
  }
  if (typeof left === 'number' || typeof right === 'number') {
    const numbers = [numberOf(left, budget), numberOf(right, budget)] as const;
    if (!numbers.some(Number.isNaN)) return numbers;
  }
  const texts = [budget.textOf(left), budget.textOf(right)] as const;
  if (!texts.every(isWholeNumber)) return texts;
  return [BigInt(texts[0]), BigInt(texts[1])];
}

/** Boolean.valueOf: every text but true, in any case, is false. */
function booleanOf(value: Present, budget: WorkBudget): number {
  return Number(typeof value === 'boolean' ? value : budget.textOf(value).toLowerCase() === 'true');
}

function numberOf(value: Present, budget: WorkBudget): number {
  if (typeof value === 'number') return value;
  const text = budget.textOf(value);
  return text.length <= MAX_DIGITS && /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
}

function isWholeNumber(text: string): boolean {
  return text.length <= MAX_DIGITS && /^-?\d+$/.test(text);
}

function isList(value: Present): value is readonly Value[] {
  return Array.isArray(value);
}
