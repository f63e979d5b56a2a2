import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localTime, occurrencesOf } from '../../../shared/iflow/timers/occurrences.ts';
import { readQuartzCron } from '../../../shared/iflow/timers/quartz-cron.ts';
import type { RepeatedTimes, Times } from '../../../shared/iflow/timers/schedule.ts';
import { processorMs } from '../../support/processor-time.ts';

const utc = (iso: string): number => Date.parse(`${iso}Z`);

/** The first times of a flow that was deployed then, in UTC. */
function first(count: number, deployed: string, ...times: readonly Times[]): string[] {
  const deployedOn = utc(deployed);
  const occurrences = occurrencesOf({ times, failsWhenExpired: true }, deployedOn);
  const found: string[] = [];
  let after = deployedOn - 1;
  for (let i = 0; i < count; i += 1) {
    const next = occurrences.next(after);
    if (next === undefined) break;
    found.push(new Date(next).toISOString().replace('.000Z', ''));
    after = next;
  }
  return found;
}

const cron = (expression: string, timeZone = 'UTC', span = {}): Times => ({
  kind: 'cron',
  pattern: readQuartzCron(expression),
  timeZone,
  ...span,
});

const every = (count: number, unit: RepeatedTimes['unit'], timeZone = 'UTC', span = {}): Times => ({
  kind: 'every',
  count,
  unit,
  timeZone,
  ...span,
});

test('on deployment: once, at the deployment', () => {
  assert.deepEqual(first(3, '2026-01-02T13:04:05', { kind: 'deployment' }), [
    '2026-01-02T13:04:05',
  ]);
});

test('cron: the times of the zone, daylight saving included', () => {
  const berlin = cron('0+30+9+?+*+*+*', 'Europe/Berlin');
  assert.deepEqual(first(3, '2026-03-28T00:00:00', berlin), [
    '2026-03-28T08:30:00',
    '2026-03-29T07:30:00',
    '2026-03-30T07:30:00',
  ]);
});

test('cron: a time that a day has twice comes once, and one that it has not comes all the same', () => {
  const night = cron('0+30+2+?+*+*+*', 'Europe/Berlin');
  assert.deepEqual(first(2, '2026-10-24T12:00:00', night), [
    '2026-10-25T00:30:00',
    '2026-10-26T01:30:00',
  ]);
  assert.deepEqual(first(2, '2026-03-28T12:00:00', night), [
    '2026-03-29T01:00:00',
    '2026-03-30T00:30:00',
  ]);
});

test('cron: a time right at the deployment counts, and none before it', () => {
  assert.deepEqual(first(1, '2026-01-02T09:00:00', cron('0+0+9+?+*+*+*')), ['2026-01-02T09:00:00']);
  assert.deepEqual(first(1, '2026-01-02T09:00:01', cron('0+0+9+?+*+*+*')), ['2026-01-03T09:00:00']);
});

test('cron: start and end bound it, themselves included', () => {
  const span = { from: utc('2026-01-03T00:00:00'), until: utc('2026-01-05T00:00:00') };
  assert.deepEqual(first(9, '2026-01-01T00:00:00', cron('0+0+0+?+*+*+*', 'UTC', span)), [
    '2026-01-03T00:00:00',
    '2026-01-04T00:00:00',
    '2026-01-05T00:00:00',
  ]);
});

test('cron: a year that is over never comes', () => {
  assert.deepEqual(first(1, '2026-01-01T00:00:00', cron('0+0/1+0-23+19+6+?+2017')), []);
  assert.deepEqual(first(1, '2026-01-01T00:00:00', cron('0+0+0+30+2+?+*')), []);
});

test('every so many seconds, minutes or hours: from where the next one begins', () => {
  const deployed = '2026-01-02T13:04:05.250';
  assert.deepEqual(first(3, deployed, every(10, 'second')), [
    '2026-01-02T13:04:06',
    '2026-01-02T13:04:16',
    '2026-01-02T13:04:26',
  ]);
  assert.deepEqual(first(2, deployed, every(5, 'minute')), [
    '2026-01-02T13:05:00',
    '2026-01-02T13:10:00',
  ]);
  assert.deepEqual(first(2, deployed, every(2, 'hour', 'Asia/Kolkata')), [
    '2026-01-02T13:30:00',
    '2026-01-02T15:30:00',
  ]);
});

test('every so many days, weeks, months or years: from the next day on, at the zone’s midnight', () => {
  const deployed = '2026-01-30T13:04:05';
  assert.deepEqual(first(2, deployed, every(2, 'day', 'Europe/Berlin')), [
    '2026-01-30T23:00:00',
    '2026-02-01T23:00:00',
  ]);
  assert.deepEqual(first(2, deployed, every(1, 'week')), [
    '2026-01-31T00:00:00',
    '2026-02-07T00:00:00',
  ]);
  assert.deepEqual(first(4, deployed, every(1, 'month')), [
    '2026-01-31T00:00:00',
    '2026-02-28T00:00:00',
    '2026-03-31T00:00:00',
    '2026-04-30T00:00:00',
  ]);
  assert.deepEqual(first(2, '2028-02-28T12:00:00', every(1, 'year')), [
    '2028-02-29T00:00:00',
    '2029-02-28T00:00:00',
  ]);
});

test('a start date is the first time, and keeps its time of day when the clocks change', () => {
  const span = { from: utc('2026-03-28T08:30:00') };
  assert.deepEqual(first(3, '2026-01-01T00:00:00', every(1, 'day', 'Europe/Berlin', span)), [
    '2026-03-28T08:30:00',
    '2026-03-29T07:30:00',
    '2026-03-30T07:30:00',
  ]);
  assert.deepEqual(first(1, '2026-03-28T09:00:00', every(1, 'day', 'Europe/Berlin', span)), [
    '2026-03-29T07:30:00',
  ]);
});

test('beyond the calendar there is no next time', () => {
  assert.deepEqual(first(9, '2026-01-01T12:00:00', every(9999, 'year')), ['2026-01-02T00:00:00']);
});

test('after years asleep the next time is found at once', () => {
  const occurrences = occurrencesOf(
    { times: [every(1, 'second'), every(1, 'day', 'Europe/Berlin')], failsWhenExpired: true },
    utc('2000-01-01T00:00:00'),
  );
  const begun = processorMs();
  assert.equal(occurrences.next(utc('2026-01-02T13:04:05.5')), utc('2026-01-02T13:04:06'));
  assert.ok(processorMs() - begun < 500);
});

test('of several schedules the earliest comes first', () => {
  assert.deepEqual(
    first(3, '2026-01-01T00:00:01', cron('0+0+6+?+*+*+*'), cron('0+0+5+?+*+*+*'), {
      kind: 'deployment',
    }),
    ['2026-01-01T00:00:01', '2026-01-01T05:00:00', '2026-01-01T06:00:00'],
  );
});

test('what is no local time is none', () => {
  assert.equal(localTime('2026-01-02T13:04:05', 'Europe/Berlin'), utc('2026-01-02T12:04:05'));
  for (const text of ['', 'soon', '2026-13-01T00:00:00', '2026-01-02', '2026-01-02T25:00:00']) {
    assert.equal(localTime(text, 'UTC'), undefined, text);
  }
});
