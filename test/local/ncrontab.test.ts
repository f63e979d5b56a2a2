import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseNcrontab } from '../../local/host/ncrontab.ts';

const next = (expression: string, after: string): string =>
  new Date(parseNcrontab(expression).next(Date.parse(after))).toISOString();

suite('A schedule comes due (functions-host rule 19a)', () => {
  const cases: readonly [expression: string, after: string, due: string][] = [
    ['* * * * * *', '2026-03-01T10:00:00.500Z', '2026-03-01T10:00:01.000Z'],
    ['0 * * * * *', '2026-03-01T10:00:00Z', '2026-03-01T10:01:00.000Z'],
    ['0 */15 * * * *', '2026-03-01T10:46:00Z', '2026-03-01T11:00:00.000Z'],
    ['5/20 0 0 * * *', '2026-03-01T00:00:05Z', '2026-03-01T00:00:25.000Z'],
    ['0 0 9-17 * * MON-FRI', '2026-02-27T17:00:00Z', '2026-03-02T09:00:00.000Z'],
    ['0 0 0 1 JAN,July *', '2026-03-01T00:00:00Z', '2026-07-01T00:00:00.000Z'],
    ['0 30 8 29 2 *', '2026-03-01T00:00:00Z', '2028-02-29T08:30:00.000Z'],
    // Day and day of week must both fit, unlike in cron.
    ['0 0 0 13 * 5', '2026-03-14T00:00:00Z', '2026-11-13T00:00:00.000Z'],
    ['10-20/5 0 0 * * *', '2026-03-01T00:00:16Z', '2026-03-01T00:00:20.000Z'],
    ['59 59 23 31 12 *', '2026-12-31T23:59:59Z', '2027-12-31T23:59:59.000Z'],
  ];
  for (const [expression, after, due] of cases) {
    test(`"${expression}" after ${after} at ${due}`, () => {
      assert.equal(next(expression, after), due);
    });
  }
});

suite('A schedule is refused', () => {
  for (const expression of [
    ...['', '* * * * *', '60 * * * * *', '* * 24 * * *', '* * * 0 * *', '* * * * 13 *'],
    ...['* * * * * 7', '* * * * * someday', '20-10 * * * * *', '*/0 * * * * *', '1,, * * * * *'],
    ...['-5 * * * * *', '1-2-3 * * * * *', '00:05:00'],
  ]) {
    test(`"${expression}"`, () => {
      assert.throws(() => parseNcrontab(expression), /^Error: The schedule/);
    });
  }

  test('that never comes due', () => {
    assert.throws(() => parseNcrontab('0 0 0 30 2 *'), /never comes due/);
  });
});
