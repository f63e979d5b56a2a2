import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeOf } from '../running.ts';
import { faultsOf, runStep, table } from './one-step.ts';

type Settings = Readonly<Record<string, string>>;
const MAPPED: Settings = {
  useNamespaces: 'true',
  jsonNamespaceMapping: table(['http://com.sap/abc', 'abc'], ['http://com.sap/xyz', 'xyz']),
};
const SUPPRESS: Settings = { xmlJsonSuppressRootElement: 'true' };
const ALL: Settings = { xmlJsonUseStreaming: 'true', xmlJsonConvertAllElements: 'all' };
const streaming = (...paths: readonly string[]): Settings => ({
  xmlJsonUseStreaming: 'true',
  xmlJsonConvertAllElements: 'specific',
  xmlJsonPathTable: table(...paths.map((path) => [path, ''])),
});

const DOCUMENTED =
  '<n1:A xmlns:n1="http://com.sap/abc" xmlns:n2="http://com.sap/xyz">\n  <n2:B n2:attr1="1" attr2="2">valueB</n2:B>\n  <C>valueC1</C>\n  <C>valueC2</C>\n  <D/>\n  <E>valueE</E>\n</n1:A>';
const TIMES = '<root><A>a</A><B>b1</B><B>b2</B><C>c</C></root>';
const SCATTERED = '<root><childA>A1</childA><childB>B</childB><childA>A2</childA></root>';

const golden: readonly [what: string, settings: Settings, xml: string, json: string][] = [
  [
    'namespaces become mapped prefixes (SAP Help, Example: … with and without Namespace Mapping)',
    MAPPED,
    DOCUMENTED,
    '{"abc:A":{"xyz:B":{"@xyz:attr1":"1","@attr2":"2","$":"valueB"},"C":["valueC1","valueC2"],"D":"","E":"valueE"}}',
  ],
  [
    'prefixes are left out while namespaces are not used',
    { useNamespaces: 'false' },
    DOCUMENTED,
    '{"A":{"B":{"@attr1":"1","@attr2":"2","$":"valueB"},"C":["valueC1","valueC2"],"D":"","E":"valueE"}}',
  ],
  [
    'a namespace that is not mapped keeps the prefix that it has in the XML',
    { useNamespaces: 'true', jsonNamespaceSeparator: '.' },
    '<ns:A xmlns:ns="http://test"/>',
    '{"ns.A":""}',
  ],
  ['siblings of one name are gathered', {}, TIMES, '{"root":{"A":"a","B":["b1","b2"],"C":"c"}}'],
  [
    'siblings that stand apart are gathered',
    {},
    SCATTERED,
    '{"root":{"childA":["A1","A2"],"childB":"B"}}',
  ],
  [
    'mixed content is put together',
    {},
    '<A>mixed1_value<B>valueB</B>mixed2_value</A>',
    '{"A":{"B":"valueB","$":"mixed1_valuemixed2_value"}}',
  ],
  ['the root is suppressed', SUPPRESS, '<root><A>a</A><B>b</B></root>', '{"A":"a","B":"b"}'],
  ['a suppressed root with a text', SUPPRESS, '<root>v</root>', '"v"'],
  ['a suppressed root without a text', SUPPRESS, '<root></root>', '""'],
  [
    'a text of white space is kept, white space between elements is not',
    {},
    '<A> <B> </B> </A>',
    '{"A":{"B":" "}}',
  ],
  ['attributes alone', {}, '<A x="1"/>', '{"A":{"@x":"1"}}'],
  [
    'CDATA and references are text, comments and instructions nothing',
    {},
    '<A>1<!-- c -->&lt;<![CDATA[<]]><?p?>"2\n</A>',
    '{"A":"1<<\\"2\\n"}',
  ],
  [
    'a name of every object is a name',
    {},
    '<__proto__><constructor/></__proto__>',
    '{"__proto__":{"constructor":""}}',
  ],
  [
    'streaming with all elements as arrays (SAP Help, How Streaming … Works)',
    ALL,
    TIMES,
    '{"root":[{"A":["a"],"B":["b1","b2"],"C":["c"]}]}',
  ],
  [
    'streaming with specific elements as arrays',
    streaming('/root/A', 'root/B'),
    TIMES,
    '{"root":{"A":["a"],"B":["b1","b2"],"C":"c"}}',
  ],
  [
    'streaming that was not told of a repeated element',
    streaming('/root/A'),
    TIMES,
    '{"root":{"A":["a"],"B":"b1","B":"b2","C":"c"}}',
  ],
  [
    'streaming of siblings that stand apart',
    streaming('root/childA'),
    SCATTERED,
    '{"root":{"childA":["A1"],"childB":"B","childA":["A2"]}}',
  ],
  [
    'streaming of mixed content',
    streaming(),
    '<A>mixed1_value<B>valueB</B>mixed2_value</A>',
    '{"A":{"$":"mixed1_value","B":"valueB","$":"mixed2_value"}}',
  ],
  [
    'streaming, all, root suppressed',
    { ...ALL, ...SUPPRESS },
    '<root><A>a</A><B><C>c</C></B></root>',
    '{"A":["a"],"B":[{"C":["c"]}]}',
  ],
  [
    'streaming of white space',
    ALL,
    '<A x="1"> <b y=""> </b> <c> </c></A>',
    '{"A":[{"@x":"1","b":[{"@y":"","$":" "}],"c":[" "]}]}',
  ],
  [
    'streaming leaves a namespace without any prefix out',
    { ...streaming(), useNamespaces: 'true' },
    '<A xmlns="http://test">v</A>',
    '{"A":"v"}',
  ],
  [
    'paths of arrays may be written with prefixes',
    { ...MAPPED, ...streaming('/abc:A/xyz:B', '/abc.A/C'), jsonNamespaceSeparator: '.' },
    '<n:A xmlns:n="http://com.sap/abc"><m:B xmlns:m="http://com.sap/xyz"/><C/></n:A>',
    '{"abc.A":{"xyz.B":[""],"C":[""]}}',
  ],
  [
    'paths of arrays do not count without streaming',
    { ...streaming('/root/A'), xmlJsonUseStreaming: 'false' },
    '<root><A>a</A></root>',
    '{"root":{"A":"a"}}',
  ],
];

for (const [what, settings, xml, json] of golden) {
  test(`XML to JSON: ${what}`, async () => {
    const { body } = await runStep('XmlToJsonConverter', settings, exchangeOf(xml));
    assert.equal(body, json);
  });
}

test('XML to JSON writes the encoding of the settings, a header or a property', async () => {
  const xml = '<a>ä😀</a>';
  const latin = Buffer.from('{"a":"ä\\ud83d\\ude00"}', 'latin1');
  for (const [settings, headers, properties, expected] of [
    [{ jsonOutputEncoding: 'ISO-8859-1' }, {}, {}, latin],
    [{}, { CamelCharsetName: 'iso-8859-1' }, {}, latin],
    [{}, {}, { CamelCharsetName: 'ISO-8859-1' }, latin],
    [{ jsonOutputEncoding: 'UTF-8' }, { CamelCharsetName: 'ISO-8859-1' }, {}, '{"a":"ä😀"}'],
    [{ jsonOutputEncoding: 'UTF-16LE' }, {}, {}, Buffer.from('{"a":"ä😀"}', 'utf16le')],
    [
      { jsonOutputEncoding: 'UTF-16' },
      {},
      {},
      Buffer.from('\uFEFF{"a":"ä😀"}', 'utf16le').swap16(),
    ],
    [{ jsonOutputEncoding: 'US-ASCII' }, {}, {}, Buffer.from('{"a":"\\u00e4\\ud83d\\ude00"}')],
  ] as const) {
    const exchange = exchangeOf(xml, headers, properties);
    await runStep('XmlToJsonConverter', settings, exchange);
    const { body } = exchange;
    assert.deepEqual(typeof body === 'string' ? body : Buffer.from(body), expected);
  }
  const unknown = exchangeOf(xml, { CamelCharsetName: 'EBCDIC' });
  await assert.rejects(runStep('XmlToJsonConverter', {}, unknown), /"EBCDIC"; use UTF-8/);
});

test('XML to JSON reads bytes in the encoding that the XML names', async () => {
  const xml = '<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>';
  const { body } = await runStep('XmlToJsonConverter', {}, exchangeOf(Buffer.from(xml, 'latin1')));
  assert.equal(body, '{"a":"ä"}');
});

const refused: readonly [what: string, settings: Settings, xml: string, message: RegExp][] = [
  [
    'a namespace without any prefix',
    { useNamespaces: 'true' },
    '<A xmlns="http://test"/>',
    /<A> is in the namespace http:\/\/test/,
  ],
  [
    'a document type declaration',
    {},
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    /document type declaration/,
  ],
  ['what is no XML', {}, '{"a":1}', /text outside the root element/],
  ['an empty body', {}, '', /no root element/],
  ['501 elements in each other', {}, '<a>'.repeat(501), /nested more than 500 deep/],
];

for (const [what, settings, xml, message] of refused) {
  test(`XML to JSON fails on ${what}, and the body stays`, async () => {
    const exchange = exchangeOf(xml);
    await assert.rejects(runStep('XmlToJsonConverter', settings, exchange), message);
    assert.equal(exchange.body, xml);
  });
}

test('XML to JSON is not deployed with settings that it cannot have', () => {
  for (const [settings, kind, message] of [
    [{ jsonOutputEncoding: 'EBCDIC' }, 'missing', /the encoding "EBCDIC"/],
    [
      { xmlJsonUseStreaming: 'true', xmlJsonConvertAllElements: 'some' },
      'design',
      /makes arrays of "some"/,
    ],
    [streaming('/a//b'), 'design', /names "\/a\/\/b" as an array/],
  ] as const) {
    const [fault] = faultsOf('XmlToJsonConverter', settings);
    assert.match(fault?.text ?? '', message);
    assert.equal(fault?.kind, kind);
  }
});
