import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import type { Body, Exchange } from '../../../shared/iflow/exchange.ts';
import { flowBundle, type RouteDescription, setBody } from '../../support/flow-bundle.ts';
import { environmentOf, exchangeOf, faultsOf, onThisThread, runBundle } from '../running.ts';

type Route = Omit<RouteDescription, 'from' | 'to'>;

/** A Router whose routes put their number into the body. */
function routerBundle(
  routes: readonly Route[],
  { fallback, ...properties }: { fallback?: string; throwException?: string } = {},
): Uint8Array {
  const ids = routes.map((_, i) => String(i + 1));
  return flowBundle({
    settings: { namespaceMapping: 'xmlns:n=urn:n' },
    processes: [
      {
        nodes: [
          { id: 'Start', cname: 'MessageStartEvent' },
          {
            id: 'Router',
            cname: 'ExclusiveGateway',
            properties,
            ...(fallback === undefined ? {} : { default: fallback }),
          },
          ...ids.map((id) => setBody(`Step_${id}`, id)),
          { id: 'End', cname: 'MessageEndEvent' },
        ],
        routes: [
          'Start -> Router',
          ...routes.map((route, i) => ({
            id: `R${i + 1}`,
            ...route,
            from: 'Router',
            to: `Step_${i + 1}`,
          })),
          ...ids.map((id) => `Step_${id} -> End`),
        ],
      },
    ],
  });
}

/** The number of the route that a message takes. */
async function taken(
  routes: readonly Route[],
  exchange: Exchange,
  options?: Parameters<typeof routerBundle>[1],
): Promise<Body> {
  await runBundle(routerBundle(routes, options), exchange);
  return exchange.body;
}

test('the first route whose condition holds is taken, in the order in which they are drawn', async () => {
  const routes = [
    { condition: "${header.kind} = 'b'" },
    { condition: '${header.kind} != null' },
    {},
  ];
  const options = { fallback: 'R3' };
  assert.equal(await taken(routes, exchangeOf('', { kind: 'b' }), options), '1');
  assert.equal(await taken(routes, exchangeOf('', { kind: 'x' }), options), '2');
  assert.equal(await taken(routes, exchangeOf(''), options), '3');
});

test('the default route is taken last wherever it is drawn, and its own condition does not count', async () => {
  const routes = [{ condition: "${header.kind} = 'b'" }, { condition: '${header.kind} = null' }];
  assert.equal(await taken(routes, exchangeOf('', { kind: 'b' }), { fallback: 'R1' }), '1');
  assert.equal(await taken(routes, exchangeOf(), { fallback: 'R1' }), '2');
});

test('XML conditions are XPath on the body: the boolean of what they yield', async () => {
  const xml = (condition: string): Route => ({ condition, type: 'XML' });
  const routes = [
    xml('/order/@urgent'),
    xml("//n:country = 'DE'"),
    xml('count(/order/item) > 2'),
    xml('/order/total * 0'),
    xml("string(/order/note) != ''"),
    {},
  ];
  const on = (body: string) => taken(routes, exchangeOf(body), { fallback: 'R6' });
  assert.equal(await on('<order urgent="x"/>'), '1');
  assert.equal(await on('<order><c xmlns="urn:n"><country>DE</country></c></order>'), '2');
  assert.equal(await on('<order><item/><item/><item/></order>'), '3');
  assert.equal(await on('<order><total>5</total><note>n</note></order>'), '5');
  assert.equal(await on('<order/>'), '6');
});

test('XML conditions know headers and properties as variables', async () => {
  const routes = [{ condition: '/a/b = $wanted', type: 'XML' as const }, {}];
  const options = { fallback: 'R2' };
  assert.equal(await taken(routes, exchangeOf('<a><b>x</b></a>', { wanted: 'x' }), options), '1');
  assert.equal(
    await taken(routes, exchangeOf('<a><b>x</b></a>', {}, { wanted: 'y' }), options),
    '2',
  );
});

test('XML conditions that stand together are evaluated at once, and only where a message comes to one', async () => {
  const asked: number[] = [];
  const environment = {
    ...environmentOf(),
    tasks: () =>
      Promise.resolve<typeof onThisThread>({
        run: (name, input, call) => {
          asked.push((input as unknown as { queries: unknown[] }).queries.length);
          return onThisThread.run(name, input, call);
        },
      }),
  };
  const routes = [
    { condition: "${header.kind} = 'b'" },
    { condition: '/x', type: 'XML' as const },
    { condition: '/y', type: 'XML' as const },
    { condition: "${header.kind} = 'c'" },
    {},
  ];
  const zip = routerBundle(routes, { fallback: 'R5' });
  for (const [exchange, route] of [
    [exchangeOf('no XML', { kind: 'b' }), '1'],
    [exchangeOf('<y/>'), '3'],
  ] as const) {
    await runBundle(zip, exchange, environment);
    assert.equal(exchange.body, route);
  }
  assert.deepEqual(asked, [2]);
});

test('no condition behind the first that holds is evaluated: it may not be one for such a message', async () => {
  const number = { condition: 'xs:integer(/order/count) > 3', type: 'XML' as const };
  const kind = { condition: "/order/kind = 'note'", type: 'XML' as const };
  const note = '<order><kind>note</kind><count>none</count></order>';
  assert.equal(await taken([kind, number], exchangeOf(note)), '1');
  const routes = [
    { condition: '/other', type: 'XML' as const },
    { condition: "${header.a} = 'b'" },
  ];
  assert.equal(await taken([...routes, number], exchangeOf(note, { a: 'b' })), '2');
  await assert.rejects(taken([number, kind], exchangeOf(note)), /cannot be evaluated/);
});

test('a message that takes no route ends there, completed, where there is no default', async () => {
  const exchange = exchangeOf('as it came');
  const zip = routerBundle([{ condition: "${header.kind} = 'b'" }]);
  assert.equal((await runBundle(zip, exchange)).status, 'COMPLETED');
  assert.equal(exchange.body, 'as it came');
});

test('with Throw Exception, a message that takes no route fails, and one that takes the default does not', async () => {
  const routes = [{ condition: "${header.kind} = 'b'" }, { condition: "${header.kind} = 'c'" }];
  await assert.rejects(
    runBundle(routerBundle(routes, { throwException: 'true' }), exchangeOf('x')),
    (error) =>
      error instanceof FlowFailure && error.reason === 'no_route' && error.stepId === 'Router',
  );
  const options = { throwException: 'true', fallback: 'R2' };
  assert.equal(await taken(routes, exchangeOf('x'), options), '2');
});

test('patterns match the whole text, and take linear time on hostile ones', async () => {
  const routes = [{ condition: "${body} regex '(x+x+)+y'" }, {}];
  const startedAt = performance.now();
  const options = { fallback: 'R2' };
  assert.equal(await taken(routes, exchangeOf('x'.repeat(100_000)), options), '2');
  assert.ok(performance.now() - startedAt < 2000);
  assert.equal(await taken(routes, exchangeOf('xxxy'), options), '1');
  assert.equal(await taken(routes, exchangeOf('-xxxy-'), options), '2');
});

test('a pattern may come with the message, and one that cannot be used fails the message', async () => {
  const routes = [{ condition: '${body} regex ${header.pattern}' }, {}];
  const options = { fallback: 'R2' };
  assert.equal(await taken(routes, exchangeOf('ab', { pattern: 'a.' }), options), '1');
  for (const pattern of ['(?=a)', '(', '(\\pL{1,500})'.repeat(60)]) {
    await assert.rejects(taken(routes, exchangeOf('ab', { pattern }), options), {
      name: 'FlowFailure',
      reason: 'expression',
    });
  }
});

test('an XML condition on what is no XML fails the message', async () => {
  await assert.rejects(taken([{ condition: '/a', type: 'XML' }], exchangeOf('{"a":1}')), {
    name: 'FlowFailure',
    reason: 'expression',
  });
});

const refused: readonly [what: string, zip: Uint8Array, fault: RegExp, kind: string][] = [
  [
    'a route without condition',
    routerBundle([{ condition: '${header.a} = null' }, { condition: ' ' }], { fallback: 'R1' }),
    /has no condition for the route "R2"; only the default route needs none/,
    'design',
  ],
  [
    'a default route that is not there',
    routerBundle([{ condition: '${header.a} = null' }], { fallback: 'Elsewhere' }),
    /has the default route "Elsewhere", which does not lead away from it/,
    'design',
  ],
  [
    'a condition that is none',
    routerBundle([{ condition: '${header.a} = b' }]),
    /cannot read the condition of the route "R1": .* is not understood: at "b"/,
    'design',
  ],
  [
    'an expression that is not there',
    routerBundle([{ condition: "${sys.user.home} = 'b'" }]),
    /the expression \$\{sys\.user\.home\} is not available yet/,
    'missing',
  ],
  [
    'an XPath that is none',
    routerBundle([{ condition: '//item[', type: 'XML' }]),
    /cannot read the condition of the route "R1": the XPath \/\/item\[ is not well-formed/,
    'design',
  ],
  [
    'a pattern that looks around',
    routerBundle([{ condition: "${header.a} regex '(?=a)b'" }]),
    /the pattern \(\?=a\)b is not well-formed, or has what cannot be matched in linear time/,
    'missing',
  ],
];

for (const [what, zip, fault, kind] of refused) {
  test(`a router with ${what} is refused when it is deployed`, () => {
    const faults = faultsOf(zip);
    assert.match(faults.map(({ text }) => text).join('\n'), fault);
    assert.ok(faults.some((one) => one.kind === kind));
  });
}
