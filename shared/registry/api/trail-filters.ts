import type { HttpCall } from '../../http/call.ts';
import type { AuditPosition } from '../audit/audit-reader.ts';
import { badQuery, readQuery } from './paging.ts';
import { readTime } from './time.ts';

const LONGEST_FILTER = 300;

/** A query parameter that an entry of the trail is held against. @throws {Problem} 400 */
export function readFilter(call: HttpCall, name: string): string | undefined {
  const text = readQuery(call, name);
  if (text === undefined || text.length <= LONGEST_FILTER) return text;
  throw badQuery(`${name} has at most ${LONGEST_FILTER} characters.`);
}

/** Milliseconds since the epoch. @throws {Problem} 400 */
export function timeOf(name: 'from' | 'to', text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  // In a query, a plus sign that was not encoded has become a space.
  const time = readTime(text.replace(' ', '+'));
  if (time !== undefined) return time;
  throw badQuery(`${name} is a time such as 2030-01-31T00:00:00Z, with its zone.`);
}

/** A place in the trail as the name that a page ends with. */
export function nameOf({ time, id }: AuditPosition): string {
  return `${time} ${id}`;
}

export function readPosition(name: string): AuditPosition {
  const [time = '', id = ''] = name.split(' ');
  return { time: Number(time), id };
}
