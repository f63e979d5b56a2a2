import { Cron, CronDate } from 'croner';
import type { CronTimes, RepeatedTimes, RepeatUnit, TimerSchedule, Times } from './schedule.ts';

/** The times of a schedule, for one deployment of its flow. */
export interface Occurrences {
  /** The first time after `after`; undefined when none is to come. Milliseconds since the epoch. */
  next(after: number): number | undefined;
}

export function occurrencesOf(schedule: TimerSchedule, deployedOn: number): Occurrences {
  const all = schedule.times.map((times) => occurrencesOfTimes(times, deployedOn));
  return {
    next(after) {
      const found = all.map((one) => one.next(after)).filter((time) => time !== undefined);
      return found.length === 0 ? undefined : Math.min(...found);
    },
  };
}

function occurrencesOfTimes(times: Times, deployedOn: number): Occurrences {
  switch (times.kind) {
    case 'deployment':
      return { next: (after) => (after < deployedOn ? deployedOn : undefined) };
    case 'cron':
      return within(times, deployedOn, cronOccurrences(times));
    case 'every':
      return within(times, deployedOn, repeatedOccurrences(times, deployedOn));
  }
}

/** Only what lies after the deployment and within the span. */
function within(
  { from = 0, until = Infinity }: CronTimes | RepeatedTimes,
  deployedOn: number,
  occurrences: Occurrences,
): Occurrences {
  const begin = Math.max(from, deployedOn) - 1;
  return {
    next(after) {
      const time = occurrences.next(Math.max(after, begin));
      return time !== undefined && time <= until ? time : undefined;
    },
  };
}

/** A pattern as `senders/timer.compile.ts` makes it. @throws {Error} if it cannot be read. */
export function openCron(pattern: string, timeZone: string): Cron {
  return new Cron(pattern, {
    paused: true,
    mode: '7-part',
    alternativeWeekdays: true,
    timezone: timeZone,
  });
}

function cronOccurrences({
  pattern,
  timeZone,
}: Pick<CronTimes, 'pattern' | 'timeZone'>): Occurrences {
  const cron = openCron(pattern, timeZone);
  return { next: (after) => cron.nextRun(new Date(after))?.getTime() };
}

const DAY_MS = 86_400_000;

/** Where units begin. */
const BEGINNINGS: Readonly<Record<RepeatUnit, string>> = {
  second: '* * * * * * *',
  minute: '0 * * * * * *',
  hour: '0 0 * * * * *',
  day: '0 0 0 * * * *',
  week: '0 0 0 * * * *',
  month: '0 0 0 * * * *',
  year: '0 0 0 * * * *',
};

function repeatedOccurrences(times: RepeatedTimes, deployedOn: number): Occurrences {
  const { unit, timeZone } = times;
  const beginning = cronOccurrences({ pattern: BEGINNINGS[unit], timeZone });
  const first = times.from ?? beginning.next(deployedOn) ?? deployedOn;
  const series = isClockUnit(unit)
    ? clockSeries(first, times.count * CLOCK_MS[unit])
    : calendarSeries(first, { ...times, unit });
  return {
    next(after) {
      if (after < first) return first;
      for (let n = series.before(after); ; n += 1) {
        const time = series.nth(n);
        if (time === undefined || time > after) return time;
      }
    },
  };
}

/** Times by their number from 0 on. */
interface Series {
  /** Later than those before it; undefined beyond the year 9999. */
  nth(n: number): number | undefined;
  /** The number of one that is not after `after`, or a little less; 0 at least. */
  before(after: number): number;
}

const CLOCK_MS = { second: 1000, minute: 60_000, hour: 3_600_000 } as const;

function isClockUnit(unit: RepeatUnit): unit is keyof typeof CLOCK_MS {
  return Object.hasOwn(CLOCK_MS, unit);
}

function clockSeries(first: number, stepMs: number): Series {
  return {
    nth: (n) => first + n * stepMs,
    before: (after) => Math.floor((after - first) / stepMs),
  };
}

/** The same time of day, and day of the month or its last one, so many units later. */
function calendarSeries(
  first: number,
  {
    count,
    unit,
    timeZone,
  }: {
    readonly count: number;
    readonly unit: Exclude<RepeatUnit, keyof typeof CLOCK_MS>;
    readonly timeZone: string;
  },
): Series {
  const { year, month, day, hour, minute, second } = new CronDate(new Date(first), timeZone);
  const months = count * (unit === 'month' ? 1 : unit === 'year' ? 12 : 0);
  const days = count * (unit === 'day' ? 1 : unit === 'week' ? 7 : 0);
  return {
    nth(n) {
      const [y, m] = [year, month + n * months];
      const lastDay = new Date(Date.UTC(y, m + 1, 0)).getUTCDate();
      const date = Date.UTC(y, m, Math.min(day, lastDay) + n * days, hour, minute, second);
      return localTime(new Date(date).toISOString().slice(0, 19), timeZone);
    },
    before(after) {
      const then = new CronDate(new Date(after), timeZone);
      const passed =
        days > 0
          ? (Date.UTC(then.year, then.month, then.day) - Date.UTC(year, month, day)) / DAY_MS / days
          : ((then.year - year) * 12 + then.month - month) / months;
      return Math.max(0, Math.floor(passed) - 1);
    },
  };
}

/** The moment at which clocks of a zone show `2026-01-02T13:04:05`; undefined for no such text. */
export function localTime(iso: string, timeZone: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?$/.test(iso)) return undefined;
  if (Number.isNaN(Date.parse(`${iso}Z`))) return undefined;
  return new Cron(iso, { paused: true, timezone: timeZone }).getOnce()?.getTime();
}
