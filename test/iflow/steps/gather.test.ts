import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Body, Exchange } from '../../../shared/iflow/exchange.ts';
import { flowBundle, line, setBody } from '../../support/flow-bundle.ts';
import { environmentOf, exchangeOf, faultsOf, runBundle } from '../running.ts';
import { COMBINE, CONCATENATE, gathering, SEND, type Settings, splitterNode } from './splitting.ts';

/** The combined message of a splitter at line breaks, whose lines are bodies. */
async function combined(
  lines: readonly string[],
  gather: Settings,
  exchange: Exchange = exchangeOf(),
): Promise<Body> {
  exchange.body = lines.join('\n');
  const splitter = splitterNode({ exprType: 'Line Break' }, 'Camel');
  const zip = flowBundle({
    settings: { namespaceMapping: 'xmlns:n=urn:n' },
    processes: [gathering([splitter], gather)],
  });
  await runBundle(zip, exchange);
  return exchange.body;
}

const MULTIMAP =
  "<?xml version='1.0' encoding='UTF-8'?><multimap:Messages xmlns:multimap=\"http://sap.com/xi/XI/SplitAndMerge\">";

test('Combine puts XML of one format into one message of the multimapping format', async () => {
  const lines = [
    '<?xml version="1.0"?><!-- note --><note><to>Jack</to></note>',
    '<note/>',
    '<note x="1"/>',
  ];
  assert.equal(
    await combined(lines, COMBINE),
    `${MULTIMAP}<multimap:Message1><note><to>Jack</to></note><note/><note x="1"/></multimap:Message1></multimap:Messages>`,
  );
});

test('Combine puts XML of different formats into a message for each', async () => {
  assert.equal(
    await combined(['<a/>', '<b/>'], { aggregationAlgorithm: 'sap-pi-multi-mapping' }),
    `${MULTIMAP}<multimap:Message1><a/></multimap:Message1><multimap:Message2><b/></multimap:Message2></multimap:Messages>`,
  );
});

test('Concatenate puts texts one behind the other, in the order of the split', async () => {
  assert.equal(await combined(['one', 'two', '', 'three'], CONCATENATE), 'onetwothree');
});

const MERGE = {
  aggregationAlgorithm: 'xpath-merge-strategy',
  sourceXPath: '/list/entry',
  targetXPath: '/list',
};

test('Combine at XPath puts what the source means behind what the target of the first message holds', async () => {
  const lines = [
    '<list nr="1" xmlns:x="urn:x"><entry>1</entry><end/></list>',
    '<list xmlns:y="urn:y"><entry y:a="&lt;">2</entry><other/><entry>3</entry></list>',
  ];
  assert.equal(
    await combined(lines, MERGE),
    '<?xml version="1.0" encoding="UTF-8"?><list nr="1" xmlns:x="urn:x"><entry>1</entry><end/><entry xmlns:y="urn:y" y:a="&lt;">2</entry><entry xmlns:y="urn:y">3</entry></list>',
  );
});

test('Combine at XPath takes the first message that has the target, and messages without source add nothing', async () => {
  const settings = { ...MERGE, sourceXPath: '//n:entry', targetXPath: '/n:list/n:all' };
  const lines = [
    '<other xmlns="urn:n"><entry>1</entry></other>',
    '<list xmlns="urn:n"><all/></list>',
    '<nothing/>',
    '<x:entry xmlns:x="urn:n">2</x:entry>',
  ];
  assert.equal(
    await combined(lines, settings),
    '<?xml version="1.0" encoding="UTF-8"?><list xmlns="urn:n"><all><entry xmlns="urn:n">1</entry><x:entry xmlns:x="urn:n">2</x:entry></all></list>',
  );
});

test('without a target, Combine at XPath puts what it finds beside the first that it has found', async () => {
  const lines = ['<list><entry>1</entry></list>', '<list><entry>2</entry></list>'];
  assert.equal(
    await combined(lines, { ...MERGE, targetXPath: '' }),
    '<?xml version="1.0" encoding="UTF-8"?><list><entry>1</entry><entry>2</entry></list>',
  );
});

for (const [what, lines, settings, message] of [
  [
    'text where it needs XML',
    ['<a/>', 'b'],
    COMBINE,
    /number 2 of 2 cannot be read as XML: there is text outside the root element \(line 1\)/,
  ],
  ['more than one root element', ['<a/>', '<b/><b/>'], COMBINE, /more than one root element/],
  ['a document type', ['<!DOCTYPE a []><a/>'], COMBINE, /a document type declaration/],
  ['text where it merges', ['<list/>', 'b'], MERGE, /number 2 of 2 cannot be read as XML/],
  [
    'messages without any source',
    ['<list/>', '<list/>'],
    MERGE,
    /The XPath \/list\/entry points to no element in any of the messages/,
  ],
  [
    'messages without any target',
    ['<a><list><entry/></list></a>'],
    { ...MERGE, sourceXPath: '//entry' },
    /The XPath \/list points to no element/,
  ],
  [
    'roots beside each other',
    ['<entry/>', '<entry/>'],
    { ...MERGE, sourceXPath: '/entry', targetXPath: '' },
    /would have more than one root element/,
  ],
] as const) {
  test(`a Gather of ${what} fails, and the message stays as it was before its splitter`, async () => {
    const exchange = exchangeOf();
    await assert.rejects(combined(lines, settings, exchange), { name: 'FlowFailure', message });
    assert.equal(exchange.body, lines.join('\n'));
  });
}

test('the combined message has headers and properties of the first, and those from before the split', async () => {
  const modify = {
    id: 'Modify',
    cname: 'Enricher',
    properties: {
      headerTable: row('seen', '${body}'),
      propertyTable: row('own', '${body}'),
    },
  };
  const splitter = splitterNode({ exprType: 'Line Break', Streaming: 'false' }, 'Camel');
  const zip = flowBundle({ processes: [gathering([splitter, modify], CONCATENATE)] });
  const exchange = exchangeOf('1\n2\n3', { h: 'x' }, { p: 'y', CamelSplitIndex: 7 });
  await runBundle(zip, exchange);
  assert.equal(exchange.body, '123');
  assert.deepEqual(Object.fromEntries(exchange.headers), { h: 'x', seen: '1' });
  assert.deepEqual(Object.fromEntries(exchange.properties), {
    p: 'y',
    own: '1',
    CamelSplitIndex: 7,
  });
});

function row(name: string, value: string): string {
  return `<row><cell id="Action">Create</cell><cell id="Name">${name}</cell><cell id="Type">expression</cell><cell id="Value">${value}</cell></row>`;
}

test('messages that go to an end instead of the Gather are not combined', async () => {
  const zip = flowBundle({
    processes: [
      {
        nodes: [
          { id: 'Start', cname: 'MessageStartEvent' },
          splitterNode({ exprType: 'Line Break' }, 'Camel'),
          { id: 'Router', cname: 'ExclusiveGateway', default: 'Kept' },
          { id: 'Gather', cname: 'Gather', properties: CONCATENATE },
          setBody('After', '${body}.'),
          { id: 'End', cname: 'MessageEndEvent' },
          { id: 'Dropped', cname: 'EndEvent' },
        ],
        routes: [
          'Start -> Splitter -> Router',
          { id: 'Kept', from: 'Router', to: 'Gather' },
          { from: 'Router', to: 'Dropped', condition: "${body} contains 'x'" },
          'Gather -> After -> End',
        ],
      },
    ],
  });
  const some = exchangeOf('1\nx\n3');
  await runBundle(zip, some);
  assert.equal(some.body, '13.');
  const none = exchangeOf('x1\nx2');
  assert.equal((await runBundle(zip, none)).status, 'COMPLETED');
  assert.equal(none.body, 'x1\nx2');
});

test('a splitter in a splitter has the first Gather, the outer one the second', async () => {
  const inner = { ...splitterNode({ exprType: 'Token', tokenValue: ';' }, 'Camel'), id: 'Inner' };
  const zip = flowBundle({
    processes: [
      line(
        splitterNode({ exprType: 'Line Break' }, 'Camel'),
        inner,
        setBody('Mark', '(${body}${property.CamelSplitIndex})'),
        { id: 'First', cname: 'Gather', properties: CONCATENATE },
        setBody('Line', '[${body}${property.CamelSplitIndex}]'),
        { id: 'Second', cname: 'Gather', properties: CONCATENATE },
      ),
    ],
  });
  const exchange = exchangeOf('a;b\nc');
  await runBundle(zip, exchange);
  assert.equal(exchange.body, '[(a0)(b1)0][(c0)1]');
});

test('a Gather to which no splitter leads combines the one message', async () => {
  const zip = flowBundle({ processes: [gathering([setBody('Set', '<a/>')], COMBINE)] });
  const exchange = exchangeOf();
  await runBundle(zip, exchange);
  assert.equal(
    exchange.body,
    `${MULTIMAP}<multimap:Message1><a/></multimap:Message1></multimap:Messages>`,
  );
});

test('bodies in bytes are combined in the encodings that they declare', async () => {
  const replies = [
    Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>', 'latin1'),
    '<?xml version="1.0" encoding="ISO-8859-1"?><a>ö</a>',
    Buffer.from('\uFEFF<a>ü</a>', 'utf16le'),
  ];
  const zip = flowBundle({
    receivers: [{ from: 'Ask', adapter: 'ProcessDirect', properties: { address: '/out' } }],
    processes: [
      gathering(
        [
          splitterNode({ exprType: 'Line Break' }, 'Camel'),
          { ...SEND, id: 'Ask', cname: 'ExternalCall' },
        ],
        COMBINE,
      ),
    ],
  });
  const exchange = exchangeOf('0\n1\n2');
  const environment = {
    ...environmentOf(),
    processDirect: (_: string, asked: Exchange) => {
      asked.body = replies[Number(asked.body)] ?? '';
      return Promise.resolve();
    },
  };
  await runBundle(zip, exchange, environment);
  assert.match(String(exchange.body), /<a>ä<\/a><a>ö<\/a><a>ü<\/a>/);
});

test('what is gathered is bounded', async () => {
  const splitter = splitterNode({ exprType: 'Line Break' }, 'Camel');
  const big = 'x'.repeat(30 * 1024 * 1024);
  const zip = flowBundle({
    processes: [gathering([splitter, setBody('Grow', '${property.big}')], CONCATENATE)],
  });
  await assert.rejects(runBundle(zip, exchangeOf('1\n2\n3\n4', {}, { big })), {
    name: 'FlowFailure',
    reason: 'too_large',
    message: 'The messages to be combined have more than 104857600 characters or bytes.',
  });
});

for (const [settings, fault, kind] of [
  [{ aggregationAlgorithm: 'zip-strategy' }, /combines messages by "zip-strategy"/, 'missing'],
  [{}, /combines messages by "", which is not available yet/, 'missing'],
  [{ ...MERGE, sourceXPath: '' }, /cannot combine messages: the XPath is empty/, 'design'],
  [{ ...MERGE, targetXPath: '/a[' }, /cannot combine messages: the XPath \/a\[ is not/, 'design'],
] as const) {
  test(`a Gather with ${JSON.stringify(settings)} is refused when it is deployed`, () => {
    const faults = faultsOf(flowBundle({ processes: [gathering([], settings)] }));
    assert.match(faults.map(({ text }) => text).join('\n'), fault);
    assert.equal(faults[0]?.kind, kind);
  });
}
