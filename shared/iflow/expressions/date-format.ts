/** A java.text.SimpleDateFormat pattern, parsed: literal text, and a letter with its count. */
export type DatePattern = readonly (string | readonly [letter: string, count: number])[];

/**
 * Parses a SimpleDateFormat pattern.
 * @throws {RangeError} with a clause, for a letter we do not have or an open quote.
 */
export function parseDatePattern(pattern: string): DatePattern {
  const parts: (string | readonly [string, number])[] = [];
  const find = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/gs;
  for (const [all, quoted, letter] of pattern.matchAll(find)) {
    if (quoted !== undefined) parts.push(quoted === '' ? "'" : quoted.replaceAll("''", "'"));
    else if (letter !== undefined) {
      if (!Object.hasOwn(FIELDS, letter)) throw new RangeError(`has the unknown letter ${letter}`);
      parts.push([letter, all.length]);
    } else if (all === "'") throw new RangeError("has a ' without its partner");
    else parts.push(all);
  }
  return parts;
}

/**
 * Formats a moment as SimpleDateFormat does in Java's root locale.
 * @param time milliseconds since the epoch.
 * @param zone IANA name; Cloud Integration's own clock runs in UTC.
 */
export function formatDate(pattern: DatePattern, time: number, zone: string): string {
  const offset = zone === 'UTC' ? 0 : offsetOf(time, zone);
  // A date whose UTC fields are the wall clock of the zone.
  const moment: Moment = { date: new Date(time + offset), offset, zone, time };
  let text = '';
  for (const part of pattern) {
    if (typeof part === 'string') text += part;
    else text += FIELDS[part[0]]?.(moment, part[1]) ?? '';
  }
  return text;
}

interface Moment {
  readonly date: Date;
  /** Milliseconds east of UTC. */
  readonly offset: number;
  readonly zone: string;
  readonly time: number;
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

type Field = (moment: Moment, count: number) => string;

const month: Field = ({ date }, count) => {
  const name = MONTHS[date.getUTCMonth()] ?? '';
  if (count >= 4) return name;
  return count === 3 ? name.slice(0, 3) : pad(date.getUTCMonth() + 1, count);
};

const FIELDS: Readonly<Record<string, Field>> = {
  y: ({ date }, count) => {
    const year = date.getUTCFullYear();
    return count === 2 ? pad(year % 100, 2) : pad(year, count);
  },
  M: month,
  L: month,
  d: ({ date }, count) => pad(date.getUTCDate(), count),
  D: ({ date }, count) => {
    const newYear = Date.UTC(date.getUTCFullYear(), 0, 1);
    return pad(Math.floor((date.getTime() - newYear) / 86_400_000) + 1, count);
  },
  E: ({ date }, count) => {
    const name = DAYS[date.getUTCDay()] ?? '';
    return count >= 4 ? name : name.slice(0, 3);
  },
  u: ({ date }, count) => pad(date.getUTCDay() || 7, count),
  a: ({ date }) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  H: ({ date }, count) => pad(date.getUTCHours(), count),
  k: ({ date }, count) => pad(date.getUTCHours() || 24, count),
  K: ({ date }, count) => pad(date.getUTCHours() % 12, count),
  h: ({ date }, count) => pad(date.getUTCHours() % 12 || 12, count),
  m: ({ date }, count) => pad(date.getUTCMinutes(), count),
  s: ({ date }, count) => pad(date.getUTCSeconds(), count),
  S: ({ date }, count) => pad(date.getUTCMilliseconds(), count),
  z: (moment, count) => zoneName(moment, count >= 4 ? 'long' : 'short'),
  Z: ({ offset }) => offsetText(offset, ''),
  X: ({ offset }, count) => {
    if (offset === 0) return 'Z';
    return count === 1
      ? offsetText(offset, '').slice(0, 3)
      : offsetText(offset, count === 2 ? '' : ':');
  },
};

function pad(value: number, count: number): string {
  return String(value).padStart(count, '0');
}

function offsetText(offset: number, separator: string): string {
  const minutes = Math.abs(offset) / 60_000;
  const sign = offset < 0 ? '-' : '+';
  return sign + pad(Math.floor(minutes / 60), 2) + separator + pad(minutes % 60, 2);
}

function zoneName({ zone, time }: Moment, style: 'short' | 'long'): string {
  if (zone === 'UTC' && style === 'short') return 'UTC';
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    timeZoneName: style,
  }).formatToParts(time);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
}

/** One per zone that a flow names; there are a few hundred zones in all. */
const clocks = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that clocks in a zone are ahead of UTC at a time. */
export function offsetOf(time: number, zone: string): number {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    clocks.set(zone, clock);
  }
  const fields = new Map(clock.formatToParts(time).map((part) => [part.type, Number(part.value)]));
  const field = (type: Intl.DateTimeFormatPartTypes): number => fields.get(type) ?? 0;
  const wall = Date.UTC(
    field('year'),
    field('month') - 1,
    field('day'),
    field('hour'),
    field('minute'),
    field('second'),
  );
  return wall - Math.floor(time / 1000) * 1000;
}
