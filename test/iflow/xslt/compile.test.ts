import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkCompiled,
  NotCompiled,
} from '../../../shared/iflow/steps/transformers/xslt/check-compiled.ts';
import { compile, map, type Stylesheet, stylesheet } from './stylesheets.ts';

/** The one thing that keeps a stylesheet from being compiled. */
function clauseOf(source: string, modules: Readonly<Record<string, string>> = {}): string {
  const { compiled, faults } = compile(source, modules);
  assert.equal(compiled, undefined);
  assert.equal(faults.length, 1);
  return faults[0]?.clause ?? '';
}

for (const [content, clause, top = ''] of [
  ['<a b="{1 +}"/>', 'has a syntax error: "1 +" (line 4, XPST0003)'],
  ['<a b="{lost(1)}"/>', 'calls lost(), which is not known: "lost(1)" (line 4, XPST0017)'],
  ['<a/>\n<a b="{$b}"/>', 'refers to $b, which is not declared: "$b" (line 5, XPST0008)'],
  [
    '<a><xsl:value-of select="a &lt; &quot;x&quot; and $b"/></a>',
    'refers to $b, which is not declared: "a < \\"x\\" and $b" (line 4, XPST0008)',
  ],
  [
    '<xsl:lost/>',
    'has an element that XSLT does not know, or does not allow there (line 4, XTSE0010)',
  ],
  [
    '<xsl:if/>',
    'has an element that XSLT does not know, or does not allow there (line 4, XTSE0010)',
  ],
  [
    '<xsl:call-template name="lost"/>',
    'calls the template lost, which is not there (line 4, XTSE0650)',
  ],
  [
    '<a/>',
    'names the type xs:lost, which is not known (XPST0051)',
    '<xsl:variable name="b" as="xs:lost"/>',
  ],
  [
    '<a/>',
    'has two templates of one name (line 2, XTSE0660)',
    '<xsl:template name="t"/><xsl:template name="t"/>',
  ],
] as readonly (readonly [string, string, string?])[]) {
  test(`what does not compile is told in a sentence with its line: ${clause}`, () => {
    assert.equal(clauseOf(stylesheet(content, { top })), clause);
  });
}

test('a fault in what is included names that file', () => {
  const source = stylesheet('<a/>', { top: '<xsl:include href="part%20one.xsl"/>' });
  const clause = clauseOf(source, { 'mapping/part one.xsl': stylesheet('<a b="{1 +}"/>') });
  assert.equal(clause, 'has a syntax error: "1 +" (part one.xsl, line 4, XPST0003)');
});

test('a function of Java, or one that SAP has and Flowgate has not, is missing rather than wrong', () => {
  const { faults } = compile(
    stylesheet('<a b="{date:new()}"/>', { namespaces: 'xmlns:date="java:java.util.Date"' }),
  );
  assert.deepEqual(faults, [
    {
      clause: 'calls new(), which is not known: "date:new()" (line 4, XPST0017)',
      kind: 'missing',
      capability: 'XSLT function java:java.util.Date new()',
    },
  ]);
});

for (const [what, source, clause] of [
  ['nothing', '', 'cannot be read as XML: there is no root element (line 1)'],
  ['no XML', 'hello', 'cannot be read as XML: there is text outside the root element (line 1)'],
  ['cut off', '<a>', 'cannot be read as XML: <a> is not closed (line 1)'],
  [
    'another document',
    '<a/>',
    'is no stylesheet: its root element has no version (line 1, XTSE0150)',
  ],
  [
    'deep',
    `${'<a>'.repeat(300)}${'</a>'.repeat(300)}`,
    'cannot be read as XML: elements are nested more than 200 deep (line 1)',
  ],
  [
    'large',
    ' '.repeat(2 * 1024 * 1024 + 1),
    'cannot be read as XML: it has more than 2097152 characters',
  ],
  [
    'in an encoding that it is not in',
    '<?xml version="1.0" encoding="utf-32"?><a/>',
    'cannot be read as XML: it is not utf-32 text',
  ],
] as const) {
  test(`a stylesheet that is ${what} is refused`, () => {
    assert.equal(clauseOf(source), clause);
  });
}

test('a stylesheet that includes or imports itself, or too much, is refused', () => {
  const include = (element: string, href: string): string =>
    stylesheet('', { top: `<xsl:${element} href="${href}"/>` });
  assert.equal(clauseOf(include('include', 'Map.xsl')), 'includes itself (XTSE0180)');
  assert.equal(clauseOf(include('import', 'Map.xsl')), 'imports itself (XTSE0210)');
  const modules = Object.fromEntries(
    Array.from({ length: 101 }, (_, n) => [
      `mapping/m${n}.xsl`,
      include('include', `m${n + 1}.xsl`),
    ]),
  );
  assert.equal(
    clauseOf(include('include', 'm0.xsl'), modules),
    'has more than 100 modules or 4194304 characters',
  );
});

test('a stylesheet may be in another encoding, and begin with a mark', async () => {
  const source = stylesheet('<a>é</a>');
  const declared = `<?xml version="1.0" encoding="ISO-8859-1"?>\n${source}`;
  for (const bytes of [Buffer.from(declared, 'latin1'), Buffer.from(`\uFEFF${source}`)]) {
    assert.match(String((await map(bytes)).body), /<a>é<\/a>$/);
  }
});

test('types of function parameters are known by any prefix, and no result shows how', async () => {
  const source = `<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:f="urn:f">
<!-- <xsl:param name="comment" as="xsd:string"/> -->
<xsl:function name="f:join" as="xsd:string"><xsl:param name="a" as="xsd:string"/><xsl:param name="b"
  as="xsd:string?" ></xsl:param><xsl:sequence select="concat($a, $b)"/></xsl:function>
<xsl:template match="/"><xsl:param name="c"><d/></xsl:param><a><xsl:value-of select="f:join('1', '>2')"/><![CDATA[<xsl:param/>]]><xsl:copy-of select="$c"/></a></xsl:template>
</xsl:stylesheet>`;
  const { body } = await map(source);
  assert.equal(
    body,
    '<?xml version="1.0" encoding="UTF-8"?><a xmlns:f="urn:f" xmlns:xsd="http://www.w3.org/2001/XMLSchema">1&gt;2&lt;xsl:param/&gt;<d/></a>',
  );
});

test('saxon:parse is parse-xml, for older stylesheets', async () => {
  const source = stylesheet('<a><xsl:value-of select="saxon:parse($text)/b"/></a>', {
    version: '1.0',
    namespaces: 'xmlns:saxon="http://saxon.sf.net/"',
    top: '<xsl:param name="text"/>',
  });
  const { body } = await map(source, { properties: { text: '<b>c</b>' } });
  assert.match(String(body), /<a[^>]*>c<\/a>$/);
});

for (const encoding of ['windows-1252', 'UTF-32', 'lost']) {
  test(`an encoding that no result is made in is refused at deployment: ${encoding}`, () => {
    const top = `<xsl:output encoding="${encoding}"/>`;
    const given: Stylesheet = { top };
    assert.equal(
      clauseOf(stylesheet('<a/>', given)),
      `asks for the encoding "${encoding}", which is not available`,
    );
  });
}

test('what is no compiled stylesheet is not taken for one', () => {
  for (const text of [
    '',
    '1',
    'null',
    '[]',
    '{"N":1}',
    '{"N":"package","C":{"0":{"N":"fn","name":"doc"},"length":1}}',
    '{"N":"package","C":["fn"]}',
    '{"N":"fn","name":["doc"]}',
  ]) {
    assert.throws(() => checkCompiled(text), NotCompiled, text);
  }
});

test('a call is what it is named, wherever it stands in what is compiled', () => {
  const refused = (part: unknown): readonly string[] =>
    checkCompiled(JSON.stringify({ N: 'package', C: [{ N: 'any', C: [part] }] })).refused.map(
      ({ what }) => what,
    );
  const ixsl = 'Q{http://saxonica.com/ns/interactiveXSLT}';
  const window = { N: 'ifCall', name: `${ixsl}window` };
  const call = (method: unknown, target: unknown = window): unknown => ({
    N: 'ifCall',
    name: `${ixsl}call`,
    C: [target, method, { N: 'arrayBlock' }],
  });
  assert.deepEqual(refused(call({ N: 'str', val: 'setHeader' })), []);
  assert.deepEqual(refused(call({ N: 'str', val: 'eval' })), ['JavaScript']);
  assert.deepEqual(refused(call({ N: 'varRef', val: 'setHeader' })), ['JavaScript']);
  assert.deepEqual(refused(call({ N: 'str', val: 'setHeader' }, { N: 'str' })), ['JavaScript']);
  // What stands in an allowed call is looked at as well.
  const inside = { ...window, C: [{ N: 'fn', name: 'doc' }] };
  assert.deepEqual([...refused(call({ N: 'str', val: 'setHeader' }, inside))].sort(), [
    'JavaScript',
    'doc()',
  ]);
  assert.deepEqual(refused({ N: 'fn', name: 'toString' }), ['toString()']);
  assert.deepEqual(refused({ N: 'fn', name: `${ixsl}page` }), ['JavaScript']);
  assert.deepEqual(refused({ N: 'fnRef', name: 'Q{urn:own}function' }), []);
  assert.deepEqual(refused({ N: 'fnRef', name: 'Q{http://saxon.sf.net/}lost' }), ['lost()']);
});
