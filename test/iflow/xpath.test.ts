import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Body, Exchange } from '../../shared/iflow/exchange.ts';
import { ExpressionFault } from '../../shared/iflow/expressions/parse-simple.ts';
import { ExpressionFailure } from '../../shared/iflow/expressions/simple.ts';
import { compileXPath } from '../../shared/iflow/expressions/xpath-engine.ts';
import { openForXPath, type XPathResult } from '../../shared/iflow/expressions/xpath.ts';
import { exchangeOf } from './running.ts';

const NAMESPACES = { n: 'urn:names' };
const ORDER =
  '<order xmlns:m="urn:names"><id>7</id><item nr="1">bolt</item><item nr="2">nut</item><m:note>call <b>first</b></m:note></order>';

async function select(
  xpath: string,
  on: Exchange = exchangeOf(ORDER),
  result: XPathResult = 'text',
): Promise<unknown> {
  const compiled = compileXPath(xpath, NAMESPACES);
  const stored = JSON.parse(JSON.stringify(compiled)) as typeof compiled;
  return (await openForXPath(on)).evaluate(stored, NAMESPACES, result);
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

test('XPath: the data types Node and NodeList keep the markup', async () => {
  const exchange = exchangeOf('<a><b c="1">x</b><b>y</b></a>');
  assert.equal(await select('//b', exchange, 'node'), '<b c="1">x</b>');
  assert.equal(await select('//b', exchange, 'nodes'), '<b c="1">x</b><b>y</b>');
  assert.equal(await select('/', exchange, 'node'), '<a><b c="1">x</b><b>y</b></a>');
});

for (const xpath of ['//item[', '//q:item', 'unknown(1)', '', 'doc(']) {
  test(`XPath: ${JSON.stringify(xpath)} is refused when it is compiled`, () => {
    assert.throws(() => compileXPath(xpath, NAMESPACES), ExpressionFault);
  });
}

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
        error instanceof ExpressionFailure &&
        error.message.startsWith('The message body cannot be read as XML, which an XPath needs: '),
    );
  });
}

test('XPath: an expression that does not fit the message fails with a sentence', async () => {
  await assert.rejects(select('substring(//item, 1)'), {
    name: 'ExpressionFailure',
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
