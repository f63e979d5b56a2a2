import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '../../shared/http/fault.ts';
import { FlowFailure } from '../../shared/iflow/engine.ts';
import {
  createNumberRangeAdministration,
  type NumberRangeFields,
} from '../../shared/iflow/services/administer-number-ranges.ts';
import { createNumberRanges } from '../../shared/iflow/services/draw-numbers.ts';
import type { NumberRanges, NumberRangeStore } from '../../shared/iflow/services/number-ranges.ts';
import { StepFailure } from '../../shared/iflow/steps/step-failure.ts';
import { openNumberRanges } from '../../shared/storage/number-ranges.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import { testClock } from '../support/clock.ts';
import { environmentOf, exchangeOf, noServices, run } from './running.ts';

let storage: TestStorage;
before(async () => {
  storage = await testStorage();
});

const clock = testClock();

/** One instance of a deployment. */
function instance(): { store: NumberRangeStore; numbers: NumberRanges } {
  const store = openNumberRanges(openTables(storage));
  return { store, numbers: createNumberRanges({ store, delay, random: Math.random }) };
}

const administration = () => createNumberRangeAdministration(instance().store, clock);

const create = (name: string, fields: NumberRangeFields) =>
  administration().create(name, { minimum: '1', maximum: '9999', ...fields }, 'admin');

const usedUp = (error: unknown): boolean =>
  error instanceof StepFailure && error.reason === 'number_range' && /used up/.test(error.message);

test('numbers are given in order, padded to the field length (SAP Help, Managing Number Ranges)', async () => {
  await create('Padded', { current: '7', fieldLength: '4' });
  await create('Plain', { current: '7' });
  const { numbers } = instance();
  assert.equal(await numbers.next('Padded'), '0007');
  assert.equal(await numbers.next('Padded'), '0008');
  assert.equal(await numbers.next('Plain'), '7');
  assert.equal((await administration().get('Padded')).next, 9);
  assert.equal(await numbers.next('None'), undefined);
});

test('of all instances that draw at once, none gets a number twice and none is left out', async () => {
  await create('Raced', { maximum: '100000' });
  const instances = Array.from({ length: 4 }, instance);
  const drawn = await Promise.all(
    instances.flatMap(({ numbers }) => Array.from({ length: 100 }, () => numbers.next('Raced'))),
  );
  const sorted = drawn.map(Number).sort((a, b) => a - b);
  assert.deepEqual(
    sorted,
    Array.from({ length: 400 }, (_, i) => i + 1),
  );
});

test('messages that wait together draw in one write, in the order in which they came', async () => {
  await create('Together', {});
  const { store } = instance();
  let writes = 0;
  const counted: NumberRangeStore = {
    ...store,
    replace: (...given) => {
      writes += 1;
      return store.replace(...given);
    },
  };
  const numbers = createNumberRanges({ store: counted, delay, random: Math.random });
  const drawn = await Promise.all(Array.from({ length: 50 }, () => numbers.next('Together')));
  assert.deepEqual(
    drawn,
    Array.from({ length: 50 }, (_, i) => String(i + 1)),
  );
  assert.ok(writes <= 2, `${writes} writes`);
});

test('a range that rotates begins again; one that does not is used up, for nobody else either', async () => {
  await create('Round', { minimum: '8', maximum: '10', current: '9', rotate: 'true' });
  const { numbers } = instance();
  const round = await Promise.all(Array.from({ length: 5 }, () => numbers.next('Round')));
  assert.deepEqual(round, ['9', '10', '8', '9', '10']);

  await create('Ends', { minimum: '8', maximum: '10', current: '9' });
  const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => numbers.next('Ends')));
  assert.deepEqual(
    outcomes.map((one) => (one.status === 'fulfilled' ? one.value : usedUp(one.reason))),
    ['9', '10', true, true],
  );
  await assert.rejects(instance().numbers.next('Ends'), usedUp);
  await administration().change('Ends', { maximum: '11' }, 'admin');
  assert.equal(await numbers.next('Ends'), '11', 'goes on when there is more');
});

test('the largest number that SAP allows is a number', async () => {
  const maximum = '9'.repeat(14);
  await create('Huge', { minimum: '0', maximum, current: maximum, fieldLength: '14' });
  assert.equal(await instance().numbers.next('Huge'), maximum);
});

test('a range can be changed while numbers are drawn, and none comes twice', async () => {
  await create('Changed', {});
  const { numbers } = instance();
  const changing = (async () => {
    for (let i = 0; i < 10; i += 1) {
      await administration().change('Changed', { description: `change ${i}` }, 'admin');
    }
  })();
  const drawn: (string | undefined)[] = [];
  for (let i = 0; i < 40; i += 1) drawn.push(await numbers.next('Changed'));
  await changing;
  assert.deepEqual(
    drawn,
    Array.from({ length: 40 }, (_, i) => String(i + 1)),
  );
  assert.equal((await administration().get('Changed')).description, 'change 9');
});

test('what is no number range is refused, and nothing is made', async () => {
  const refused: readonly (readonly [string, NumberRangeFields])[] = [
    ['', {}],
    ['a-b', {}],
    ['a/b\\c#d?e', {}],
    ['x'.repeat(101), {}],
    ['Odd', { minimum: '-1' }],
    ['Odd', { minimum: '1.5' }],
    ['Odd', { maximum: '1'.repeat(15) }],
    ['Odd', { minimum: '5', maximum: '4' }],
    ['Odd', { current: '0' }],
    ['Odd', { current: '10000' }],
    ['Odd', { fieldLength: '3' }],
    ['Odd', { fieldLength: '15' }],
    ['Odd', { rotate: 'perhaps' }],
    ['Odd', { description: 'x'.repeat(4001) }],
  ];
  for (const [name, fields] of refused) {
    await assert.rejects(
      create(name, fields),
      (error: unknown) => error instanceof Fault && error.status === 400,
      JSON.stringify([name.slice(0, 20), fields]).slice(0, 100),
    );
  }
  assert.ok(!(await administration().list()).some(({ name }) => name === 'Odd'));
  await create('Once', {});
  await assert.rejects(create('Once', {}), (error: unknown) => {
    return error instanceof Fault && error.status === 409;
  });
  for (const work of [
    administration().get('None'),
    administration().change('None', {}, 'admin'),
    administration().remove('None'),
  ]) {
    await assert.rejects(work, (error: unknown) => error instanceof Fault && error.status === 404);
  }
  await assert.rejects(
    administration().change('Once', { current: '10000' }, 'admin'),
    (error: unknown) => error instanceof Fault && error.status === 400,
  );
  assert.equal((await administration().get('Once')).next, 1);
});

test('a content modifier draws a number for a header or a property, and fails without such a range', async () => {
  await create('Documents', { fieldLength: '6' });
  const { numbers } = instance();
  const services = { ...noServices, numberRanges: () => Promise.resolve(numbers) };
  const environment = { ...environmentOf(), services };
  const drawing = (value: string) => ({
    steps: [
      {
        type: 'contentModifier' as const,
        name: 'Draw',
        headers: [{ name: 'Number', type: 'numberRange', value }],
        properties: [{ name: 'next', type: 'numberRange', value: '${property.range}' }],
      },
    ],
  });
  const exchange = exchangeOf('', {}, { range: 'Documents' });
  await run(drawing('Documents'), exchange, environment);
  assert.equal(exchange.headers.get('Number'), '000001');
  assert.equal(exchange.properties.get('next'), '000002');
  const failing = exchangeOf('', { Number: 'before' });
  await assert.rejects(run(drawing('<Name of the range>'), failing, environment), (error) => {
    assert.ok(error instanceof FlowFailure);
    assert.match(error.message, /no number range "<Name of the range>"/);
    return true;
  });
  assert.equal(failing.headers.get('Number'), 'before');
});
