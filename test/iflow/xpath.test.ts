import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskRunner } from '../../shared/iflow/tasks/task-runner.ts';
import { FlowFailure } from '../../shared/iflow/engine.ts';
import type { Body, Exchange } from '../../shared/iflow/exchange.ts';
import { ExpressionFault } from '../../shared/iflow/expressions/parse-simple.ts';
import { compileXPath } from '../../shared/iflow/expressions/xpath-engine.ts';
import type { XPathCall } from '../../shared/iflow/expressions/xpath.ts';
import { environmentOf, exchangeOf, onThisThread, run } from './running.ts';

const NAMESPACES = { n: 'urn:names' };
const ORDER =
  '<order xmlns:m="urn:names"><id>7</id><item nr="1">bolt</item><item nr="2">nut</item><m:note>call <b>first</b></m:note></order>';

/** Sets a property by XPath in a Content Modifier. @returns its value */
async function select(
  xpath: string,
  on: Exchange = exchangeOf(ORDER),
  dataType = 'java.lang.String',
): Promise<unknown> {
  const row = { name: 'selected', type: 'xpath' as const, value: xpath, dataType };
  const steps = [{ type: 'contentModifier' as const, name: 'Select', properties: [row] }];
  const namespaceMapping = 'xmlns:n=urn:names';
  await run({ steps, namespaceMapping }, on, environmentOf());
  return on.properties.get('selected');
}

const texts: readonly [xpath: string, text: string][] = [
  ['/order/id', '7'],
  ['//item', 'bolt'],
  ['//item[2]', 'nut'],
  ["//item[@nr='2']", 'nut'],
  ['//item/@nr', '1'],
  ['/order/item[last()]/text()', 'nut'],
  ['//n:note', 'call first'],
  ["//*[local-name()='note']", 'call first'],
  ["namespace-uri(//*[local-name()='note'])", 'urn:names'],
  ['count(//item)', '2'],
  ['boolean(//missing)', 'false'],
  ['not(//missing)', 'true'],
  ['//missing', ''],
  ['string-length(/order/id)', '1'],
  ["concat(/order/id, '-', 1)", '7-1'],
  ["substring('abc', 2)", 'bc'],
  ["contains(/order/id, '7')", 'true'],
  ["normalize-space('  a  b ')", 'a b'],
  ["translate('abc', 'ab', 'xy')", 'xyc'],
  ['/', '7boltnutcall first'],
  ["'a constant'", 'a constant'],
];

for (const [xpath, text] of texts) {
  test(`XPath: ${xpath} is ${JSON.stringify(text)}`, async () => {
    assert.equal(await select(xpath), text);
  });
}

test('XPath: unprefixed names are in no namespace, whatever the body declares', async () => {
  assert.equal(await select('/a', exchangeOf('<a xmlns="urn:d">x</a>')), '');
  assert.equal(await select('/*:a', exchangeOf('<a xmlns="urn:d">x</a>')), 'x');
});

test('XPath: a variable is a header, else a property, else empty', async () => {
  const exchange = exchangeOf(ORDER, { nr: '2' }, { nr: '1', id: 7 });
  assert.equal(await select('//item[@nr = $nr]', exchange), 'nut');
  assert.equal(await select('string($id = //id)', exchange), 'true');
  assert.equal(await select('count($missing)', exchange), '0');
  assert.equal(await select("'costs $5'", exchange), 'costs $5');
});

test('XPath: a text that is a number is one where it is compared by order', async () => {
  const exchange = exchangeOf(ORDER, {}, { most: '10', word: 'b', id: '07' });
  assert.equal(await select('//id < $most', exchange), 'true');
  assert.equal(await select('$most > //id', exchange), 'true');
  assert.equal(await select("$word < 'c'", exchange), 'true');
  assert.equal(await select('//id = $id', exchange), 'false');
  assert.equal(await select("'//id < $most'", exchange), '//id < $most');
  assert.equal(await select('//item[1] << //item[2]', exchange), 'true');
});

test("XPath: Camel's functions are Simple expressions and headers", async () => {
  const exchange = exchangeOf(ORDER, { nr: '2' }, { simple1: 'kept' });
  assert.equal(await select("//item[@nr = in:header('nr')]", exchange), 'nut');
  assert.equal(
    await select("concat(function:simple('${header.nr}-'), $simple1)", exchange),
    '2-kept',
  );
  assert.equal(await select(`"function:simple('x')"`, exchange), "function:simple('x')");
  const injected = exchangeOf(ORDER, { nr: "'] | //id['" });
  assert.equal(await select("//item[@nr = in:header('nr')]", injected), '');
});

test('XPath: trace() tells nobody what the message holds', async (t) => {
  const write = t.mock.method(process.stdout, 'write');
  assert.equal(await select("trace(/order/id, 'a secret')"), '7');
  const told = write.mock.calls.map((call) => String(call.arguments[0])).join('');
  assert.ok(!told.includes('a secret'));
});

test('XPath: quotes that an export has escaped twice are quotes', async () => {
  assert.equal(await select('//item[@nr = &apos;2&apos;]'), 'nut');
  assert.equal(await select("'a &lt; b'"), 'a &lt; b');
});

test('XPath: the data types Node and NodeList keep the markup', async () => {
  const exchange = exchangeOf('<a><b c="1">x</b><b>y</b></a>');
  assert.equal(await select('//b', exchange, 'org.w3c.dom.Node'), '<b c="1">x</b>');
  assert.equal(await select('//b', exchange, 'org.w3c.dom.NodeList'), '<b c="1">x</b><b>y</b>');
  assert.equal(await select('/', exchange, 'org.w3c.dom.Node'), '<a><b c="1">x</b><b>y</b></a>');
});

for (const xpath of ['//item[', '//q:item', 'unknown(1)', '', 'doc(']) {
  test(`XPath: ${JSON.stringify(xpath)} is refused when it is compiled`, () => {
    assert.throws(() => compileXPath(xpath, NAMESPACES), ExpressionFault);
  });
}

const BOMB = 'count(1 to 1000000000000)';
for (const xpath of [
  `1) else (), if (${BOMB}) then (2`,
  `Q{'}a) else (), if (${BOMB}) then (Q{'}b`,
  `1 (: ) else (), ${BOMB} :`,
  '('.repeat(3000),
  'a'.repeat(4001),
]) {
  test(`XPath: ${xpath.slice(0, 40)} is refused, and nothing of it is evaluated`, () => {
    assert.throws(() => compileXPath(xpath, NAMESPACES), ExpressionFault);
  });
}

test('XPath: compiling evaluates nothing', () => {
  for (const xpath of [
    BOMB,
    `${BOMB} (: of numbers :)`,
    `/a[${BOMB}]`,
    `let $a := ${BOMB} return 1`,
  ]) {
    assert.equal(compileXPath(xpath, NAMESPACES).source, xpath);
  }
});

test('XPath: expressions without variables are evaluated together, one with variables at its turn', async () => {
  const asked: string[][] = [];
  const environment = environmentOf();
  const recording = {
    ...environment,
    tasks: (): Promise<TaskRunner> =>
      Promise.resolve({
        run: (name, input, call) => {
          asked.push((input as unknown as XPathCall).queries.map(({ source }) => source));
          return onThisThread.run(name, input, call);
        },
      }),
  };
  const row = (name: string, value: string) => ({ name, type: 'xpath', value });
  const steps = [
    {
      type: 'contentModifier' as const,
      name: 'Select',
      headers: [row('nr', '//item/@nr'), row('first', '//item[@nr = $nr]')],
      properties: [row('id', '/order/id')],
      body: { type: 'constant' as const, content: 'replaced' },
    },
  ];
  const exchange = exchangeOf(ORDER);
  await run({ steps }, exchange, recording);
  assert.deepEqual(asked, [['//item/@nr', '/order/id'], ['//item[@nr = $nr]']]);
  assert.deepEqual(
    [...exchange.headers],
    [
      ['nr', '1'],
      ['first', 'bolt'],
    ],
  );
  assert.equal(exchange.properties.get('id'), '7');
  assert.equal(exchange.body, 'replaced');
});

const unreadable: readonly [what: string, body: Body][] = [
  ['an empty body', ''],
  ['JSON', '{"a":1}'],
  ['broken XML', '<a>'],
  [
    'a document type declaration',
    '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
  ],
  ['nesting without end', '<a>'.repeat(100_000)],
  [
    'bytes that are not in the declared encoding',
    Buffer.from('<?xml version="1.0"?><a>\xff</a>', 'latin1'),
  ],
  ['an unknown encoding', Buffer.from('<?xml version="1.0" encoding="x-none"?><a/>')],
  ['more than it may hold', `<a>${'x'.repeat(11 * 1024 * 1024)}</a>`],
];

for (const [what, body] of unreadable) {
  test(`XPath: ${what} fails with a sentence`, async () => {
    await assert.rejects(
      select('/a', exchangeOf(body)),
      (error) =>
        error instanceof FlowFailure &&
        error.reason === 'expression' &&
        error.message.startsWith('The message body cannot be read as XML, which an XPath needs: '),
    );
  });
}

test('XPath: an expression that does not fit the message fails with a sentence', async () => {
  await assert.rejects(select('substring(//item, 1)'), {
    name: 'FlowFailure',
    message: 'The XPath substring(//item, 1) cannot be evaluated on this message.',
  });
});

test('XPath: bytes are read in the encoding that they declare', async () => {
  const latin = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>', 'latin1');
  const utf16 = Buffer.from('\uFEFF<a>ä</a>', 'utf16le');
  assert.equal(await select('/a', exchangeOf(latin)), 'ä');
  assert.equal(await select('/a', exchangeOf(utf16)), 'ä');
  assert.equal(await select('/a', exchangeOf(Buffer.from('<a>ä</a>'))), 'ä');
});

test('XPath: results above what one step may yield fail with a sentence', async () => {
  const nested = `${'<a>'.repeat(400)}${'x'.repeat(200_000)}${'</a>'.repeat(400)}`;
  await assert.rejects(select('//a', exchangeOf(nested), 'org.w3c.dom.NodeList'), {
    name: 'FlowFailure',
    message: 'The XPath expressions of the step yield more than 20971520 characters.',
  });
});
