import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileBundle } from '../../../shared/iflow/compile.ts';
import { type CompiledFlow, NotDeployable } from '../../../shared/iflow/flow.ts';
import type { TimerSchedule } from '../../../shared/iflow/timers/schedule.ts';
import { flowBundle, setBody } from '../../support/flow-bundle.ts';
import { scheduleKey, timerFlow } from './timer-flow.ts';

const compile = (rows: Readonly<Record<string, string>>): CompiledFlow =>
  compileBundle(timerFlow(scheduleKey(rows))).flow;

function schedule(written: string, rows: Readonly<Record<string, string>> = {}): TimerSchedule {
  const [timer] = compile({ noOfSchedules: '1', schedule1: written, ...rows }).timers;
  assert.ok(timer !== undefined);
  return timer.schedule;
}

function faults(rows: Readonly<Record<string, string>>): readonly string[] {
  try {
    compile(rows);
  } catch (error) {
    assert.ok(error instanceof NotDeployable);
    return error.faults.map((fault) => fault.replace('Step "Timer" (intermediatetimer) ', ''));
  }
  return [];
}

test('a flow that only a timer starts is deployed', () => {
  const flow = compile({ triggerType: 'simple', noOfSchedules: '1', schedule1: 'fireNow=true' });
  assert.deepEqual(flow.senders, []);
  assert.deepEqual(flow.timers, [
    {
      processId: 'Process_1',
      startId: 'Timer',
      schedule: { times: [{ kind: 'deployment' }], failsWhenExpired: true },
    },
  ]);
});

test('cron expressions with their time zone, as the editor of version 1.3 writes them', () => {
  assert.deepEqual(schedule('0+0/30+5-19+?+*+*+*&trigger.timeZone=Europe/Berlin').times, [
    {
      kind: 'cron',
      pattern: '0 0,30 5,6,7,8,9,10,11,12,13,14,15,16,17,18,19 * * * *',
      timeZone: 'Europe/Berlin',
    },
  ]);
  const [zoned] = schedule('0+0+17+?+*+*+*&trigger.timeZone=Etc/GMT+2').times;
  assert.equal(zoned?.kind === 'cron' && zoned.timeZone, 'Etc/GMT+2');
  const [old] = schedule('0+0+9+?+*+*+*&trigger.timeZone=IST').times;
  assert.match(old?.kind === 'cron' ? old.timeZone : '', /^Asia\/(?:Kolkata|Calcutta)$/);
});

test('the zone of the editor’s row counts where the schedule has none', () => {
  const timeZone = '( UTC 1:00 ) Central European Time(Europe/Berlin)';
  const [zoned] = schedule('0+0+9+?+*+*+*', { timeZone }).times;
  assert.equal(zoned?.kind === 'cron' && zoned.timeZone, 'Europe/Berlin');
});

test('simple schedules, as the editor of version 1.4 writes them', () => {
  const range = { startAt: '2026-04-02T10:00:00', endAt: '2027-04-01T10:00:00' };
  assert.deepEqual(schedule('simple.repeat=NONE&trigger.timeZone=Etc/GMT', range).times, [
    { kind: 'deployment' },
  ]);
  assert.deepEqual(
    schedule('simple.repeat=MINUTES&simple.every=10&trigger.timeZone=Europe/Berlin', range).times,
    [
      {
        kind: 'every',
        count: 10,
        unit: 'minute',
        timeZone: 'Europe/Berlin',
        from: Date.UTC(2026, 3, 2, 8),
        until: Date.UTC(2027, 3, 1, 8),
      },
    ],
  );
  const [daily] = schedule('simple.repeat=DAYS&trigger.timeZone=UTC').times;
  assert.equal(daily?.kind === 'every' && daily.count, 1);
});

test('several schedules, and whether the deployment fails when all are over', () => {
  const rows = { noOfSchedules: '2', schedule2: 'fireNow=true', throwExceptionOnExpiry: 'false' };
  const compiled = schedule('0+0+9+1+1+?+2026&amp;trigger.timeZone=UTC', rows);
  assert.deepEqual(
    compiled.times.map(({ kind }) => kind),
    ['cron', 'deployment'],
  );
  assert.equal(compiled.failsWhenExpired, false);
});

test('an externalised schedule is the parameter’s', () => {
  const zip = timerFlow('{{Schedule}}', { Schedule: scheduleKey({ schedule1: 'fireNow=true' }) });
  assert.equal(compileBundle(zip).flow.timers.length, 1);
  const wrong = timerFlow('{{Schedule}}', { Schedule: scheduleKey({ schedule1: '0+0' }) });
  assert.throws(
    () => compileBundle(wrong),
    (error: unknown) => {
      assert.ok(error instanceof NotDeployable);
      assert.equal(error.details[0]?.kind, 'parameter');
      return true;
    },
  );
});

test('what is no schedule is refused at deployment, by what is wrong with it', () => {
  assert.deepEqual(faults({}), ['has no schedule.']);
  assert.deepEqual(faults({ noOfSchedules: '1000', schedule1: 'fireNow=true' }), [
    'has 1000 schedules; it has 1 to 50.',
  ]);
  const one: readonly (readonly [string, string])[] = [
    ['0+61+9+?+*+*+*', 'has the schedule "0+61+9+?+*+*+*", which has "61" for the minute.'],
    [
      '0+0+9+1+*+MON+*',
      'has the schedule "0+0+9+1+*+MON+*", which names days of the month and of the week; one of the two is ?.',
    ],
    [
      '0+0+9+?+*+*+*&trigger.timeZone=Mars/Base',
      'has the time zone "Mars/Base", which is unknown.',
    ],
    ['simple.repeat=MOONS', 'repeats "MOONS", which is no unit of time.'],
    [
      'simple.repeat=DAYS&simple.every=0',
      'repeats every "0" days; it is a whole number from 1 to 9999.',
    ],
    [
      'simple.repeat=WEEKS&simple.on=MON',
      'has the schedule setting "simple.on", which is not available yet.',
    ],
    ['fireNow=false', 'repeats "", which is no unit of time.'],
    [
      `0+0+9+?+*+*+*&trigger.timeZone=${'x'.repeat(2000)}`,
      'has a schedule of more than 2000 characters.',
    ],
  ];
  for (const [schedule1, fault] of one) assert.deepEqual(faults({ schedule1 }), [fault]);
  const cron = '0+0+9+?+*+*+*';
  assert.deepEqual(faults({ schedule1: cron, startAt: 'soon' }), [
    'begins at "soon", which is no time.',
  ]);
  assert.deepEqual(
    faults({ schedule1: cron, startAt: '2027-01-01T00:00:00', endAt: '2026-01-01T00:00:00' }),
    ['ends before it begins.'],
  );
});

test('a timer that starts nothing is refused', () => {
  const timer = { id: 'Timer', cname: 'intermediatetimer', element: 'intermediateCatchEvent' };
  const nodes = [
    { id: 'Start', cname: 'MessageStartEvent' },
    { ...timer, properties: { scheduleKey: scheduleKey({ schedule1: 'fireNow=true' }) } },
    setBody('Body', 'x'),
    { id: 'End', cname: 'MessageEndEvent' },
  ];
  assert.throws(
    () => compileBundle(flowBundle({ processes: [{ nodes }] })),
    /a timer starts a process/,
  );
});
