import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import { flowBundle, line, setBody } from '../../support/flow-bundle.ts';
import { environmentOf, exchangeOf, faultsOf, NOW, runBundle } from '../running.ts';

interface Loop {
  readonly condition: string;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, string>>;
  readonly inside?: string;
  readonly processId?: string;
}

/** A flow that calls a local process in a loop, then adds a full stop. */
function loopBundle({ condition, maximum = 10, properties, inside, processId }: Loop): Uint8Array {
  return flowBundle({
    processes: [
      line(
        {
          id: 'Loop',
          cname: 'LoopingProcess',
          properties: { processId: processId ?? 'Local', ...properties },
          loop: { maximum, condition },
        },
        setBody('After', '${body}.'),
      ),
      {
        id: 'Local',
        local: true,
        nodes: [
          { id: 'S', cname: 'StartEvent' },
          setBody('Inside', inside ?? '${body}${property.CamelLoopIndex}'),
          { id: 'E', cname: 'EndEvent' },
        ],
      },
    ],
  });
}

test('the process is called once before its condition is looked at, then as long as it holds', async () => {
  const once = exchangeOf('');
  await runBundle(loopBundle({ condition: "${body} = 'never'" }), once);
  assert.equal(once.body, '0.');
  const thrice = exchangeOf('');
  await runBundle(loopBundle({ condition: "${body} != '012'" }), thrice);
  assert.equal(thrice.body, '012.');
  assert.equal(thrice.properties.get('CamelLoopIndex'), 2);
});

test('the condition of a loop may be XPath on what the process has left', async () => {
  const exchange = exchangeOf('');
  const inside = '<n>${property.CamelLoopIndex}</n>';
  await runBundle(
    loopBundle({ condition: '/n < 4', inside, properties: { expressionType: 'XML' } }),
    exchange,
  );
  assert.equal(exchange.body, '<n>4</n>.');
});

test('a loop that comes to its maximum ends, and the flow goes on', async () => {
  const ends: Record<string, string>[] = [{}, { postProcessing: 'end' }];
  for (const properties of ends) {
    const exchange = exchangeOf('');
    await runBundle(loopBundle({ condition: '${body} != null', maximum: 3, properties }), exchange);
    assert.equal(exchange.body, '012.');
  }
});

test('a loop that comes to its maximum fails where it is to throw an exception', async () => {
  const properties = { postProcessing: 'throwException' };
  const exchange = exchangeOf('');
  await assert.rejects(
    runBundle(loopBundle({ condition: '${body} != null', maximum: 3, properties }), exchange),
    (error) =>
      error instanceof FlowFailure &&
      error.reason === 'loop_maximum' &&
      error.message ===
        'The loop has come to its maximum of 3 iterations, and its condition still holds.',
  );
  assert.equal(exchange.body, '012');
  const enough = exchangeOf('');
  await runBundle(loopBundle({ condition: "${body} != '012'", maximum: 3, properties }), enough);
  assert.equal(enough.body, '012.');
});

test('a loop ends with the time of its message', async () => {
  let now = NOW;
  const environment = environmentOf(undefined, () => (now += 100));
  const condition = '${body} != null';
  await assert.rejects(
    runBundle(loopBundle({ condition, maximum: 99_999 }), exchangeOf(''), environment),
    { name: 'FlowFailure', reason: 'timeout' },
  );
});

for (const [what, loop, fault] of [
  ['no maximum', { condition: '${body} = null', maximum: 0 }, /a whole number from 1 to 99999/],
  ['a maximum above', { condition: '${body} = null', maximum: 1e5 }, /a whole number from 1 to/],
  ['a maximum that is no number', { condition: '${body} = null', maximum: NaN }, /a whole number/],
  ['no condition', { condition: '' }, /has no condition for the loop to go on/],
  ['a condition that is none', { condition: '${body' }, /cannot read the condition of the loop/],
  [
    'no local process',
    { condition: '${body} = null', processId: 'Process_1' },
    /calls the process "Process_1", which is no local integration process/,
  ],
] as const) {
  test(`a loop with ${what} is refused when it is deployed`, () => {
    assert.match(
      faultsOf(loopBundle(loop))
        .map(({ text }) => text)
        .join('\n'),
      fault,
    );
  });
}
