/** A six-field NCRONTAB expression, in UTC: second, minute, hour, day, month, day of week. */
export interface Schedule {
  /** The first time after `after`; milliseconds since the epoch. */
  next(after: number): number;
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const MONTHS =
  'january february march april may june july august september october november december';
const DAYS = 'sunday monday tuesday wednesday thursday friday saturday';

const FIELDS = [
  { name: 'second', least: 0, most: 59 },
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: MONTHS.split(' ') },
  { name: 'day of week', least: 0, most: 6, names: DAYS.split(' ') },
] as const satisfies readonly Field[];

const DAY_MS = 86_400_000;
/** The calendar of days and weekdays repeats after 400 years; 29 February on a given weekday, within 40. */
const HORIZON_DAYS = 40 * 366;

/** @throws {Error} that says what is wrong with the expression. */
export function parseNcrontab(expression: string): Schedule {
  const texts = expression.trim().split(/\s+/);
  if (texts.length !== FIELDS.length) {
    throw new Error(
      `The schedule "${expression}" must have six fields: second minute hour day month day-of-week.`,
    );
  }
  const [seconds, minutes, hours, days, months, weekdays] = FIELDS.map((field, index) =>
    parseField(texts[index] ?? '', field, expression),
  ) as [number[], number[], number[], number[], number[], number[]];

  const isDue = (day: Date): boolean =>
    months.includes(day.getUTCMonth() + 1) &&
    days.includes(day.getUTCDate()) &&
    weekdays.includes(day.getUTCDay());

  const next = (after: number): number => {
    const from = Math.floor(after / 1000) * 1000 + 1000;
    const firstDay = Math.floor(from / DAY_MS) * DAY_MS;
    for (let i = 0; i < HORIZON_DAYS; i += 1) {
      const midnight = firstDay + i * DAY_MS;
      if (!isDue(new Date(midnight))) continue;
      const time = firstTime(Math.max(0, from - midnight) / 1000, hours, minutes, seconds);
      if (time !== undefined) return midnight + time * 1000;
    }
    throw new Error(`The schedule "${expression}" never comes due.`);
  };
  next(0);
  return { next };
}

/** The first time of day, in seconds, that is not before `from`. */
function firstTime(
  from: number,
  hours: readonly number[],
  minutes: readonly number[],
  seconds: readonly number[],
): number | undefined {
  for (const hour of hours) {
    if (hour * 3600 + 3599 < from) continue;
    for (const minute of minutes) {
      if (hour * 3600 + minute * 60 + 59 < from) continue;
      for (const second of seconds) {
        const time = hour * 3600 + minute * 60 + second;
        if (time >= from) return time;
      }
    }
  }
  return undefined;
}

/** The values of one field, ascending. */
function parseField(text: string, field: Field, expression: string): number[] {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const found = /^(?:\*|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/(\d{1,2}))?$/i.exec(item);
    const [, low, high, step] = found ?? [];
    const every = step === undefined ? 1 : Number(step);
    const first = low === undefined ? field.least : valueOf(low, field);
    // "5/15" goes on to the end of the field; "5" stands alone.
    const last =
      high !== undefined
        ? valueOf(high, field)
        : low !== undefined && step === undefined
          ? first
          : field.most;
    if (found === null || first === undefined || last === undefined || first > last || every < 1) {
      throw new Error(`The schedule "${expression}" has "${item}" for its ${field.name}.`);
    }
    for (let value = first; value <= last; value += every) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function valueOf(text: string, { least, most, names = [] }: Field): number | undefined {
  if (/^\d{1,2}$/.test(text)) {
    const value = Number(text);
    return value >= least && value <= most ? value : undefined;
  }
  const index = names.findIndex((name) => text.length >= 3 && name.startsWith(text.toLowerCase()));
  return index < 0 ? undefined : index + least;
}
