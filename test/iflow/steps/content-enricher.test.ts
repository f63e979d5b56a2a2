import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Exchange, HeaderMap } from '../../../shared/iflow/exchange.ts';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import { line, setBody } from '../../support/flow-bundle.ts';
import { serve } from '../../support/loopback-server.ts';
import { bodyOf, environmentWith, failureOf, httpService } from '../receivers/http-under-test.ts';
import { exchangeOf, faultsOf, runBundle } from '../running.ts';
import { COMBINE, enrichBy, enriched, enrichExchange, enricherBundle } from './enriching.ts';

const DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>";
const MULTIMAP = `${DECLARATION}<multimap:Messages xmlns:multimap="http://sap.com/xi/XI/SplitAndMerge">`;

const STAFF = enrichBy('Staff/Person', 'badge', 'Phones/entry', 'of');

test('Enrich puts every entry of the same key behind the key element (SAP Help, Define Content Enricher)', async () => {
  const original = `<?xml version="1.0"?>
<Staff>
  <Person><id>1</id><badge>b1</badge><name>Ada</name></Person>
  <Person><id>2</id><badge>b2</badge></Person>
</Staff>
`;
  const lookup =
    '<Phones><entry><of>b1</of><nr>9</nr></entry><entry><of>b3</of></entry><entry><nr/><of>b1</of></entry></Phones>';
  assert.equal(
    await enriched(original, lookup, STAFF),
    `${DECLARATION}
<Staff>
  <Person><id>1</id><badge>b1</badge><entry><of>b1</of><nr>9</nr></entry><entry><nr/><of>b1</of></entry><name>Ada</name></Person>
  <Person><id>2</id><badge>b2</badge></Person>
</Staff>
`,
  );
});

test('a prefix of the message counts not, a path may leave the root out, and a node may have many keys (SAP Help, Content Enricher)', async () => {
  const original =
    '<o:Order xmlns:o="urn:orders" nr="7"><Items><Item><Kind>A</Kind><Qty>2</Qty></Item><Item><Kind>B</Kind></Item><Item><Kind>A</Kind></Item></Items></o:Order>';
  const lookup =
    '<Kinds><Kind><Code>B</Code><Main>Soft</Main></Kind><Kind><Code>A</Code><Main>Hard</Main></Kind></Kinds>';
  const a = '<Kind><Code>A</Code><Main>Hard</Main></Kind>';
  assert.equal(
    await enriched(original, lookup, enrichBy('Order/Items', 'Item/Kind', 'Kind', 'Code')),
    `${DECLARATION}<o:Order xmlns:o="urn:orders" nr="7"><Items><Item><Kind>A</Kind>${a}<Qty>2</Qty></Item><Item><Kind>B</Kind><Kind><Code>B</Code><Main>Soft</Main></Kind></Item><Item><Kind>A</Kind>${a}</Item></Items></o:Order>`,
  );
});

test('a key is found deeper in its node (SAP Help, Use the JSON to XML and XML to JSON Converter)', async () => {
  const original = '<Products><Product><Id>1</Id></Product></Products>';
  const lookup = '<Products><Product><Price>9</Price><Id>1</Id></Product></Products>';
  assert.equal(
    await enriched(original, lookup, enrichBy('Products', 'Id', '/Products/Product', 'Id')),
    `${DECLARATION}<Products><Product><Id>1</Id><Product><Price>9</Price><Id>1</Id></Product></Product></Products>`,
  );
});

for (const [what, original, lookup, result] of [
  [
    'a key right below its node hides those deeper in it',
    '<Staff><Person><old><badge>x</badge></old><badge>b</badge></Person></Staff>',
    '<Phones><entry><of>b</of></entry><entry><of>x</of></entry></Phones>',
    '<Staff><Person><old><badge>x</badge></old><badge>b</badge><entry><of>b</of></entry></Person></Staff>',
  ],
  [
    'a path from the root hides the same path deeper in the message',
    '<Staff><Person><badge>b</badge></Person><x><Staff><Person><badge>b</badge></Person></Staff></x></Staff>',
    '<Phones><entry><of>b</of></entry></Phones>',
    '<Staff><Person><badge>b</badge><entry><of>b</of></entry></Person><x><Staff><Person><badge>b</badge></Person></Staff></x></Staff>',
  ],
  [
    'nodes from the root that have no key hide those deeper in the message',
    '<Staff><Person/><x><Staff><Person><badge>b</badge></Person></Staff></x></Staff>',
    '<Phones><entry><of>b</of></entry></Phones>',
    '<Staff><Person/><x><Staff><Person><badge>b</badge></Person></Staff></x></Staff>',
  ],
  [
    'each of several keys of a node has its entries',
    '<Staff><Person><badge>1</badge><badge>2</badge></Person></Staff>',
    '<Phones><entry><of>2</of></entry><entry><of>1</of><of>2</of><of>2</of></entry></Phones>',
    '<Staff><Person><badge>1</badge><entry><of>1</of><of>2</of><of>2</of></entry><badge>2</badge><entry><of>2</of></entry><entry><of>1</of><of>2</of><of>2</of></entry></Person></Staff>',
  ],
  [
    'keys are compared as texts, sign for sign',
    '<Staff><Person><badge>a&amp;<![CDATA[<]]></badge></Person><Person><badge>01</badge></Person><Person><badge>B</badge></Person></Staff>',
    '<Phones><entry><of>&#97;&amp;&lt;</of></entry><entry><of>1</of></entry><entry><of> B</of></entry></Phones>',
    '<Staff><Person><badge>a&amp;<![CDATA[<]]></badge><entry><of>&#97;&amp;&lt;</of></entry></Person><Person><badge>01</badge></Person><Person><badge>B</badge></Person></Staff>',
  ],
  [
    'the text of elements in a key counts, and comments do not',
    '<Staff><Person><badge><p>b</p><!-- no --><p>1</p></badge></Person></Staff>',
    '<Phones><entry><of>b<?no x?>1</of></entry></Phones>',
    '<Staff><Person><badge><p>b</p><!-- no --><p>1</p></badge><entry><of>b<?no x?>1</of></entry></Person></Staff>',
  ],
  [
    'an empty key has no entries (SAP Help, Define Content Enricher)',
    '<Staff><Person><badge/></Person></Staff>',
    '<Phones><entry><of></of></entry></Phones>',
    '<Staff><Person><badge/></Person></Staff>',
  ],
  [
    'a message without the key element stays (SAP Help, Define Content Enricher)',
    '<Staff><Person><id>b</id></Person></Staff>',
    '<Phones><entry><of>b</of></entry></Phones>',
    '<Staff><Person><id>b</id></Person></Staff>',
  ],
  [
    'a message without the node stays',
    '<Other><badge>b</badge></Other>',
    '<Phones><entry><of>b</of></entry></Phones>',
    '<Other><badge>b</badge></Other>',
  ],
  [
    'a message stays whose answer has no such node',
    '<Staff><Person><badge>b</badge></Person></Staff>',
    '<Error><code>b</code></Error>',
    '<Staff><Person><badge>b</badge></Person></Staff>',
  ],
  [
    'a message stays whose answer is empty',
    '<Staff><Person><badge>b</badge></Person></Staff>',
    ' \n',
    '<Staff><Person><badge>b</badge></Person></Staff>',
  ],
  [
    'an entry keeps its namespaces and attributes, and takes none from its new place',
    '<Staff xmlns="urn:s" xmlns:x="urn:x"><Person><badge>b</badge></Person></Staff>',
    '<Phones xmlns:i="urn:i" xmlns:x="urn:x"><entry i:nil="true"><of>b</of></entry></Phones>',
    '<Staff xmlns="urn:s" xmlns:x="urn:x"><Person><badge>b</badge><entry xmlns:i="urn:i" xmlns="" i:nil="true"><of>b</of></entry></Person></Staff>',
  ],
  [
    'an entry is declared for each place that it is put into',
    '<Staff><Person><badge>b</badge></Person><Person xmlns:i="urn:i"><badge>b</badge></Person><Person xmlns:i="urn:other"><badge>b</badge></Person></Staff>',
    '<Phones xmlns:i="urn:i"><entry><of i:a="1">b</of></entry></Phones>',
    '<Staff><Person><badge>b</badge><entry xmlns:i="urn:i"><of i:a="1">b</of></entry></Person><Person xmlns:i="urn:i"><badge>b</badge><entry><of i:a="1">b</of></entry></Person><Person xmlns:i="urn:other"><badge>b</badge><entry xmlns:i="urn:i"><of i:a="1">b</of></entry></Person></Staff>',
  ],
] as const) {
  test(`Enrich: ${what}`, async () => {
    assert.equal(await enriched(original, lookup, STAFF), DECLARATION + result);
  });
}

test('a prefix in a path means the namespace that the iFlow gives it', async () => {
  const settings = { settings: { namespaceMapping: 'xmlns:m=urn:m' } };
  const lookup = '<List xmlns="urn:m"><e><k>1</k></e></List>';
  const by = enrichBy('/m:A/B', 'm:k', '/m:List/m:e', 'k');
  assert.equal(
    await enriched('<y:A xmlns:y="urn:m"><B><y:k>1</y:k></B></y:A>', lookup, by, settings),
    `${DECLARATION}<y:A xmlns:y="urn:m"><B><y:k>1</y:k><e xmlns="urn:m"><k>1</k></e></B></y:A>`,
  );
  const other = '<A xmlns="urn:other"><B><k>1</k></B></A>';
  assert.equal(await enriched(other, lookup, by, settings), DECLARATION + other);
});

test('Combine puts both into the multimapping format (SAP Help, Define Content Enricher)', async () => {
  const original = '<?xml version="1.0"?>\n<!-- note --><Staff><Person/></Staff>\n';
  assert.equal(
    await enriched(original, '<?xml version="1.0"?><Phones x="1"/>', COMBINE),
    `${MULTIMAP}<multimap:Message1><Staff><Person/></Staff></multimap:Message1><multimap:Message2><Phones x="1"/></multimap:Message2></multimap:Messages>`,
  );
});

test('Combine takes texts that are no XML, and nothing at all (SAP Help, Guidelines for Modifying Content)', async () => {
  assert.equal(
    await enriched('{"a":"x<y & z"}', '', COMBINE),
    `${MULTIMAP}<multimap:Message1>{"a":"x&lt;y &amp; z"}</multimap:Message1><multimap:Message2></multimap:Message2></multimap:Messages>`,
  );
});

test('bodies in bytes are read in the encodings that they declare', async () => {
  const original = Buffer.from(
    '<?xml version="1.0" encoding="ISO-8859-1"?><Staff><Person><badge>ä</badge></Person></Staff>',
    'latin1',
  );
  const lookup = Buffer.from('\uFEFF<Phones><entry><of>ä</of></entry></Phones>', 'utf16le');
  assert.equal(
    await enriched(original, lookup, STAFF),
    `${DECLARATION}<Staff><Person><badge>ä</badge><entry><of>ä</of></entry></Person></Staff>`,
  );
  assert.match(await enriched('grün', lookup, COMBINE), /<multimap:Message1>grün<.*<of>ä<\/of>/);
});

test('the receiver is asked with the message; of its answer, only the body is taken', async () => {
  const exchange = exchangeOf(
    '<Staff/>',
    { 'Content-Type': 'application/xml', h: '1' },
    { p: ['1'] },
  );
  const seen: Pick<Exchange, 'body' | 'headers'>[] = [];
  const answer = (asked: Exchange): void => {
    seen.push({ body: asked.body, headers: asked.headers.copy() });
    asked.body = '<Phones/>';
    asked.headers.set('h', '2');
    asked.headers.set('CamelHttpResponseCode', 203);
    asked.properties.set('p', '2');
    asked.attachments.set('a', { contentType: 'text/plain', body: 'x', headers: {} });
  };
  await enrichExchange(exchange, answer, STAFF);
  const headers = new HeaderMap();
  headers.set('Content-Type', 'application/xml');
  headers.set('h', '1');
  assert.deepEqual(seen, [{ body: '<Staff/>', headers }]);
  assert.deepEqual([...exchange.headers], [...headers]);
  assert.deepEqual([...exchange.properties], [['p', ['1']]]);
  assert.equal(exchange.attachments.size, 0);
});

for (const [what, original, lookup, settings, message] of [
  [
    'a message that is no XML',
    '{}',
    '<a/>',
    STAFF,
    /its body cannot be read as XML: there is text/,
  ],
  ['an empty message', '', '<a/>', STAFF, /its body cannot be read as XML: there is no root/],
  [
    'an answer that is no XML',
    '<a/>',
    '{"a":1}',
    STAFF,
    /The message cannot be enriched: the answer of the receiver cannot be read as XML: there is text outside the root element \(line 1\)\./,
  ],
  ['an answer that is cut short', '<a/>', '<a>\n<b>', STAFF, /<b> is not closed \(line 2\)/],
  [
    'a document type, to Combine',
    '<a/>',
    '<!DOCTYPE html><html/>',
    COMBINE,
    /the answer of the receiver cannot be read as XML: a document type declaration/,
  ],
  ['two roots, to Combine', '<a/><b/>', '', COMBINE, /its body .* more than one root element/],
  [
    'a sign that XML has not, to Combine',
    'a\0',
    '',
    COMBINE,
    /a character that XML does not allow/,
  ],
  [
    'bytes that are no text, to Combine',
    Buffer.from('ff80', 'hex'),
    '',
    COMBINE,
    /its body cannot be read as XML: it is not utf-8 text/,
  ],
] as const) {
  test(`${what}, fails, and the message stays as it was`, async () => {
    const exchange = exchangeOf(original);
    await assert.rejects(
      enrichExchange(exchange, lookup, settings),
      (error) =>
        error instanceof FlowFailure && error.reason === 'enrich' && message.test(error.message),
    );
    assert.equal(exchange.body, original);
  });
}

const throughHttp = (origin: string): Uint8Array =>
  enricherBundle(STAFF, {
    receivers: [
      {
        from: 'Enrich',
        adapter: 'HTTP',
        properties: { httpAddressWithoutQuery: `${origin}/phones`, httpMethod: 'POST' },
        inward: true,
      },
    ],
  });

test('an HTTP receiver is sent the message once, and its answer is put in', async (t) => {
  const bodies: string[] = [];
  const origin = await serve(t, (request, response) => {
    void bodyOf(request).then((body) => {
      bodies.push(body);
      response.setHeader('Content-Type', 'application/xml');
      response.end('<Phones><entry><of>b</of></entry></Phones>');
    });
  });
  const original = '<Staff><Person><badge>b</badge></Person></Staff>';
  const exchange = exchangeOf(original);
  await runBundle(throughHttp(origin), exchange, environmentWith(httpService(t)));
  assert.deepEqual(bodies, [original]);
  assert.equal(
    exchange.body,
    `${DECLARATION}<Staff><Person><badge>b</badge><entry><of>b</of></entry></Person></Staff>`,
  );
});

test('a receiver that fails fails the step as it does a Request Reply, and the message stays', async (t) => {
  const origin = await serve(t, (_, response) => {
    response.statusCode = 502;
    response.end('<down/>');
  });
  const exchange = exchangeOf('<Staff/>');
  const failure = await failureOf(throughHttp(origin), exchange, environmentWith(httpService(t)));
  assert.equal(failure.reason, 'receiver_answer');
  assert.match(failure.message, /^HTTP operation failed invoking .*\/phones with statusCode: 502$/);
  assert.equal(failure.caught.responseBody, '<down/>');
  assert.equal(exchange.body, '<Staff/>');
});

test('an exception subprocess handles an answer that cannot be read, with the message as it was', async () => {
  const flow = line({ id: 'Enrich', cname: 'contentEnricherWithLookup', properties: STAFF });
  const tell = setBody('Tell', '${header.SAP_ErrorModelStepID}${body} ${exception.message}');
  const exception = {
    nodes: [
      { id: 'Caught', cname: 'ErrorStartEvent' },
      tell,
      { id: 'Done', cname: 'MessageEndEvent' },
    ],
  };
  const exchange = exchangeOf('<Staff/>');
  await enrichExchange(exchange, 'no', STAFF, { processes: [{ ...flow, exception }] });
  assert.match(
    String(exchange.body),
    /^Enrich<Staff\/> The message cannot be enriched: the answer of/,
  );
});

const CHANNEL = { from: 'Enrich', adapter: 'ProcessDirect', properties: { address: '/l' } };

for (const [what, properties, rest, fault, kind] of [
  [
    'no aggregation algorithm',
    {},
    {},
    /combines messages by "", which is not available yet/,
    'missing',
  ],
  [
    'another aggregation algorithm',
    { enrichmentType: 'script' },
    {},
    /combines messages by "script", which is not available yet/,
    'missing',
  ],
  [
    'no path to the original node',
    { ...STAFF, originalMessageNodePath: '' },
    {},
    /has a Path to Node of the Original Message that cannot be used: it names no element/,
    'design',
  ],
  [
    'XPath in place of a path',
    { ...STAFF, resourceMessageNodePath: '//entry[1]' },
    {},
    /has a Path to Node of the Lookup Message that cannot be used: it has the path "\/\/entry\[1\]"/,
    'design',
  ],
  [
    'a key that is an attribute',
    { ...STAFF, originalMessageKeyElement: '@id' },
    {},
    /has a Key Element of the Original Message that cannot be used: it has the path "@id"/,
    'design',
  ],
  [
    'a prefix without namespace',
    { ...STAFF, resourceMessageKeyElement: 'q:of' },
    {},
    /Key Element of the Lookup Message .* prefixes of the iFlow's Namespace Mapping only/,
    'design',
  ],
  [
    'a parameter that is no path',
    { ...STAFF, resourceMessageKeyElement: '{{key}}' },
    { parameters: { key: 'a b' } },
    /Key Element of the Lookup Message/,
    'parameter',
  ],
  ['no receiver', COMBINE, { receivers: [] }, /is connected to no receiver/, 'design'],
  [
    'two receivers, one drawn to it and one from it',
    COMBINE,
    { receivers: [CHANNEL, { ...CHANNEL, inward: true as const }] },
    /sends to 2 receivers; it can send to one/,
    'design',
  ],
  [
    'a receiver of an adapter that is not there',
    COMBINE,
    { receivers: [{ from: 'Enrich', adapter: 'HCIOData', inward: true as const }] },
    /Receiver channel "HCIOData" \(HCIOData\) is not available yet/,
    'missing',
  ],
] as const) {
  test(`a Content Enricher with ${what} is refused when it is deployed`, () => {
    const faults = faultsOf(enricherBundle(properties, rest));
    assert.equal(faults.length, 1, JSON.stringify(faults));
    assert.match(faults[0]?.text ?? '', fault);
    assert.equal(faults[0]?.kind, kind);
  });
}

test('a channel that is drawn from the step to the receiver is the same channel', async () => {
  const rest = { receivers: [CHANNEL] };
  assert.match(await enriched('<a/>', '<b/>', COMBINE, rest), /<a\/>.*<b\/>/);
});
