import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readXml, XmlError } from '../../shared/iflow/xml/read-xml.ts';
import { rootText } from '../../shared/iflow/xml/root-text.ts';
import { writeXml } from '../../shared/iflow/xml/write-xml.ts';

const LIMITS = { maxCharacters: 1_000_000, maxDepth: 100, maxNodes: 1000 };

const wellFormed: readonly [what: string, xml: string, written: string][] = [
  ['elements, attributes and text', `<a b='1'>x<c/></a>`, '<a b="1">x<c/></a>'],
  [
    'the five entities and character references',
    '<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;</a>',
    `<a>&lt;&gt;&amp;'"A😀</a>`,
  ],
  ['CDATA as text', '<a>x<![CDATA[<&]]>y</a>', '<a>x&lt;&amp;y</a>'],
  ['comments and instructions', '<a><!-- c --><?p d?></a>', '<a><!-- c --><?p d?></a>'],
  ['a declaration, comments around the root', '<?xml version="1.0"?>\n<!--c--><a/>\n', '<a/>'],
  ['line ends as line feeds (section 2.11)', '<a>1\r\n2\r3</a>', '<a>1\n2\n3</a>'],
  ['a byte order mark', '\uFEFF<a/>', '<a/>'],
  ['white space in an attribute as spaces (section 3.3.3)', '<a b="1\t2\n3"/>', '<a b="1 2 3"/>'],
  ['space in tags', '<a  b = "1" ></a >', '<a b="1"/>'],
];

for (const [what, xml, written] of wellFormed) {
  test(`XML is read with ${what}`, () => {
    assert.equal(writeXml(readXml(xml, LIMITS).documentElement), written);
  });
}

test('a second byte order mark is no white space: nothing is cut one character beside its place', () => {
  assert.equal(rootText('\uFEFF<a><b/></a>', LIMITS), '<a><b/></a>');
  const twice = '\uFEFF\uFEFF<a><b/></a>';
  for (const read of [rootText, readXml]) {
    assert.throws(() => read(twice, LIMITS), /text outside the root element/);
  }
});

test('namespaces are resolved where they are declared and forgotten where they end', () => {
  const xml =
    '<p:a xmlns:p="urn:1" xmlns="urn:d" c="" p:c=""><b xmlns=""/><p:b xmlns:p="urn:2"/><p:b/></p:a>';
  const root = readXml(xml, LIMITS).documentElement;
  assert.equal(root.namespaceURI, 'urn:1');
  assert.deepEqual(
    root.attributes.filter((a) => a.localName === 'c').map((a) => a.namespaceURI),
    [null, 'urn:1'],
  );
  assert.deepEqual(
    root.elements().map((e) => e.namespaceURI),
    [null, 'urn:2', 'urn:1'],
  );
});

test('an element that is written by itself keeps the namespaces of its ancestors', () => {
  const root = readXml('<a xmlns:p="urn:1" xmlns:q="urn:2"><p:b xmlns:q="urn:3"/></a>', LIMITS);
  const [inner] = root.documentElement.elements();
  assert.ok(inner);
  assert.equal(writeXml(inner), '<p:b xmlns:p="urn:1" xmlns:q="urn:3"/>');
});

const refused: readonly [why: string, xml: string, message: RegExp][] = [
  ['a document type declaration', '<!DOCTYPE a><a/>', /document type declaration/],
  ['entities declared', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /document type declaration/],
  ['an unknown entity', '<a>&b;</a>', /unknown entity/],
  ['an entity named as a property of every object', '<a>&constructor;</a>', /unknown entity/],
  ['a bare ampersand', '<a>b & c</a>', /unknown entity/],
  ['a forbidden character', '<a>\u0001</a>', /character that XML does not allow/],
  ['a reference to a forbidden character', '<a>&#0;</a>', /character that XML does not allow/],
  ['a reference beyond Unicode', '<a>&#x110000;</a>', /character that XML does not allow/],
  ['a reference that never ends', '<a>&lt;&amp</a>', /unknown entity/],
  ['a reference of more than 16 characters', '<a>&#0000000000000065;</a>', /unknown entity/],
  ['a lone surrogate', '<a>\uD800</a>', /character that XML does not allow/],
  ['tags that cross', '<a><b></a></b>', /closes nothing/],
  ['a tag that is not closed', '<a><b></b>', /<a> is not closed/],
  ['two roots', '<a/><b/>', /more than one root/],
  ['no root', ' <!-- nothing --> ', /no root/],
  ['text outside the root', '<a/>b', /outside the root/],
  ['CDATA outside the root', '<![CDATA[x]]><a/>', /outside the root/],
  ['an attribute twice', '<a b="1" b="2"/>', /appears twice/],
  [
    'an attribute twice by namespace',
    '<a xmlns:p="u" xmlns:q="u" p:b="" q:b=""/>',
    /appears twice/,
  ],
  ['an attribute without quotes', '<a b=1/>', /not in quotes/],
  ['an attribute without value', '<a b/>', /no value/],
  ['< in an attribute', '<a b="<"/>', /contains </],
  ['an undeclared prefix', '<p:a/>', /prefix p is not declared/],
  ['two colons in a name', '<a:b:c/>', /not a name with a prefix/],
  ['a prefix bound to nothing', '<a xmlns:p=""/>', /has no namespace/],
  ['a reserved prefix', '<a xmlns:xml="urn:other"/>', /reserved/],
  ['-- in a comment', '<a><!-- a -- b --></a>', /contains --/],
  [']]> in text', '<a>]]></a>', /contains \]\]>/],
  ['a comment that never ends', '<a><!-- ', /not closed/],
  ['a late XML declaration', '<a><?xml version="1.0"?></a>', /not at the start/],
  ['a name that is none', '<1/>', /name is missing/],
  ['depth', `${'<a>'.repeat(101)}${'</a>'.repeat(101)}`, /nested more than 100 deep/],
  ['too many nodes', `<a>${'<b/>'.repeat(1000)}</a>`, /more than 1000 elements/],
  [
    'too many attributes',
    `<a ${Array.from({ length: 1001 }, (_, i) => `b${i}=""`).join(' ')}/>`,
    /more than 1000/,
  ],
  ['length', `<a>${' '.repeat(1_000_000)}</a>`, /more than 1000000 characters/],
];

for (const [why, xml, message] of refused) {
  test(`XML is refused for ${why}`, () => {
    assert.throws(
      () => readXml(xml, LIMITS),
      (error) => error instanceof XmlError && message.test(error.message),
    );
  });
}

test('a fault names the line it is on', () => {
  assert.throws(() => readXml('<a>\n\n<b>\n</a>', LIMITS), /\(line 4\)$/);
});

test('thousands of nested namespace declarations are read', () => {
  const depth = 2000;
  const open = Array.from({ length: depth }, (_, i) => `<b xmlns:p${i}="u${i}">`).join('');
  const xml = `<a>${open}${'</b>'.repeat(depth)}</a>`;
  const limits = { maxCharacters: 1_000_000, maxDepth: 5000, maxNodes: 100_000 };
  assert.equal(readXml(xml, limits).documentElement.elements().length, 1);
});

test('any text is either read and written back alike, or refused with an XmlError', () => {
  const piece = fc.constantFrom(
    '<a>',
    '</a>',
    '<a/>',
    '<',
    '>',
    '&lt;',
    '&',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?p',
    '?>',
    ' b="c"',
    'xmlns:p="u"',
    'p:',
    '"',
    "'",
    '=',
    'x',
    ' ',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      try {
        const written = writeXml(readXml(`<r>${pieces.join('')}</r>`, LIMITS).documentElement);
        assert.equal(writeXml(readXml(written, LIMITS).documentElement), written);
      } catch (error) {
        assert.ok(error instanceof XmlError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
