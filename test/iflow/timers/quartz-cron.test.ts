import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openCron } from '../../../shared/iflow/timers/occurrences.ts';
import { CronFault, readQuartzCron } from '../../../shared/iflow/timers/quartz-cron.ts';

/** Expression, and seven fields of values. */
const READ: readonly (readonly [string, string])[] = [
  // As SAP's editor writes them.
  ['0+0/30+5-19+?+*+*+*', '0 0,30 5,6,7,8,9,10,11,12,13,14,15,16,17,18,19 * * * *'],
  ['0+0+9+?+*+*+*', '0 0 9 * * * *'],
  ['0+30+14+?+*+MON+*', '0 30 14 * * 2 *'],
  ['0+0/1+0-23+19+6+?+2017', '0 * * 19 6 * 2017'],
  ['0/30+*+0-23+?+*+*+*', '0,30 * * * * * *'],
  ['*+*+*+?+*+*+*', '* * * * * * *'],
  ['0+3/10+*+?+*+*+*', '0 3,13,23,33,43,53 * * * * *'],
  // As Quartz reads them.
  ['0 0 12 1/5 * ?', '0 0 12 1,6,11,16,21,26,31 * * *'],
  ['0 15 10 L * ?', '0 15 10 L * * *'],
  ['0 15 10 LW * ?', '0 15 10 LW * * *'],
  ['0 15 10 15W * ?', '0 15 10 15W * * *'],
  ['0 15 10 ? * 6L', '0 15 10 * * 6L *'],
  ['0 15 10 ? * friL', '0 15 10 * * 6L *'],
  ['0 15 10 ? * FRI#3', '0 15 10 * * 6#3 *'],
  ['0 15 10 ? * L', '0 15 10 * * 7 *'],
  ['0 0 22-2 ? * *', '0 0 0,1,2,22,23 * * * *'],
  ['0 0 0 ? * FRI-MON', '0 0 0 * * 1,2,6,7 *'],
  ['0 0 0 1 JAN,dec ?', '0 0 0 1 1,12 * *'],
  ['0 0 0 ? NOV-FEB *', '0 0 0 * 1,2,11,12 * *'],
  ['0 0 0 1 1 ? 2026-2030/2', '0 0 0 1 1 * 2026,2028,2030'],
  ['*/20 5-15/5 * ? * *', '0,20,40 5,10,15 * * * * *'],
];

for (const [expression, pattern] of READ) {
  test(`${expression} is read as Quartz reads it`, () => {
    assert.equal(readQuartzCron(expression), pattern);
    openCron(pattern, 'UTC');
  });
}

const REFUSED: readonly string[] = [
  '',
  '0 0 0',
  '0 0 0 ? * * * *',
  '60 0 0 ? * *',
  '0 60 0 ? * *',
  '0 0 24 ? * *',
  '0 0 0 32 * ?',
  '0 0 0 0 * ?',
  '0 0 0 ? 13 *',
  '0 0 0 ? * 8',
  '0 0 0 ? * 0',
  '0 0 0 1 1 ? 1969',
  '0 0 0 1 1 ? 2100',
  '0 0 0 1 1 ? 2030-2026',
  '0 0/0 0 ? * *',
  '0 0 0 1 * MON',
  '0 0 0 ? * SUM',
  '0 0 0 L-3 * ?',
  '0 0 0 LW,3 * ?',
  '0 0 0 32W * ?',
  '0 0 0 ? * 6#6',
  '? 0 0 ? * *',
  '0 0 0 ? * 1-',
  '0 0 -5 ? * *',
  '0 0 1,,2 ? * *',
  '0 0 1e1 ? * *',
];

for (const expression of REFUSED) {
  test(`${JSON.stringify(expression)} is refused`, () => {
    assert.throws(() => readQuartzCron(expression), CronFault);
  });
}

test('whatever is written, it is read within bounds or refused', () => {
  const signs = fc.constantFrom(...'0123456789*?/-,+ LW#MONJAN'.split(''));
  fc.assert(
    fc.property(fc.array(signs, { maxLength: 60 }), (written) => {
      try {
        const pattern = readQuartzCron(written.join(''));
        assert.ok(pattern.length < 2000);
        openCron(pattern, 'Europe/Berlin').nextRun(new Date(0));
      } catch (error) {
        assert.ok(error instanceof CronFault, String(error));
      }
    }),
    { numRuns: 300 },
  );
  const fields = ['0-59', '0/7', '22-2', '1/5', '*/3', 'MON-FRI'].map((one) => one.repeat(1));
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...fields, '?', '*', '5'), { minLength: 6, maxLength: 7 }),
      (some) => {
        try {
          openCron(readQuartzCron(some.join('+')), 'Asia/Kolkata');
        } catch (error) {
          assert.ok(error instanceof CronFault, String(error));
        }
      },
    ),
  );
});
