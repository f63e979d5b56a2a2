import { type Filter, matches, parseFilter, unknownProperty } from './filter.ts';
import { type Entity, type EntityType, typeAt, valueAt } from './model.ts';
import { ODataError } from './errors.ts';
import { parseStringLiteral } from './path.ts';

export interface QueryOptions {
  readonly filter: Filter | undefined;
  readonly orderBy: readonly OrderBy[];
  readonly top: number | undefined;
  readonly skip: number;
  /** Names of properties and navigations; undefined selects all. */
  readonly select: ReadonlySet<string> | undefined;
  readonly expand: ReadonlySet<string>;
  /** Whether the answer says how many there are without `$top` and `$skip`. */
  readonly inlineCount: boolean;
}

export interface OrderBy {
  readonly property: string;
  readonly descending: boolean;
}

/** What a resource understands; anything else with a `$` is refused. */
export const COLLECTION_OPTIONS = [
  '$filter',
  '$orderby',
  '$top',
  '$skip',
  '$select',
  '$expand',
  '$inlinecount',
  '$format',
] as const;
export const ENTITY_OPTIONS = ['$select', '$expand', '$format'] as const;
export const COUNT_OPTIONS = ['$filter', '$format'] as const;

const KNOWN = new Set<string>([...COLLECTION_OPTIONS, '$skiptoken']);

/**
 * Reads the system query options (OData V2, URI Conventions section 4) for a resource of `type`.
 * @throws {ODataError} 400, or 501 for an option that is not there.
 */
export function parseQueryOptions(
  url: URL,
  type: EntityType,
  understood: readonly string[],
): QueryOptions {
  const given = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (!name.startsWith('$')) continue;
    if (!understood.includes(name)) throw refuseOption(name, understood);
    if (given.has(name)) throw ODataError.badRequest(`${name} is given more than once.`);
    given.set(name, value);
  }
  const format = given.get('$format')?.toLowerCase() ?? 'json';
  if (!['json', 'atom', 'xml'].includes(format)) {
    throw ODataError.badRequest('$format is json, atom or xml.');
  }
  const filter = given.get('$filter');
  const inlineCount = given.get('$inlinecount') ?? 'none';
  if (inlineCount !== 'none' && inlineCount !== 'allpages') {
    throw ODataError.badRequest('$inlinecount is allpages or none.');
  }
  return {
    filter: filter === undefined ? undefined : parseFilter(filter, type),
    orderBy: parseOrderBy(given.get('$orderby'), type),
    top: parseCount('$top', given.get('$top')),
    skip: parseCount('$skip', given.get('$skip')) ?? 0,
    select: parseSelect(given.get('$select'), type),
    expand: parseExpand(given.get('$expand'), type),
    inlineCount: inlineCount === 'allpages',
  };
}

/** The string parameters of a function import: `?Id='x'&Version='active'`. */
export function functionArguments(url: URL, names: readonly string[]): string[] {
  return names.map((name) => {
    const values = url.searchParams.getAll(name);
    const value = values.length === 1 ? parseStringLiteral(values[0] ?? '') : undefined;
    if (value === undefined) {
      throw ODataError.badRequest(`Give ${name} once, in single quotes: ${name}='…'.`);
    }
    return value;
  });
}

/** `$filter`, `$orderby`, `$skip` and `$top` on entities that are all at hand. */
export function applyOptions(
  entities: readonly Entity[],
  options: QueryOptions,
): { readonly page: Entity[]; readonly count: number } {
  const { filter, orderBy, skip, top } = options;
  const found =
    filter === undefined ? [...entities] : entities.filter((entity) => matches(filter, entity));
  if (orderBy.length > 0) found.sort((a, b) => compareBy(orderBy, a, b));
  return {
    page: found.slice(skip, top === undefined ? undefined : skip + top),
    count: found.length,
  };
}

function compareBy(orderBy: readonly OrderBy[], a: Entity, b: Entity): number {
  for (const { property, descending } of orderBy) {
    const [x, y] = [valueAt(a, property) ?? '', valueAt(b, property) ?? ''];
    if (x !== y) return x < y === descending ? 1 : -1;
  }
  return 0;
}

function refuseOption(name: string, understood: readonly string[]): ODataError {
  const shown = name.slice(0, 40);
  return KNOWN.has(name)
    ? ODataError.badRequest(`${shown} has no meaning here. Use ${understood.join(', ')}.`)
    : ODataError.notImplemented(`${shown} is not supported. Use ${understood.join(', ')}.`);
}

function parseCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw ODataError.badRequest(`${option} is a whole number.`);
  return Number(text);
}

function parseOrderBy(text: string | undefined, type: EntityType): OrderBy[] {
  if (text === undefined) return [];
  return split(text, '$orderby').map((part) => {
    const [property = '', direction = 'asc', ...more] = part.split(/\s+/);
    if (typeAt(type, property) === undefined) throw unknownProperty('$orderby', property, type);
    if (more.length > 0 || (direction !== 'asc' && direction !== 'desc')) {
      throw ODataError.badRequest(`$orderby has the form ${property} or ${property} desc.`);
    }
    return { property, descending: direction === 'desc' };
  });
}

function parseSelect(text: string | undefined, type: EntityType): Set<string> | undefined {
  if (text === undefined) return undefined;
  const selected = new Set<string>();
  for (const name of split(text, '$select')) {
    if (name === '*') return undefined;
    const [first = ''] = name.split('/');
    if (typeAt(type, name) === undefined && !hasMember(type, first)) {
      throw unknownProperty('$select', name, type);
    }
    selected.add(first);
  }
  return selected;
}

function parseExpand(text: string | undefined, type: EntityType): Set<string> {
  const expanded = new Set<string>();
  if (text === undefined) return expanded;
  for (const name of split(text, '$expand')) {
    if (!Object.hasOwn(type.navigations, name)) {
      const names = Object.keys(type.navigations).join(', ');
      throw ODataError.badRequest(
        `$expand names '${name.slice(0, 100)}'. ${type.name} has ${names === '' ? 'nothing to expand' : names}.`,
      );
    }
    expanded.add(name);
  }
  return expanded;
}

function hasMember(type: EntityType, name: string): boolean {
  return Object.hasOwn(type.properties, name) || Object.hasOwn(type.navigations, name);
}

function split(text: string, option: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > 50 || parts.includes('')) {
    throw ODataError.badRequest(`${option} is a list of names with commas between them.`);
  }
  return parts;
}
