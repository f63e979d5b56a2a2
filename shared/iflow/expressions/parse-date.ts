import { type DatePattern, parseDatePattern } from './date-format.ts';
import { ExpressionFault, shown } from './expression-fault.ts';
import type { Token } from './simple.ts';

/** As java.util.Date shows a moment that no pattern is given for. */
const OF_JAVA = 'EEE MMM dd HH:mm:ss z yyyy';

const DATE =
  /^(?:date|date-with-timezone):now(?<offset>(?:[+-]\d[\ddhms]{0,40})?)(?::(?<rest>.+))?$/s;
const PARTS = /^[+-](?:\d{1,9}[dhms]|\d{1,15}$)+$/;
const PART = /(\d+)([dhms]?)/g;
/** A thousand years: what lies further away has no date that all agree on. */
const MAX_OFFSET_MS = 1000 * 365 * 86_400_000;
const UNITS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  '': 1,
};

/**
 * `date:now`, `date:now-2h30m:pattern`, `date-with-timezone:now:zone:pattern`.
 * @returns undefined for what has another form.
 * @throws {ExpressionFault}
 */
export function parseDate(text: string): Token | undefined {
  const groups = DATE.exec(text)?.groups;
  if (groups === undefined) return undefined;
  let rest = groups['rest'] ?? '';
  let zone = 'UTC';
  if (text.startsWith('date-with-timezone')) {
    const colon = rest.indexOf(':');
    if (colon < 0) return undefined;
    zone = readZone(rest.slice(0, colon), text);
    rest = rest.slice(colon + 1);
  }
  if (rest === '' && text.endsWith(':')) return undefined;
  const written = groups['offset'] ?? '';
  if (written !== '' && !PARTS.test(written)) return undefined;
  const offset = readOffset(written);
  if (Math.abs(offset) > MAX_OFFSET_MS) {
    throw new ExpressionFault(`${shown(`\${${text}}`)} is more than 1,000 years away`);
  }
  return {
    token: 'date',
    zone,
    pattern: readPattern(rest === '' ? OF_JAVA : rest, text),
    ...(offset === 0 ? {} : { offset }),
  };
}

function readOffset(text: string): number {
  let sum = 0;
  for (const [, count, unit = ''] of text.matchAll(PART)) sum += Number(count) * (UNITS[unit] ?? 0);
  return text.startsWith('-') ? -sum : sum;
}

function readPattern(pattern: string, written: string): DatePattern {
  try {
    return parseDatePattern(pattern);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ExpressionFault(`the date format of ${shown(`\${${written}}`)} ${error.message}`);
  }
}

function readZone(zone: string, written: string): string {
  // Java's GMT+5:30 is +05:30 to others.
  const [, sign = '', hours = '', minutes = '00'] =
    /^GMT([+-])(\d{1,2})(?::?(\d\d))?$/.exec(zone) ?? [];
  const name = sign === '' ? zone : `${sign}${hours.padStart(2, '0')}:${minutes}`;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ExpressionFault(`the time zone of ${shown(`\${${written}}`)} is unknown`);
  }
}
