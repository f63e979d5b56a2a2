import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeOf } from '../running.ts';
import { faultsOf, runStep, table } from './one-step.ts';

const DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>";
const ROOT = { addXMLRootElement: 'true', additionalRootElementName: 'root' };
const MAPPED = {
  useNamespaces: 'true',
  jsonNamespaceMapping: table(['http://com.sap/abc', 'abc'], ['http://com.sap/xyz', 'xyz']),
};

const DOCUMENTED =
  '{"abc:A":{"xyz:B":{"@xyz:attr1":"1","@attr2":"2","$":"valueB"},"C":["valueC1","valueC2"],"D":"","E":"valueE"}}';

const golden: readonly [
  what: string,
  settings: Readonly<Record<string, string>>,
  json: string,
  xml: string,
][] = [
  [
    'prefixes that are mapped stand for namespaces (SAP Help, Example: … with and without Namespace Mapping)',
    MAPPED,
    DOCUMENTED,
    '<abc:A xmlns:abc="http://com.sap/abc" xmlns:xyz="http://com.sap/xyz"><xyz:B xyz:attr1="1" attr2="2">valueB</xyz:B><C>valueC1</C><C>valueC2</C><D/><E>valueE</E></abc:A>',
  ],
  [
    'prefixes are left out while namespaces are not used',
    { useNamespaces: 'false' },
    DOCUMENTED,
    '<A><B attr1="1" attr2="2">valueB</B><C>valueC1</C><C>valueC2</C><D/><E>valueE</E></A>',
  ],
  [
    'the separator may be a dot',
    { ...MAPPED, jsonNamespaceSeparator: '.' },
    '{"abc.A":{"p.B":"1"}}',
    '<abc:A xmlns:abc="http://com.sap/abc" xmlns:xyz="http://com.sap/xyz"><p.B>1</p.B></abc:A>',
  ],
  [
    'a prefix that is not mapped stays part of the name',
    { useNamespaces: 'true' },
    '{"p:A":{"@q:a":"1"}}',
    '<p:A q:a="1"/>',
  ],
  ['null is an empty element', {}, '{"a":{"C":null}}', '<a><C/></a>'],
  ['empty objects, arrays and texts', ROOT, '{"a":{},"b":[],"c":""}', '<root><a/><c/></root>'],
  [
    'numbers keep every digit that was written',
    ROOT,
    '{"a":12345678901234567890123,"b":0.10,"c":-1E+400,"d":true}',
    '<root><a>12345678901234567890123</a><b>0.10</b><c>-1E+400</c><d>true</d></root>',
  ],
  [
    'items of an array are elements of its name, null and objects among them',
    ROOT,
    '{"a":[1,null,{"b":2},""]}',
    '<root><a>1</a><a/><a><b>2</b></a><a/></root>',
  ],
  [
    'a member that comes again is a further element',
    ROOT,
    '{"a":1,"a":2}',
    '<root><a>1</a><a>2</a></root>',
  ],
  [
    'signs of XML are escaped, in text and attributes',
    {},
    '{"a":{"@b":"<\\"&\\n>","$":"<\\"&\\r]]>"}}',
    '<a b="&lt;&quot;&amp;&#10;&gt;">&lt;"&amp;&#13;]]&gt;</a>',
  ],
  ['escapes of JSON are read', {}, '{"\\u0061":"\\ud83d\\ude00\\/\\t"}', '<a>😀/\t</a>'],
  ['an array of one item may be the root', {}, '{"a":[{"b":1}]}', '<a><b>1</b></a>'],
  [
    'the added root element has the namespace of a mapped prefix',
    { ...MAPPED, ...ROOT, additionalRootElementNamespace: 'http://com.sap/abc' },
    '{}',
    '<abc:root xmlns:abc="http://com.sap/abc" xmlns:xyz="http://com.sap/xyz"/>',
  ],
  [
    'the added root element has a prefix of its own for another namespace',
    { ...ROOT, additionalRootElementNamespace: 'urn:other' },
    '{"a":1}',
    '<ns0:root xmlns:ns0="urn:other"><a>1</a></ns0:root>',
  ],
];

for (const [what, settings, json, xml] of golden) {
  test(`JSON to XML: ${what}`, async () => {
    const { body } = await runStep('JsonToXmlConverter', settings, exchangeOf(json));
    assert.equal(body, DECLARATION + xml);
  });
}

test('JSON to XML: the namespace of the added root element may be one of the flow', async () => {
  for (const written of ['ns', 'urn:flow', 'xmlns:ns=urn:flow']) {
    const settings = { ...ROOT, additionalRootElementNamespace: written };
    const flow = { settings: { namespaceMapping: 'xmlns:ns=urn:flow' } };
    const { body } = await runStep('JsonToXmlConverter', settings, exchangeOf('{}'), flow);
    assert.equal(body, `${DECLARATION}<ns:root xmlns:ns="urn:flow"/>`);
  }
});

test('JSON to XML: bytes are read in the encoding that they, a header or the type names', async () => {
  const json = '{"a":"ä"}';
  for (const [bytes, headers] of [
    [Buffer.from(json), {}],
    [Buffer.from(`\uFEFF${json}`), {}],
    [Buffer.from(json, 'latin1'), { CamelCharsetName: 'ISO-8859-1' }],
    [Buffer.from(json, 'latin1'), { 'Content-Type': 'application/json; charset="iso-8859-1"' }],
    [Buffer.from(`\uFEFF${json}`, 'utf16le'), {}],
  ] as const) {
    const exchange = await runStep('JsonToXmlConverter', {}, exchangeOf(bytes, headers));
    assert.equal(exchange.body, `${DECLARATION}<a>ä</a>`);
  }
});

test('JSON to XML leaves headers as they are, Content-Type among them', async () => {
  const exchange = exchangeOf('{"a":1}', { 'Content-Type': 'application/json' });
  await runStep('JsonToXmlConverter', {}, exchange);
  assert.deepEqual([...exchange.headers], [['Content-Type', 'application/json']]);
});

const refused: readonly [
  what: string,
  settings: Readonly<Record<string, string>>,
  json: string,
  message: RegExp,
][] = [
  ['an array as a whole', ROOT, '[{"a":1}]', /does not begin with an object/],
  ['a text as a whole', {}, '"a"', /does not begin with an object/],
  ['an empty body', {}, '', /a value is missing/],
  ['more than one root', {}, '{"a":1,"b":2}', /more than one member; select Add XML Root Element/],
  ['an array of two as root', {}, '{"a":[1,2]}', /more than one member/],
  ['no root', {}, '{}', /no member that could become the root/],
  ['an empty array as root', {}, '{"a":[]}', /no member that could become the root/],
  ['an attribute as root', {}, '{"@a":1}', /The root member name starts with the attribute/i],
  ['an attribute of the added root', ROOT, '{"@a":1}', /the root member name starts with the attr/],
  ['an attribute behind members', {}, '{"a":{"b":1,"@c":2}}', /"@c" stands after other members/],
  ['an attribute behind text', {}, '{"a":{"$":"x","@c":2}}', /"@c" stands after other members/],
  ['a null attribute', {}, '{"a":{"@b":null}}', /"@b" is null/],
  ['an attribute that is an object', {}, '{"a":{"@b":{}}}', /"@b" holds an object/],
  ['text that is an array', {}, '{"a":{"$":[1]}}', /"\$" holds an array/],
  ['one attribute twice', {}, '{"a":{"@b":1,"@b":2}}', /"@b" appears twice/],
  ['an array in an array', {}, '{"a":[[1]]}', /an array stands in an array/],
  ['a name with a space', {}, '{"a b":1}', /"a b" cannot be an XML name/],
  ['a name that begins with a digit', {}, '{"1":1}', /"1" cannot be an XML name/],
  ['an empty name', {}, '{"":1}', /"" cannot be an XML name/],
  ['a lone attribute sign', {}, '{"a":{"@":1}}', /"" cannot be an XML name/],
  ['a name that would close its tag', {}, '{"a><b":1}', /cannot be an XML name/],
  ['a name that begins with xml', {}, '{"XmlData":1}', /"XmlData" cannot be an XML name/],
  ['a namespace declaration', MAPPED, '{"a":{"@xmlns:p":"urn:x"}}', /cannot be an XML name/],
  ['two separators', MAPPED, '{"abc:a:b":1}', /"abc:a:b" cannot be an XML name/],
  [
    'a separator that is no part of a name',
    { ...MAPPED, jsonNamespaceSeparator: '|' },
    '{"p|a":1}',
    /"p\|a" cannot be/,
  ],
  ['a name of 501 characters', {}, `{"${'a'.repeat(501)}":1}`, /more than 500 characters/],
  ['a control character', {}, '{"a":"\\u0000"}', /character that XML does not allow/],
  ['half a surrogate pair', {}, '{"a":"\\ud800"}', /character that XML does not allow/],
  ['what is no JSON', {}, "{'a':1}", /a member has no name in quotes \(line 1\)/],
  ['a comma too many', {}, '{"a":1,\n}', /no name in quotes \(line 2\)/],
  ['a number with a leading zero', {}, '{"a":01}', /a comma or \} is missing/],
  ['a text that is not closed', {}, '{"a":"b', /a string is not closed/],
  ['something behind the end', {}, '{"a":1}{}', /something follows its end/],
  ['an object that is not closed', {}, '{"a":{"b":1}', /a comma or \} is missing/],
  ['501 objects in each other', {}, '{"a":'.repeat(501), /nested more than 500 deep/],
];

for (const [what, settings, json, message] of refused) {
  test(`JSON to XML fails on ${what}, and the body stays`, async () => {
    const exchange = exchangeOf(json);
    await assert.rejects(runStep('JsonToXmlConverter', settings, exchange), message);
    assert.equal(exchange.body, json);
  });
}

test('JSON to XML stops at the largest body, however often an array repeats a long name', async () => {
  const exchange = exchangeOf(`{"${'a'.repeat(500)}":[${'1,'.repeat(120_000)}1]}`);
  await assert.rejects(
    runStep('JsonToXmlConverter', ROOT, exchange),
    /would become longer than 104857600 characters/,
  );
});

test('JSON to XML fails on bytes that are no text of their encoding', async () => {
  const exchange = exchangeOf(Buffer.from([0x7b, 0xff, 0x7d]));
  await assert.rejects(runStep('JsonToXmlConverter', {}, exchange), /is not UTF-8 text/);
  const unknown = exchangeOf(Buffer.from('{}'), { CamelCharsetName: 'x-none' });
  await assert.rejects(runStep('JsonToXmlConverter', {}, unknown), /is not x-none text/);
});

const notDeployed: readonly [
  what: string,
  settings: Readonly<Record<string, string>>,
  message: RegExp,
][] = [
  [
    'a root element that is no name',
    { ...ROOT, additionalRootElementName: '1 a' },
    /"1 a", which is no XML name/,
  ],
  ['another separator', { jsonNamespaceSeparator: '-' }, /prefix separator "-"/],
  [
    'a mapping without prefix',
    { useNamespaces: 'true', jsonNamespaceMapping: table(['urn:a', '']) },
    /JSON prefix ""/,
  ],
  [
    'one prefix twice',
    { useNamespaces: 'true', jsonNamespaceMapping: table(['urn:a', 'p'], ['urn:b', 'p']) },
    /"p" twice/,
  ],
  [
    'a prefix of XML itself',
    { useNamespaces: 'true', jsonNamespaceMapping: table(['urn:a', 'xmlns']) },
    /"xmlns"/,
  ],
  [
    'a root namespace that cannot be declared',
    { ...ROOT, additionalRootElementNamespace: 'xmlns:1=urn:a' },
    /write its URI/,
  ],
];

for (const [what, settings, message] of notDeployed) {
  test(`JSON to XML is not deployed with ${what}`, () => {
    const [fault, ...others] = faultsOf('JsonToXmlConverter', settings);
    assert.match(fault?.text ?? '', message);
    assert.equal(others.length, 0);
  });
}
