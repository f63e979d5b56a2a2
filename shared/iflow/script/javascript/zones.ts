import { offsetOf } from '../../expressions/date-format.ts';

/** Three letters that Java knows as zones and ECMA-402 does not, or not as the same. */
const JAVA_NAMES: Readonly<Record<string, string>> = {
  ACT: 'Australia/Darwin',
  AET: 'Australia/Sydney',
  AST: 'America/Anchorage',
  BST: 'Asia/Dhaka',
  CST: 'America/Chicago',
  CTT: 'Asia/Shanghai',
  ECT: 'Europe/Paris',
  IST: 'Asia/Kolkata',
  JST: 'Asia/Tokyo',
  NST: 'Pacific/Auckland',
  PST: 'America/Los_Angeles',
  SST: 'Pacific/Guadalcanal',
  Z: 'UTC',
};
const MOST_NAMES = 500;
/** No zone has a longer name: what is longer is not kept. */
const LONGEST_NAME = 64;
const known = new Map<string, string | undefined>();

/** The IANA name or offset of a java.util.TimeZone id; undefined for one that nobody knows. */
export function zoneOf(id: string): string | undefined {
  if (id.length > LONGEST_NAME) return undefined;
  if (known.has(id)) return known.get(id);
  if (known.size >= MOST_NAMES) known.clear();
  const zone = resolve(id);
  known.set(id, zone);
  return zone;
}

/** Milliseconds east of UTC at a time; 0 for a time that is none. */
export function zoneOffset(time: number, zone: string): number {
  return zone === 'UTC' || !isTime(time) ? 0 : offsetOf(time, zone);
}

/** ECMA-262, Time Values and Time Range */
export function isTime(time: number): boolean {
  return Math.abs(time) <= 8.64e15;
}

function resolve(id: string): string | undefined {
  const offset = /^(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(id);
  const name =
    offset === null
      ? (JAVA_NAMES[id] ?? id)
      : `${offset[1] ?? ''}${(offset[2] ?? '').padStart(2, '0')}:${offset[3] ?? '00'}`;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
