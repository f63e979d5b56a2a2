import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import { exchangeOf, faultsOf } from '../running.ts';
import { piecesOf, sendingBundle, sentBy, type Settings, splitterNode } from './splitting.ts';

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

// SAP Help, General and Iterating Splitter: Examples
const ORDERS = `<customer xmlns="http://myCustomer.com">
    <customerNumber>0001</customerNumber>
    <order id="100"><items><item>Shirt</item></items></order>
    <order id="101"><items><item>Shoe</item></items></order>
    <remark>for both</remark>
</customer>`;
const ENVELOPE = `<customer xmlns="http://myCustomer.com">
    <customerNumber>0001</customerNumber>
    `;

test('a General Splitter keeps what stands before the first piece, and the elements around it', async () => {
  const settings = { splitExprValue: '/n1:customer/n1:order' };
  const namespaces = 'xmlns:n1=http://myCustomer.com';
  assert.deepEqual(await piecesOf(ORDERS, settings, undefined, namespaces), [
    `${DECLARATION}${ENVELOPE}<order id="100"><items><item>Shirt</item></items></order></customer>`,
    `${DECLARATION}${ENVELOPE}<order id="101"><items><item>Shoe</item></items></order></customer>`,
  ]);
});

test('an Iterating Splitter keeps the pieces alone, with the namespaces that they stand in', async () => {
  const settings = { splitExprValue: '/n1:customer/n1:order' };
  const namespaces = 'xmlns:n1=http://myCustomer.com';
  assert.deepEqual(await piecesOf(ORDERS, settings, 'Camel', namespaces), [
    '<order xmlns="http://myCustomer.com" id="100"><items><item>Shirt</item></items></order>',
    '<order xmlns="http://myCustomer.com" id="101"><items><item>Shoe</item></items></order>',
  ]);
});

// SAP Help, Using XPath Expressions in the Splitter Step
const SHOP =
  '<root><shop><product><id>1</id><id>2</id></product><customerReview><id>3</id><id>4</id></customerReview></shop></root>';

test('a relative path that names the parent finds its pieces there, behind all that comes before', async () => {
  const before = '<root><shop><product><id>1</id><id>2</id></product><customerReview>';
  assert.deepEqual(await piecesOf(SHOP, { splitExprValue: '//customerReview/id' }), [
    `${DECLARATION}${before}<id>3</id></customerReview></shop></root>`,
    `${DECLARATION}${before}<id>4</id></customerReview></shop></root>`,
  ]);
});

test('pieces from under other elements are put where the first one stands', async () => {
  assert.deepEqual(
    await piecesOf(SHOP, { splitExprValue: '//id' }),
    [1, 2, 3, 4].map(
      (id) => `${DECLARATION}<root><shop><product><id>${id}</id></product></shop></root>`,
    ),
  );
});

test('a name without prefix means elements without one, and the path may declare its prefixes', async () => {
  const body =
    '<root xmlns="demo.sap.com"><shop><review>1</review><x:review xmlns:x="u"/></shop></root>';
  const settings = { splitExprValue: '/ns1:root/shop/review xmlns:ns1="demo.sap.com"' };
  assert.deepEqual(await piecesOf(body, settings), [
    `${DECLARATION}<root xmlns="demo.sap.com"><shop><review>1</review></shop></root>`,
  ]);
});

const LETTERS = '<a><b>1</b><b>2</b><b>3</b><b>4</b><b>5</b></a>';

test('grouping puts so many pieces into a message, and the rest into the last one', async () => {
  assert.deepEqual(await piecesOf(LETTERS, { grouping: '2' }), [
    `${DECLARATION}<a><b>1</b><b>2</b></a>`,
    `${DECLARATION}<a><b>3</b><b>4</b></a>`,
    `${DECLARATION}<a><b>5</b></a>`,
  ]);
  assert.deepEqual(await piecesOf(LETTERS, { grouping: '4' }, 'Camel'), [
    '<b>1</b><b>2</b><b>3</b><b>4</b>',
    '<b>5</b>',
  ]);
});

test('path, grouping and token may come from headers and properties', async () => {
  const settings = { splitExprValue: '//${property.path}', grouping: '${header.size}' };
  const on = exchangeOf(LETTERS, { size: '3' }, { path: 'b' });
  const sent = await sentBy(sendingBundle(splitterNode(settings, 'Camel')), on);
  assert.deepEqual(
    sent.map(({ body }) => body),
    ['<b>1</b><b>2</b><b>3</b>', '<b>4</b><b>5</b>'],
  );
});

test('each message is told its place, the last one how many there are', async () => {
  const told = async (settings: Settings) => {
    const sent = await sentBy(
      sendingBundle(splitterNode({ ...settings, grouping: '2' })),
      exchangeOf(LETTERS, { h: 1 }),
    );
    return sent.map(({ properties, headers }) => {
      assert.equal(headers.get('h'), 1);
      return ['Index', 'Size', 'Complete'].map(
        (name) => properties.get(`CamelSplit${name}`) ?? null,
      );
    });
  };
  assert.deepEqual(await told({}), [
    [0, null, false],
    [1, null, false],
    [2, 3, true],
  ]);
  assert.deepEqual(await told({ Streaming: 'false' }), [
    [0, 3, false],
    [1, 3, false],
    [2, 3, true],
  ]);
});

test('behind a splitter without Gather, the message goes on as it was before', async () => {
  const exchange = exchangeOf(LETTERS, {}, { p: 'before' });
  assert.equal((await sentBy(sendingBundle(splitterNode()), exchange)).length, 5);
  assert.equal(exchange.body, LETTERS);
  assert.deepEqual([...exchange.properties], [['p', 'before']]);
});

test('where nothing is found to split at, the process ends and nothing is sent', async () => {
  const exchange = exchangeOf('<a><c/></a>');
  assert.deepEqual(await sentBy(sendingBundle(splitterNode()), exchange), []);
  assert.equal(exchange.body, '<a><c/></a>');
  assert.deepEqual(await piecesOf('', { exprType: 'Line Break' }), []);
});

const LINES = 'head\r\none\ntwo\r\n\nfour\n';

test('a General Splitter at line breaks puts the first line before each of the others', async () => {
  const settings = { exprType: 'Line Break' };
  assert.deepEqual(await piecesOf(LINES, settings), [
    'head\none',
    'head\ntwo',
    'head\n',
    'head\nfour',
  ]);
  assert.deepEqual(await piecesOf(LINES, { ...settings, grouping: '3' }), [
    'head\none\ntwo\n',
    'head\nfour',
  ]);
});

test('an Iterating Splitter takes the first line like any other', async () => {
  const settings = { exprType: 'Line Break' };
  assert.deepEqual(await piecesOf(Buffer.from(LINES), settings, 'Camel'), [
    'head',
    'one',
    'two',
    '',
    'four',
  ]);
});

test('a token means the elements of that name in XML, else itself in a text', async () => {
  const token = (tokenValue: string) => ({ exprType: 'Token', tokenValue });
  const body = '<list xmlns:x="u"><entry>1</entry><x:entry/><entry>2</entry></list>';
  const entry = (n: number) => `<entry xmlns:x="u">${n}</entry>`;
  assert.deepEqual(await piecesOf(body, token('entry'), 'Camel'), [entry(1), entry(2)]);
  assert.deepEqual(await piecesOf(body, token('<entry>'), 'Camel'), [entry(1), entry(2)]);
  assert.deepEqual(await piecesOf(body, token('x:entry'), 'Camel'), ['<x:entry xmlns:x="u"/>']);
  assert.deepEqual(await piecesOf('a;b;;c;', token(';'), 'Camel'), ['a', 'b', '', 'c']);
  assert.deepEqual(await piecesOf('a END b', token('END'), 'Camel'), ['a ', ' b']);
});

test('elements are cut as they stand in the text, those inside of others with them', async () => {
  const b = "<b  c = '1'><![CDATA[</b>]]><!-- <b> --><b>inner</b></b >";
  assert.deepEqual(await piecesOf(`<a>${b}text<b/></a>`, { splitExprValue: '//b' }, 'Camel'), [
    b,
    '<b/>',
  ]);
});

test('pieces keep their namespaces where their new place does not give them', async () => {
  const body =
    '<a xmlns="d"><g xmlns:x="1"><b x:y="1"/></g><g xmlns:x="2&amp;3" xmlns=""><b x:y="2"/></g></a>';
  assert.deepEqual(await piecesOf(body, { splitExprValue: '//b' }), [
    `${DECLARATION}<a xmlns="d"><g xmlns:x="1"><b x:y="1"/></g></a>`,
    `${DECLARATION}<a xmlns="d"><g xmlns:x="1"><b xmlns:x="2&amp;3" xmlns="" x:y="2"/></g></a>`,
  ]);
});

test('bytes are read in the encoding that they declare', async () => {
  const latin = Buffer.from(
    '<?xml version="1.0" encoding="ISO-8859-1"?><a>ü<b>ä</b></a>',
    'latin1',
  );
  assert.deepEqual(await piecesOf(latin), [`${DECLARATION}<a>ü<b>ä</b></a>`]);
});

test('parallel processing runs as many messages at once as it may, and no more', async () => {
  let running = 0;
  let most = 0;
  const settings = { ParallelProcessing: 'true', SplitterThreads: '3', timeOut: '300' };
  const sent = await sentBy(
    sendingBundle(splitterNode(settings)),
    exchangeOf(LETTERS),
    async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
    },
  );
  assert.equal(sent.length, 5);
  assert.equal(most, 3);
});

for (const [what, body, settings] of [
  ['no XML', 'text', {}],
  ['XML that breaks off behind the first pieces', '<a><b/><b/>', {}],
  ['a document type', '<!DOCTYPE a [<!ENTITY e "x">]><a><b>&e;</b></a>', {}],
  ['elements nested without end', '<a>'.repeat(100_000), {}],
  ['a path with a prefix that has no namespace', LETTERS, { splitExprValue: '//${property.q}' }],
  ['grouping that is no number', LETTERS, { grouping: '${property.q}' }],
  ['grouping by nothing', LETTERS, { grouping: '${property.zero}' }],
] as const) {
  test(`a splitter on ${what} fails, and sends nothing`, async () => {
    const exchange = exchangeOf(body, {}, { q: 'q:b', zero: 0 });
    const sent: unknown[] = [];
    await assert.rejects(
      sentBy(sendingBundle(splitterNode(settings)), exchange, (one) => void sent.push(one)),
      (error) => error instanceof FlowFailure && ['split', 'expression'].includes(error.reason),
    );
    assert.deepEqual(sent, []);
    assert.equal(exchange.body, body);
  });
}

test('a message is split into 100,000 at most', async () => {
  const exchange = exchangeOf(`<a>${'<b/>'.repeat(100_001)}</a>`);
  await assert.rejects(sentBy(sendingBundle(splitterNode()), exchange), {
    name: 'FlowFailure',
    reason: 'too_large',
    message: 'The message would be split into 100001 messages; 100000 are the most. Group them.',
  });
});

test('what the messages come to together is bounded', async () => {
  const exchange = exchangeOf(`<a><h>${'x'.repeat(200_000)}</h>${'<b/>'.repeat(6000)}</a>`);
  await assert.rejects(sentBy(sendingBundle(splitterNode()), exchange), {
    name: 'FlowFailure',
    reason: 'too_large',
    message: /have more than 1048576000 characters together/,
  });
});

for (const [settings, cname, fault, kind] of [
  [{ splitExprValue: '/a/b[1]' }, 'Camel', /the path \/a\/b\[1\] is none of names alone/, 'design'],
  [{ splitExprValue: '' }, 'Camel', /the path {2}is none of names alone/, 'design'],
  [{ splitExprValue: '/a/@b' }, 'Camel', /is none of names alone/, 'design'],
  [{ splitExprValue: '/a///b' }, 'Camel', /is none of names alone/, 'design'],
  [{ splitExprValue: '//q:b' }, 'Camel', /has the prefix q without namespace/, 'design'],
  [{ splitExprValue: '${sys.x}' }, 'Camel', /is not available yet/, 'missing'],
  [{ exprType: 'Token', tokenValue: '' }, 'Camel', /names no token to split at/, 'design'],
  [{ exprType: 'Token', tokenValue: 'b' }, 'GeneralSplitter', /cannot split at a token/, 'design'],
  [{ exprType: 'Sheet' }, 'Camel', /splits by "Sheet", which is not available yet/, 'missing'],
  [{ grouping: '0' }, 'Camel', /groups by "0"; it takes a whole number above 0/, 'design'],
  [
    { ParallelProcessing: 'true', SplitterThreads: '51' },
    'Camel',
    /has "51" for SplitterThreads; it takes a whole number from 1 to 50/,
    'design',
  ],
  [{ ParallelProcessing: 'true', timeOut: 'x' }, 'Camel', /has "x" for timeOut/, 'design'],
] as const) {
  test(`a splitter with ${JSON.stringify(settings)} is refused when it is deployed`, () => {
    const faults = faultsOf(sendingBundle(splitterNode(settings, cname)));
    assert.match(faults.map(({ text }) => text).join('\n'), fault);
    assert.equal(faults[0]?.kind, kind);
  });
}
