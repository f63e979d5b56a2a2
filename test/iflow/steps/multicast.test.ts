import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import type { Exchange } from '../../../shared/iflow/exchange.ts';
import {
  flowBundle,
  type NodeDescription,
  type ProcessDescription,
  setBody,
} from '../../support/flow-bundle.ts';
import { environmentOf, exchangeOf, faultsOf, runBundle } from '../running.ts';
import { CONCATENATE } from './splitting.ts';

interface Shape {
  readonly cname: 'Multicast' | 'SequentialMulticast';
  readonly properties?: Readonly<Record<string, string>>;
  /** Steps of the branches, one in each. */
  readonly branches: readonly NodeDescription[];
  /** Where the branches meet: a Join, or a Join and a Gather. */
  readonly meeting?: readonly NodeDescription[];
  readonly others?: readonly ProcessDescription[];
  readonly exception?: ProcessDescription['exception'];
}

const JOIN = { id: 'Join', cname: 'Join' };
const GATHER = { id: 'Gather', cname: 'Gather', properties: CONCATENATE };

/** A multicast whose branches meet, or each have an end of their own. */
function multicastBundle({ cname, properties, branches, meeting, others = [], exception }: Shape) {
  const behind = [
    ...(meeting ?? []),
    setBody('After', '${body}.'),
    { id: 'End', cname: 'MessageEndEvent' },
  ];
  const ends = branches.map(({ id }) => ({ id: `End_${id}`, cname: 'MessageEndEvent' }));
  return flowBundle({
    receivers: branches
      .filter(({ cname: type }) => type === 'ExternalCall')
      .map(({ id }) => ({ from: id, adapter: 'ProcessDirect', properties: { address: `/${id}` } })),
    processes: [
      {
        nodes: [
          { id: 'Start', cname: 'MessageStartEvent' },
          { id: 'Cast', cname, ...(properties === undefined ? {} : { properties }) },
          ...branches,
          ...(meeting === undefined ? ends : behind),
        ],
        routes: [
          'Start -> Cast',
          ...branches.map(({ id }) => ({ id: `To_${id}`, from: 'Cast', to: id })),
          ...(meeting === undefined
            ? branches.map(({ id }) => `${id} -> End_${id}`)
            : [
                ...branches.map(({ id }) => `${id} -> ${behind[0]?.id ?? ''}`),
                behind.map(({ id }) => id).join(' -> '),
              ]),
        ],
        ...(exception === undefined ? {} : { exception }),
      },
      ...others,
    ],
  });
}

const ONE = setBody('One', '${body}1');
const TWO = setBody('Two', '${body}2');
const FAIL = setBody('Fail', '${body.substring(9)}');
const call = (id: string): NodeDescription => ({ id, cname: 'ExternalCall' });

for (const cname of ['Multicast', 'SequentialMulticast'] as const) {
  test(`${cname}: each branch works on a copy, and a Gather behind the Join combines them`, async () => {
    const exchange = exchangeOf('x', {}, { p: 'y' });
    await runBundle(
      multicastBundle({ cname, branches: [ONE, TWO], meeting: [JOIN, GATHER] }),
      exchange,
    );
    assert.equal(exchange.body, 'x1x2.');
    assert.deepEqual([...exchange.properties], [['p', 'y']]);
  });

  test(`${cname}: with a Join alone, the message goes on as the last branch has left it`, async () => {
    const exchange = exchangeOf('x');
    await runBundle(multicastBundle({ cname, branches: [ONE, TWO], meeting: [JOIN] }), exchange);
    assert.equal(exchange.body, 'x2.');
  });

  test(`${cname}: where each branch has its end, the message ends as the last one has left it`, async () => {
    const exchange = exchangeOf('x');
    await runBundle(multicastBundle({ cname, branches: [ONE, TWO] }), exchange);
    assert.equal(exchange.body, 'x2');
  });
}

test('branches that lead straight to the Gather are combined there', async () => {
  const exchange = exchangeOf('x');
  const shape = { cname: 'Multicast', branches: [ONE, TWO], meeting: [GATHER] } as const;
  await runBundle(multicastBundle(shape), exchange);
  assert.equal(exchange.body, 'x1x2.');
});

/** Answers calls; /Slow takes a while. @returns what happened, in its order */
async function calls(zip: Uint8Array, exchange: Exchange): Promise<string[]> {
  const happened: string[] = [];
  const processDirect = async (address: string, asked: Exchange): Promise<void> => {
    happened.push(`${address} begins`);
    if (address === '/Slow') await new Promise((resolve) => setTimeout(resolve, 10));
    asked.body = address;
    happened.push(`${address} ends`);
  };
  try {
    await runBundle(zip, exchange, { ...environmentOf(), processDirect });
  } catch (error) {
    if (!(error instanceof FlowFailure)) throw error;
    happened.push(`failed at ${error.stepId}`);
  }
  return happened;
}

test('parallel branches run at the same time, and are combined in the order of their routes', async () => {
  const exchange = exchangeOf('x');
  const branches = [call('Slow'), call('Fast')];
  const zip = multicastBundle({ cname: 'Multicast', branches, meeting: [JOIN, GATHER] });
  assert.deepEqual(await calls(zip, exchange), [
    '/Slow begins',
    '/Fast begins',
    '/Fast ends',
    '/Slow ends',
  ]);
  assert.equal(exchange.body, '/Slow/Fast.');
});

const order = (...routes: readonly string[]): Readonly<Record<string, string>> => ({
  routingSequenceTable: routes
    .map((route, i) => `<row><cell>${i + 1}</cell><cell>${route}</cell></row>`)
    .join(''),
});

test('sequential branches run one after the other, in the order of the table', async () => {
  const exchange = exchangeOf('x');
  const branches = [call('Slow'), call('Fast')];
  const properties = order('To_Fast', 'To_Slow');
  const zip = multicastBundle({
    cname: 'SequentialMulticast',
    properties,
    branches,
    meeting: [JOIN, GATHER],
  });
  assert.deepEqual(await calls(zip, exchange), [
    '/Fast begins',
    '/Fast ends',
    '/Slow begins',
    '/Slow ends',
  ]);
  assert.equal(exchange.body, '/Fast/Slow.');
});

test('a sequential multicast begins no branch after one that fails; a parallel one lets all end', async () => {
  const branches = [FAIL, call('Slow')];
  for (const [cname, happened] of [
    ['SequentialMulticast', ['failed at Fail']],
    ['Multicast', ['/Slow begins', '/Slow ends', 'failed at Fail']],
  ] as const) {
    const exchange = exchangeOf('x');
    const zip = multicastBundle({ cname, branches, meeting: [JOIN, GATHER] });
    assert.deepEqual(await calls(zip, exchange), happened);
    assert.equal(exchange.body, 'x');
  }
});

const EXCEPTION = {
  nodes: [
    { id: 'Caught', cname: 'ErrorStartEvent' },
    setBody('Tell', 'sorry'),
    { id: 'Done', cname: 'MessageEndEvent' },
  ],
};

test('a failure that an exception subprocess handles ends a sequential multicast with its answer', async () => {
  const exchange = exchangeOf('x');
  const branches = [FAIL, call('Slow')];
  const shape = { branches, meeting: [JOIN, GATHER], exception: EXCEPTION };
  const zip = multicastBundle({ cname: 'SequentialMulticast', ...shape });
  assert.deepEqual(await calls(zip, exchange), []);
  assert.equal(exchange.body, 'sorry');
});

test('a failure that an exception subprocess handles is combined in a parallel multicast', async () => {
  const exchange = exchangeOf('x');
  const shape = { branches: [FAIL, ONE], meeting: [JOIN, GATHER], exception: EXCEPTION };
  await runBundle(multicastBundle({ cname: 'Multicast', ...shape }), exchange);
  assert.equal(exchange.body, 'sorryx1.');
});

test('a splitter in a branch that meets at the Join leaves the message to the multicast', async () => {
  const splitter = {
    id: 'Splitter',
    cname: 'Camel',
    properties: { exprType: 'Line Break' },
  };
  const exchange = exchangeOf('a\nb');
  const shape = { branches: [splitter, ONE], meeting: [JOIN, GATHER] };
  await runBundle(multicastBundle({ cname: 'Multicast', ...shape }), exchange);
  assert.equal(exchange.body, 'a\nba\nb1.');
});

test('a terminate event ends its branch alone', async () => {
  const end = { id: 'Stop', cname: 'TerminateEndEvent' };
  const zip = flowBundle({
    processes: [
      {
        nodes: [
          { id: 'Start', cname: 'MessageStartEvent' },
          { id: 'Cast', cname: 'Multicast' },
          ONE,
          end,
          GATHER,
          { id: 'End', cname: 'MessageEndEvent' },
        ],
        routes: ['Start -> Cast', 'Cast -> Stop', 'Cast -> One -> Gather -> End'],
      },
    ],
  });
  const exchange = exchangeOf('x');
  assert.equal((await runBundle(zip, exchange)).status, 'COMPLETED');
  assert.equal(exchange.body, 'x1');
});

for (const routes of [
  ['To_One', 'To_Two', 'To_Nobody'],
  ['To_One', 'To_One'],
]) {
  test(`a sequential multicast in the order ${routes.join(', ')} is refused when it is deployed`, () => {
    const properties = order(...routes);
    const faults = faultsOf(
      multicastBundle({ cname: 'SequentialMulticast', properties, branches: [ONE, TWO] }),
    );
    assert.match(
      faults[0]?.text ?? '',
      /in its order, which does not lead away from it, or is there twice/,
    );
  });
}
