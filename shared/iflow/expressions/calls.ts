import type { Body, Value } from '../exchange.ts';
import type { WorkBudget } from './budget.ts';
import { GrowingText } from '../large-text.ts';
import { indexIn, lastIndexIn, splitIn } from './find.ts';
import { ExpressionFailure, MAX_RESULT_CHARACTERS, tooLong } from './expression-failure.ts';
import { asText } from './text.ts';

/** A call on what a token yields (Camel: OGNL). Plain JSON. */
export type Call =
  | { readonly call: 'toUpperCase' | 'toLowerCase' | 'trim' | 'length' }
  | { readonly call: 'substring'; readonly from: number; readonly to: number | null }
  | { readonly call: 'index'; readonly index: number }
  | { readonly call: 'method'; readonly method: string; readonly args: readonly Argument[] };

export type Argument = string | number;

type List = readonly Value[];
type Entries = Readonly<Record<string, Value>>;

/**
 * The other methods of java.lang.String, and those of lists and maps, by name and number of
 * arguments. What is text, a list or a map decides which one a value has.
 */
export const METHODS: Readonly<Record<string, Method>> = {
  'toString/0': { text: (text) => text, list: asText, map: asText },
  'isEmpty/0': {
    text: (text) => text === '',
    list: (list) => list.length === 0,
    map: (map) => Object.keys(map).length === 0,
  },
  'contains/1': {
    text: (text, part) => indexIn(text, String(part)) >= 0,
    list: (list, entry) => list.some((value) => asText(value) === String(entry)),
  },
  'startsWith/1': { text: (text, part) => text.startsWith(String(part)) },
  'endsWith/1': { text: (text, part) => text.endsWith(String(part)) },
  'equals/1': { text: (text, other) => text === String(other) },
  'equalsIgnoreCase/1': {
    text: (text, other) => text.toLowerCase() === String(other).toLowerCase(),
  },
  'indexOf/1': { text: (text, part) => indexIn(text, String(part)) },
  'lastIndexOf/1': { text: (text, part) => lastIndexIn(text, String(part)) },
  'concat/1': { text: (text, more) => text + String(more) },
  'replace/2': { text: replaceAll },
  'replaceAll/2': { text: replaceAll, literal: true },
  'replaceFirst/2': { text: replaceFirst, literal: true },
  'split/1': { text: split, literal: true },
  'size/0': { list: (list) => list.length, map: (map) => Object.keys(map).length },
  'get/1': {
    list: (list, index) => list[Number(index)] ?? null,
    map: (map, key) => (Object.hasOwn(map, String(key)) ? (map[String(key)] ?? null) : null),
  },
  'containsKey/1': { map: (map, key) => Object.hasOwn(map, String(key)) },
  'keySet/0': { map: (map) => Object.keys(map) },
  'values/0': { map: (map) => Object.values(map) },
};

export interface Method {
  readonly text?: (text: string, ...args: readonly Argument[]) => Value;
  readonly list?: (list: List, ...args: readonly Argument[]) => Value;
  readonly map?: (map: Entries, ...args: readonly Argument[]) => Value;
  /** Java takes the first argument for a pattern; here it stands for itself. */
  readonly literal?: true;
}

const MAX_PARTS = 100_000;

/** Places in one text that are replaced. */
const MAX_PLACES = 2_000_000;
/** What is put together before it is added to the rest. */
const MAX_RUN = 8192;

function replaceAll(text: string, part: Argument = '', by: Argument = ''): string {
  const sought = String(part);
  const replacement = String(by);
  if (sought === '') return replaceNothing(text, replacement);
  const replaced = new GrowingText();
  let run = '';
  let from = 0;
  let places = 0;
  for (let at = indexIn(text, sought); at >= 0; at = indexIn(text, sought, from)) {
    if (run.length + at - from < MAX_RUN) run += text.slice(from, at) + replacement;
    else {
      replaced.write(run);
      replaced.write(text.slice(from, at));
      run = replacement;
    }
    from = at + sought.length;
    places += 1;
    if (places > MAX_PLACES) throw tooManyPlaces();
    if (replaced.length > MAX_RESULT_CHARACTERS) throw tooLong();
  }
  if (places === 0) return text;
  replaced.write(run);
  replaced.write(text.slice(from));
  if (replaced.length > MAX_RESULT_CHARACTERS) throw tooLong();
  return replaced.text();
}

/** Nothing stands before each character, and at the end. */
function replaceNothing(text: string, replacement: string): string {
  if (text.length + (text.length + 1) * replacement.length > MAX_RESULT_CHARACTERS) throw tooLong();
  if (text.length >= MAX_PLACES) throw tooManyPlaces();
  return text.replaceAll('', () => replacement);
}

function replaceFirst(text: string, part: Argument = '', by: Argument = ''): string {
  const sought = String(part);
  const at = indexIn(text, sought);
  return at < 0 ? text : text.slice(0, at) + String(by) + text.slice(at + sought.length);
}

function tooManyPlaces(): ExpressionFailure {
  return new ExpressionFailure(
    `A text can be replaced in ${MAX_PLACES} places at most, in one expression.`,
  );
}

/** As java.lang.String.split: empty texts at the end are left out. */
function split(text: string, separator: Argument = ''): Value {
  const parts = splitIn(text, String(separator), MAX_PARTS + 1);
  if (parts.length > MAX_PARTS) {
    throw new ExpressionFailure(`A text can be split into ${MAX_PARTS} parts at most.`);
  }
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}

/** @throws {ExpressionFailure} */
export function applyCalls(
  value: Value | Body,
  calls: readonly Call[],
  budget: WorkBudget,
): Value | Body {
  let result = value;
  for (const call of calls) {
    if (result === null) return null;
    result = applyCall(result, call, budget);
  }
  return result;
}

function applyCall(value: Exclude<Value, null> | Body, call: Call, budget: WorkBudget): Value {
  if (call.call === 'index') return entryAt(value, call.index, budget);
  if (call.call === 'method') return callMethod(value, call.method, call.args, budget);
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

function entryAt(value: Value | Body, index: number, budget: WorkBudget): Value {
  if (!isList(value)) {
    if (index === 0) return budget.textOf(value);
    throw new ExpressionFailure(`There is no entry [${index}] in a single value.`);
  }
  const entry = value[index];
  if (entry !== undefined) return entry;
  throw new ExpressionFailure(`There is no entry [${index}] in a list of ${value.length}.`);
}

function callMethod(
  value: Exclude<Value, null> | Body,
  name: string,
  args: readonly Argument[],
  budget: WorkBudget,
): Value {
  const method = METHODS[`${name}/${args.length}`];
  if (method === undefined) throw new Error(`There is no method ${name} in expressions.`);
  let result: Value | undefined;
  if (isList(value)) budget.spend(value.length);
  if (isList(value)) result = method.list?.(value, ...args);
  else if (typeof value === 'object' && !(value instanceof Uint8Array)) {
    result = method.map?.(value, ...args);
  } else result = method.text?.(budget.textOf(value), ...args);
  if (result === undefined) {
    throw new ExpressionFailure(`There is no ${name}() of ${kindOf(value)}.`);
  }
  budget.spend(typeof result === 'string' ? result.length : 1);
  return result;
}

function kindOf(value: Value | Body): string {
  if (isList(value)) return 'a list';
  return typeof value === 'object' && !(value instanceof Uint8Array) ? 'a map' : 'a text';
}

function isList(value: Value | Body): value is List {
  return Array.isArray(value);
}
