import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import type { Body, Exchange } from '../../../shared/iflow/exchange.ts';
import { flowBundle, line } from '../../support/flow-bundle.ts';
import { exchangeOf, faultsOf, runBundle } from '../running.ts';

function filterBundle(wrapContent: string, xpathType: string): Uint8Array {
  return flowBundle({
    settings: { namespaceMapping: 'xmlns:n=urn:n' },
    processes: [line({ id: 'Filter', cname: 'Filter', properties: { wrapContent, xpathType } })],
  });
}

async function filtered(xpath: string, type: string, exchange: Exchange): Promise<Body> {
  await runBundle(filterBundle(xpath, type), exchange);
  return exchange.body;
}

const ORDERS =
  '<orders xmlns:x="urn:n"><order nr="1"><count>100</count></order><order nr="2"><count>10</count><x:note>a &amp; b</x:note></order></orders>';

const results: readonly [xpath: string, type: string, body: string][] = [
  // SAP Help, Define Filter
  ['/orders/order/count/text()', 'Nodelist', '10010'],
  [
    '/orders/order/count',
    'Nodelist',
    '<count xmlns:x="urn:n">100</count><count xmlns:x="urn:n">10</count>',
  ],
  ['/orders/order/count', 'Node', '<count xmlns:x="urn:n">100</count>'],
  ['/orders/order/count', 'String', '100'],
  ['/orders/order/@nr', 'Nodelist', '12'],
  ['//n:note', 'String', 'a & b'],
  ['//n:note', 'Node', '<x:note xmlns:x="urn:n">a &amp; b</x:note>'],
  ['/', 'Node', ORDERS],
  ['count(//order)', 'Integer', '2'],
  ['//order[2]/count', 'Integer', '10'],
  ['//order[3]', 'Boolean', 'false'],
  ['//order[2]', 'Boolean', 'true'],
  ["//count = '10'", 'Boolean', 'true'],
  ['//missing', 'Nodelist', ''],
  ['//missing', 'Node', ''],
  ['//missing', 'String', ''],
  ['max(/orders/order/count)', 'String', '100'],
  ["string-join(for $o in //order return string($o/@nr), '-')", 'String', '1-2'],
];

for (const [xpath, type, body] of results) {
  test(`Filter: ${xpath} as ${type} is ${JSON.stringify(body.slice(0, 60))}`, async () => {
    assert.equal(await filtered(xpath, type, exchangeOf(ORDERS)), body);
  });
}

test('a filter compares by order with a header or property that is a number as with a number', async () => {
  const xpath = '/orders/order[count < $max]/@nr';
  assert.equal(await filtered(xpath, 'Nodelist', exchangeOf(ORDERS, {}, { max: '9' })), '');
  assert.equal(await filtered(xpath, 'Nodelist', exchangeOf(ORDERS, {}, { max: '50' })), '2');
  assert.equal(await filtered(xpath, 'Nodelist', exchangeOf(ORDERS, { max: 101 })), '12');
});

test("Camel's functions in XPath yield Simple expressions and headers", async () => {
  const stars =
    '<stars><star><class>A</class><name>Vega</name></star><star><class>G</class><name>Sun</name></star></stars>';
  // SAP Help, Filter: Examples
  const simple =
    "/stars/star[(class le function:simple('${property.class}')) and (class ge function:simple('${property.class}'))]/name";
  const on = exchangeOf(stars, {}, { class: 'G' });
  assert.equal(await filtered(simple, 'String', on), 'Sun');
  const header = "/stars/star[class = in:header('class')]/name/text()";
  assert.equal(await filtered(header, 'Nodelist', exchangeOf(stars, { class: 'A' })), 'Vega');
});

test('headers and properties stay as they are', async () => {
  const exchange = exchangeOf(ORDERS, { 'Content-Type': 'application/xml' }, { p: 1 });
  await filtered('//count', 'String', exchange);
  assert.deepEqual([...exchange.headers], [['Content-Type', 'application/xml']]);
  assert.deepEqual([...exchange.properties], [['p', 1]]);
});

for (const [what, xpath, type, body] of [
  ['no XML', '//a', 'Node', '{}'],
  ['an empty body', '//a', 'Node', ''],
  ['a document type', '//a', 'Node', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
  ['an integer that is none', '//count/..', 'Integer', '<a><count>x</count></a>'],
  ['an integer out of range', '//count', 'Integer', '<count>9999999999</count>'],
  ['no integer', '//missing', 'Integer', '<a/>'],
] as const) {
  test(`a filter on ${what} fails, and the message stays as it was`, async () => {
    const exchange = exchangeOf(body);
    await assert.rejects(
      filtered(xpath, type, exchange),
      (error) => error instanceof FlowFailure && error.reason === 'expression',
    );
    assert.equal(exchange.body, body);
  });
}

for (const [xpath, type, fault] of [
  ['//a[', 'Node', /cannot filter: the XPath \/\/a\[ is not well-formed/],
  ['', 'Node', /cannot filter: the XPath is empty/],
  [
    '//a',
    'Tree',
    /has the value type "Tree"; it can be String, Integer, Boolean, Node or Nodelist/,
  ],
  ['//q:a', 'Node', /is not well-formed or not available/],
  ["function:simple('${sys.x}')", 'Node', /the expression \$\{sys\.x\} is not available yet/],
] as const) {
  test(`a filter by ${JSON.stringify(xpath)} as ${type} is refused when it is deployed`, () => {
    assert.match(
      faultsOf(filterBundle(xpath, type))
        .map(({ text }) => text)
        .join('\n'),
      fault,
    );
  });
}
