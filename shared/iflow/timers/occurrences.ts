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

/** No unit is longer, whatever the calendar and the clocks do. */
const LONGEST_MS: Readonly<Record<RepeatUnit, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 25 * 3_600_000,
  week: (7 * 24 + 1) * 3_600_000,
  month: (31 * 24 + 1) * 3_600_000,
  year: (366 * 24 + 1) * 3_600_000,
};

function repeatedOccurrences(times: RepeatedTimes, deployedOn: number): Occurrences {
  const { count, unit, timeZone } = times;
  const beginning = cronOccurrences({ pattern: BEGINNINGS[unit], timeZone });
  const first = times.from ?? beginning.next(deployedOn) ?? deployedOn;
  const nth =
    unit === 'second' || unit === 'minute' || unit === 'hour'
      ? (n: number): number => first + n * count * LONGEST_MS[unit]
      : calendarTimes(first, count, unit, timeZone);
  return {
    next(after) {
      if (after < first) return first;
      // Not beyond the one that is looked for, since no unit is longer.
      let n = Math.floor((after - first) / (count * LONGEST_MS[unit]));
      while (nth(n) <= after) n += 1;
      return nth(n);
    },
  };
}

/** The same time of day, and day of the month or its last one, so many units later. */
function calendarTimes(
  first: number,
  count: number,
  unit: 'day' | 'week' | 'month' | 'year',
  timeZone: string,
): (n: number) => number {
  const { year, month, day, hour, minute, second } = new CronDate(new Date(first), timeZone);
  const months = unit === 'month' ? 1 : unit === 'year' ? 12 : 0;
  const days = unit === 'day' ? 1 : unit === 'week' ? 7 : 0;
  return (n) => {
    const [y, m] = [year, month + n * count * months];
    const lastDay = new Date(Date.UTC(y, m + 1, 0)).getUTCDate();
    const date = new Date(
      Date.UTC(y, m, Math.min(day, lastDay) + n * count * days, hour, minute, second),
    );
    return localTime(date.toISOString().slice(0, 19), timeZone) ?? first;
  };
}

/** The moment at which clocks of a zone show `2026-01-02T13:04:05`; undefined for no such text. */
export function localTime(iso: string, timeZone: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?$/.test(iso)) return undefined;
  if (Number.isNaN(Date.parse(`${iso}Z`))) return undefined;
  return new Cron(iso, { paused: true, timezone: timeZone }).getOnce()?.getTime();
}
