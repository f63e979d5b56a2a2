import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flowBundle, line, setBody } from '../support/flow-bundle.ts';
import { environmentOf, exchangeOf, faultsOf, runBundle } from './running.ts';

test('a local integration process works on the message of its caller', async () => {
  const zip = flowBundle({
    processes: [
      line(
        setBody('Before', '${body}1'),
        { id: 'Call', cname: 'NonLoopingProcess', properties: { processId: 'Local' } },
        setBody('After', '${body}3'),
      ),
      {
        id: 'Local',
        local: true,
        nodes: [
          { id: 'S', cname: 'StartEvent' },
          setBody('Inside', '${body}2'),
          { id: 'E', cname: 'EndEvent' },
        ],
      },
    ],
  });
  const exchange = exchangeOf('0');
  await runBundle(zip, exchange);
  assert.equal(exchange.body, '0123');
});

test('local processes that call each other without end fail, and nothing hangs', async () => {
  const call = (id: string, processId: string) => ({
    id,
    cname: 'NonLoopingProcess',
    properties: { processId },
  });
  const zip = flowBundle({
    processes: [
      line(call('Call', 'Local')),
      {
        id: 'Local',
        local: true,
        nodes: [
          { id: 'S', cname: 'StartEvent' },
          call('Again', 'Local'),
          { id: 'E', cname: 'EndEvent' },
        ],
      },
    ],
  });
  await assert.rejects(runBundle(zip, exchangeOf('x')), /nested more than 50 deep/);
});

test('a step above its receiver has the answer in the place of the message, Send leaves it', async () => {
  const environment = {
    ...environmentOf(),
    processDirect: (address: string, exchange: { body: unknown }) => {
      exchange.body = `answer of ${address}`;
      return Promise.resolve();
    },
  };
  const receivers = (from: string) => [
    { from, adapter: 'ProcessDirect', properties: { address: '/${header.to}' } },
  ];
  for (const [cname, body] of [
    ['ExternalCall', 'answer of /there'],
    ['Send', 'question'],
  ] as const) {
    const zip = flowBundle({
      receivers: receivers('Call'),
      processes: [line({ id: 'Call', cname })],
    });
    const exchange = exchangeOf('question', { to: 'there' });
    await runBundle(zip, exchange, environment);
    assert.equal(exchange.body, body);
  }
});

test('a step that leads nowhere ends the process, as on a tenant', async () => {
  const zip = flowBundle({
    processes: [
      {
        nodes: [{ id: 'Start_1', cname: 'MessageStartEvent' }, setBody('Last', 'done')],
      },
    ],
  });
  const exchange = exchangeOf('x');
  assert.equal((await runBundle(zip, exchange)).status, 'COMPLETED');
  assert.equal(exchange.body, 'done');
});

for (const cname of ['Camel', 'Multicast', 'ExclusiveGateway']) {
  test(`${cname}: where no route leads away, the process ends`, async () => {
    const properties = { exprType: 'Line Break' };
    const zip = flowBundle({
      processes: [
        {
          nodes: [
            { id: 'S', cname: 'StartEvent' },
            { id: 'Last', cname, properties },
          ],
        },
      ],
    });
    const exchange = exchangeOf('x');
    assert.equal((await runBundle(zip, exchange)).status, 'COMPLETED');
    assert.equal(exchange.body, 'x');
  });
}

test('a local process without a start, and a route into an exception subprocess, are refused', () => {
  const call = { id: 'Call', cname: 'NonLoopingProcess', properties: { processId: 'Local' } };
  const zip = flowBundle({
    processes: [
      {
        nodes: [...line(call).nodes],
        routes: ['Start_1 -> Call -> Exception_Process_1'],
        exception: {
          nodes: [
            { id: 'Caught', cname: 'ErrorStartEvent' },
            { id: 'Done', cname: 'MessageEndEvent' },
          ],
        },
      },
      { id: 'Local', local: true, nodes: [] },
    ],
  });
  const texts = faultsOf(zip).map(({ text }) => text);
  assert.deepEqual(texts, [
    'The sequence flow "Route_Process_1_2" does not connect two steps of one process.',
    'Step "End_1" (MessageEndEvent) is not connected: no sequence flow leads to it.',
    'The local integration process "Local" has no start event.',
  ]);
});
