import {
  type Entity,
  type EntityType,
  type PrimitiveType,
  type PrimitiveValue,
  typeAt,
  valueAt,
} from './model.ts';
import { ODataError } from './errors.ts';
import { parseStringLiteral } from './path.ts';

export type Operator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';

export interface Comparison {
  readonly kind: 'compare';
  /** `Status`, `IntegrationArtifact/Id` */
  readonly property: string;
  readonly operator: Operator;
  /** Text, number, milliseconds since the epoch, or null. */
  readonly literal: PrimitiveValue;
}

export type Filter =
  Comparison | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter };

const LONGEST_FILTER = 4000;
const DEEPEST_NESTING = 32;
const OPERATORS = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le']);

/**
 * Reads `$filter`: comparisons of a property with a literal, `and`, `or` and parentheses (OData V2,
 * URI Conventions section 4.5). `and` binds closer than `or`.
 * @throws {ODataError} 400 for what is no filter or names no property; 501 for functions and `not`.
 */
export function parseFilter(text: string, type: EntityType): Filter {
  if (text.length > LONGEST_FILTER) {
    throw ODataError.badRequest(`$filter may have ${LONGEST_FILTER} characters.`);
  }
  const tokens = tokenize(text);
  let at = 0;

  const parseOr = (depth: number): Filter => {
    let left = parseAnd(depth);
    while (tokens[at] === 'or') {
      at += 1;
      left = { kind: 'or', left, right: parseAnd(depth) };
    }
    return left;
  };
  const parseAnd = (depth: number): Filter => {
    let left = parseOperand(depth);
    while (tokens[at] === 'and') {
      at += 1;
      left = { kind: 'and', left, right: parseOperand(depth) };
    }
    return left;
  };
  const parseOperand = (depth: number): Filter => {
    if (tokens[at] !== '(') return parseComparison();
    if (depth >= DEEPEST_NESTING) throw ODataError.badRequest('$filter is nested too deeply.');
    at += 1;
    const inner = parseOr(depth + 1);
    if (tokens[at] !== ')') throw unreadable(tokens[at]);
    at += 1;
    return inner;
  };
  const parseComparison = (): Comparison => {
    const [property = '', operator = '', literal = ''] = tokens.slice(at, at + 3);
    if (property === 'not' || operator === '(') {
      throw ODataError.notImplemented(
        `$filter understands eq, ne, gt, ge, lt, le, and, or and parentheses; not ${property}.`,
      );
    }
    const propertyType = typeAt(type, property);
    if (propertyType === undefined) throw unknownProperty('$filter', property, type);
    if (!isOperator(operator)) throw unreadable(operator);
    at += 3;
    return {
      kind: 'compare',
      property,
      operator,
      literal: parseLiteral(literal, propertyType, property),
    };
  };

  const filter = parseOr(0);
  if (at < tokens.length) throw unreadable(tokens[at]);
  return filter;
}

/** Whether the entity passes. A comparison with a null property holds for `ne` only. */
export function matches(filter: Filter, entity: Entity): boolean {
  switch (filter.kind) {
    case 'and':
      return matches(filter.left, entity) && matches(filter.right, entity);
    case 'or':
      return matches(filter.left, entity) || matches(filter.right, entity);
    case 'compare':
      return compare(filter, valueAt(entity, filter.property));
  }
}

/** The parts that all must hold. */
export function conjunctsOf(filter: Filter): Filter[] {
  return filter.kind === 'and'
    ? [...conjunctsOf(filter.left), ...conjunctsOf(filter.right)]
    : [filter];
}

/** Every property that the filter looks at. */
export function propertiesOf(filter: Filter): Set<string> {
  return filter.kind === 'compare'
    ? new Set([filter.property])
    : new Set([...propertiesOf(filter.left), ...propertiesOf(filter.right)]);
}

export function unknownProperty(option: string, property: string, type: EntityType): ODataError {
  const names = Object.keys(type.properties).join(', ');
  return ODataError.badRequest(
    `${option} names '${property.slice(0, 100)}', which is no property of ${type.name}. Its properties are ${names}.`,
  );
}

function compare({ operator, literal }: Comparison, value: PrimitiveValue): boolean {
  if (operator === 'eq') return value === literal;
  if (operator === 'ne') return value !== literal;
  if (value === null || literal === null) return false;
  switch (operator) {
    case 'gt':
      return value > literal;
    case 'ge':
      return value >= literal;
    case 'lt':
      return value < literal;
    case 'le':
      return value <= literal;
  }
}

function tokenize(text: string): string[] {
  const token = /\s*(datetime'[^']*'|'(?:[^']|'')*'|[()]|[^\s()']+)/y;
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  while (token.lastIndex < end) {
    const from = token.lastIndex;
    const found = token.exec(text);
    if (found?.[1] === undefined) throw unreadable(text.slice(from, from + 20));
    tokens.push(found[1]);
  }
  return tokens;
}

function parseLiteral(text: string, type: PrimitiveType, property: string): PrimitiveValue {
  if (text === 'null') return null;
  if (type === 'Edm.DateTime') return parseDateTime(text, property);
  if (type === 'Edm.String') {
    const value = parseStringLiteral(text);
    if (value === undefined) {
      throw ODataError.badRequest(`$filter compares ${property} with a text: write it 'so'.`);
    }
    return value;
  }
  if (!/^-?\d{1,15}L?$/i.test(text)) {
    throw ODataError.badRequest(`$filter compares ${property} with a whole number.`);
  }
  return Number.parseInt(text, 10);
}

/** SAP Help, Query Options: date and time are UTC, and a zone offset is not read. */
function parseDateTime(text: string, property: string): number {
  const found = /^datetime'(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?)Z?'$/.exec(text);
  const time = found?.[1] === undefined ? Number.NaN : Date.parse(`${found[1]}Z`);
  if (Number.isNaN(time)) {
    throw ODataError.badRequest(
      `$filter compares ${property} with a time: write it datetime'2026-02-01T00:00:00', in UTC.`,
    );
  }
  return time;
}

function isOperator(text: string): text is Operator {
  return OPERATORS.has(text);
}

function unreadable(token = 'its end'): ODataError {
  return ODataError.badRequest(`$filter cannot be read at ${token.slice(0, 60)}.`);
}
