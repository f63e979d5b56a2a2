import { createHash } from 'node:crypto';
import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { Problem } from '../../http/problem.ts';
import type { Page, PageRequest } from '../page.ts';

const DEFAULT_LIMIT = 50;
const MOST_ITEMS = 200;
const LONGEST_SEARCH = 256;

/**
 * Reads `limit` and `cursor` of a list.
 * @param scope tells this list from every other: a cursor is good only for the list it came from.
 * @param bounds of `limit`: the most that may be asked for, and what it is unless told.
 * @throws {Problem} 400
 */
export function readPageRequest(
  call: HttpCall,
  scope: readonly string[],
  bounds: { readonly most?: number; readonly unlessTold?: number } = {},
): PageRequest {
  const { most = MOST_ITEMS, unlessTold = DEFAULT_LIMIT } = bounds;
  const limit = readQuery(call, 'limit');
  const cursor = readQuery(call, 'cursor');
  return {
    limit: limit === undefined ? unlessTold : readLimit(limit, most),
    after: cursor === undefined ? undefined : readCursor(cursor, scope),
  };
}

/** `{ items, next_cursor }`; `next_cursor` is null on the last page. */
export function pageReply<T>(
  page: Page<T>,
  scope: readonly string[],
  view: (item: T) => unknown,
): HttpReply {
  return json(200, {
    items: page.items.map(view),
    next_cursor: page.next === undefined ? null : makeCursor(page.next, scope),
  });
}

/** Cuts a page out of a list that is in memory. */
export function pageOf<T>(
  all: readonly T[],
  nameOf: (item: T) => string,
  { after, limit }: PageRequest,
): Page<T> {
  const rest = after === undefined ? all : all.filter((item) => nameOf(item) > after);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rest.length > limit && last !== undefined ? nameOf(last) : undefined };
}

/** A query parameter; the URL is read because the host joins repeated ones. @throws {Problem} 400 */
export function readQuery(call: HttpCall, name: string): string | undefined {
  const values = call.url.searchParams.getAll(name);
  if (values.length > 1) throw badQuery(`Give the query parameter ${name} once.`);
  return values[0];
}

/** `q`, which lists are searched with; '' without one. @throws {Problem} 400 */
export function readSearch(call: HttpCall): string {
  const text = readQuery(call, 'q') ?? '';
  if (text.length <= LONGEST_SEARCH) return text;
  throw badQuery(`q has at most ${LONGEST_SEARCH} characters.`);
}

function readLimit(text: string, most: number): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= most) return limit;
  throw badQuery(`limit is a whole number from 1 to ${most}.`);
}

/** The name that the page ended with, and a check sum that ties it to its list. */
export function makeCursor(name: string, scope: readonly string[]): string {
  return `${Buffer.from(name, 'utf8').toString('base64url')}.${checkSum(name, scope)}`;
}

function readCursor(cursor: string, scope: readonly string[]): string {
  const name = Buffer.from(cursor.split('.')[0] ?? '', 'base64url').toString('utf8');
  if (name !== '' && makeCursor(name, scope) === cursor) return name;
  throw badQuery(
    'This cursor is not one that this list gave. Send a next_cursor unchanged and with the same filter, or begin without one.',
  );
}

/** Guards against mistakes, not against forgery: any position in a list may be asked for. */
function checkSum(name: string, scope: readonly string[]): string {
  const text = JSON.stringify([name, ...scope]);
  return createHash('sha256').update(text, 'utf8').digest('base64url').slice(0, 8);
}

export function badQuery(detail: string): Problem {
  return new Problem(400, 'invalid_query', detail);
}
