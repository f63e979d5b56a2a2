import type { NodeModel } from '../model/flow-model.ts';
import type { CompileContext } from '../steps/compiler.ts';
import { localTime, openCron } from '../timers/occurrences.ts';
import { CronFault, readQuartzCron } from '../timers/quartz-cron.ts';
import type { RepeatUnit, Times, TimerSchedule } from '../timers/schedule.ts';
import { readTimeZone } from '../timers/time-zone.ts';

const MOST_SCHEDULES = 50;
const LONGEST_SCHEDULE = 2000;
const ABOUT = { property: 'scheduleKey' };

/** Compiles a timer's `scheduleKey` (SAP Help, Define a Timer Start Event): rows of a name and a value. */
export function compileTimer(node: NodeModel, context: CompileContext): TimerSchedule {
  if (node.element !== 'startEvent') context.fault('is a timer; a timer starts a process');
  const rows = new Map(
    (node.tables.get('scheduleKey') ?? []).map((row) => [row.get('0') ?? '', row.get('1') ?? '']),
  );
  const written = (rows.get('noOfSchedules') ?? '').trim() || '1';
  const count = Number(written);
  if (!/^\d{1,4}$/.test(written) || count < 1 || count > MOST_SCHEDULES) {
    context.fault(`has ${written.slice(0, 20)} schedules; it has 1 to ${MOST_SCHEDULES}`, ABOUT);
    return { times: [], failsWhenExpired: true };
  }
  const times: Times[] = [];
  for (let i = 1; i <= count; i += 1) {
    const settings = readSchedule(rows.get(`schedule${i}`) ?? '');
    const unknown = typeof settings === 'string' ? [] : unknownKeys(settings);
    for (const key of unknown) {
      context.fault(`has the schedule setting ${shown(key)}, which is not available yet`, {
        kind: 'missing',
        capability: `timer with ${key.slice(0, 100)}`,
      });
    }
    if (unknown.length > 0) continue;
    const compiled = typeof settings === 'string' ? settings : compileTimes(settings, rows);
    if (typeof compiled === 'string') context.fault(compiled, ABOUT);
    else times.push(compiled);
  }
  return { times, failsWhenExpired: rows.get('throwExceptionOnExpiry') !== 'false' };
}

/** The key of a cron expression, which has none of its own. */
const CRON = '';

/** `fireNow=true`, `simple.repeat=MINUTES&simple.every=5&…`, or a cron expression and `&…`. */
function readSchedule(written: string): ReadonlyMap<string, string> | string {
  const schedule = written.replaceAll('&amp;', '&').trim();
  if (schedule === '') return 'has no schedule';
  if (schedule.length > LONGEST_SCHEDULE) {
    return `has a schedule of more than ${LONGEST_SCHEDULE} characters`;
  }
  const settings = schedule.split('&').map((part, i): [string, string] => {
    const [key = '', ...value] = part.split('=');
    return i === 0 && value.length === 0 ? [CRON, part] : [key.trim(), value.join('=').trim()];
  });
  return new Map(settings);
}

/** The times of a schedule; a clause that says what is wrong where it is none. */
function compileTimes(
  settings: ReadonlyMap<string, string>,
  rows: ReadonlyMap<string, string>,
): Times | string {
  const cron = settings.get(CRON);
  const repeat = (settings.get('simple.repeat') ?? '').toUpperCase();
  if (cron === undefined && (settings.get('fireNow') === 'true' || repeat === 'NONE')) {
    // The editor keeps a time range beside it that counts for schedules that repeat.
    return { kind: 'deployment' };
  }
  const zone = settings.get('trigger.timeZone') ?? zoneOfRow(rows.get('timeZone') ?? '');
  const timeZone = readTimeZone(zone);
  if (timeZone === undefined) return `has the time zone ${shown(zone)}, which is unknown`;
  const span = spanOf(settings, rows, timeZone);
  if (typeof span === 'string') return span;
  return cron === undefined
    ? compileRepeat(repeat, settings.get('simple.every') ?? '1', { timeZone, ...span })
    : compileCron(cron, { timeZone, ...span });
}

const KNOWN = [
  CRON,
  'fireNow',
  'simple.repeat',
  'simple.every',
  'trigger.timeZone',
  'trigger.startAt',
  'trigger.endAt',
];

const unknownKeys = (settings: ReadonlyMap<string, string>): string[] =>
  [...settings.keys()].filter((key) => !KNOWN.includes(key));

interface Span {
  readonly from?: number;
  readonly until?: number;
}

type Where = Span & { readonly timeZone: string };

function compileCron(expression: string, where: Where): Times | string {
  try {
    const pattern = readQuartzCron(expression);
    openCron(pattern, where.timeZone);
    return { kind: 'cron', pattern, ...where };
  } catch (error) {
    const clause = error instanceof CronFault ? error.message : 'cannot be read';
    return `has the schedule ${shown(expression)}, which ${clause}`;
  }
}

/** As the editor calls them, and as it writes them. */
const UNITS: Readonly<Record<string, RepeatUnit>> = {
  SECONDS: 'second',
  MINUTES: 'minute',
  HOURS: 'hour',
  HOURLY: 'hour',
  DAYS: 'day',
  DAILY: 'day',
  WEEKS: 'week',
  WEEKLY: 'week',
  MONTHS: 'month',
  MONTHLY: 'month',
  YEARS: 'year',
  YEARLY: 'year',
};

function compileRepeat(repeat: string, every: string, where: Where): Times | string {
  const unit = Object.hasOwn(UNITS, repeat) ? UNITS[repeat] : undefined;
  if (unit === undefined) return `repeats ${shown(repeat)}, which is no unit of time`;
  if (!/^[1-9]\d{0,3}$/.test(every)) {
    return `repeats every ${shown(every)} ${unit}s; it is a whole number from 1 to 9999`;
  }
  return { kind: 'every', count: Number(every), unit, ...where };
}

/** The time range, in the zone's time; a clause where it is none. */
function spanOf(
  settings: ReadonlyMap<string, string>,
  rows: ReadonlyMap<string, string>,
  timeZone: string,
): Span | string {
  const startAt = settings.get('trigger.startAt') ?? rows.get('startAt') ?? '';
  const endAt = settings.get('trigger.endAt') ?? rows.get('endAt') ?? '';
  const from = startAt === '' ? undefined : timeOf(startAt, timeZone);
  const until = endAt === '' ? undefined : timeOf(endAt, timeZone);
  if (startAt !== '' && from === undefined) return `begins at ${shown(startAt)}, which is no time`;
  if (endAt !== '' && until === undefined) return `ends at ${shown(endAt)}, which is no time`;
  if (from !== undefined && until !== undefined && until < from) return 'ends before it begins';
  return {
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  };
}

function timeOf(iso: string, timeZone: string): number | undefined {
  const absolute = /^(.*)Z$/.exec(iso)?.[1];
  return absolute === undefined ? localTime(iso, timeZone) : localTime(absolute, 'UTC');
}

/** `( UTC 1:00 ) Central European Time(Europe/Berlin)`; UTC where there is none. */
function zoneOfRow(text: string): string {
  return /\(([^()]*)\)\s*$/.exec(text)?.[1] ?? 'UTC';
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 100));
