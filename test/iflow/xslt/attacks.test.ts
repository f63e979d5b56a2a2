import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { checkCompiled } from '../../../shared/iflow/steps/transformers/xslt/check-compiled.ts';
import { extensionModule } from '../../../shared/iflow/steps/transformers/xslt/extensions.ts';
import { readSource } from '../../../shared/iflow/steps/transformers/xslt/source.ts';
import { World } from '../../../shared/iflow/steps/transformers/xslt/world.ts';
import { freshFolder } from '../../support/folders.ts';
import { compile, map, stylesheet } from './stylesheets.ts';

/**
 * Each door is tried twice: the deployment refuses it by name; and compiled without that check, as if
 * it had been got around, it opens on nothing.
 */
const NAMESPACES =
  'xmlns:js="http://saxonica.com/ns/globalJS" xmlns:ixsl="http://saxonica.com/ns/interactiveXSLT" xmlns:saxon="http://saxon.sf.net/" extension-element-prefixes="ixsl"';
const THIS_FILE = pathToFileURL(import.meta.filename).href;
/** Stands in this file, so that reading it would show. */
const CANARY = 'canary-4711';

let address = '';
let asked = 0;
const server = createServer((_, response) => {
  asked += 1;
  response.end(`<a>${CANARY}</a>`);
});

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  process.env['FLOWGATE_TEST_CANARY'] = CANARY;
});

after(() => {
  delete process.env['FLOWGATE_TEST_CANARY'];
  server.close();
});

/** What a stylesheet becomes, before anybody looks at what it does. */
function compileUnchecked(source: string): string {
  const extensions = extensionModule([source]);
  const files = [
    ['/main.xsl', source],
    ...(extensions === undefined ? [] : [['/extensions.xsl', extensions]]),
  ];
  const answer = new World().compile(JSON.stringify(files), '/main.xsl');
  assert.ok(answer.compiled !== undefined, answer.output);
  return answer.compiled;
}

/** Runs it all the same. */
function runUnchecked(compiled: string): string {
  const world = new World();
  world.prepare(compiled);
  const envelope = JSON.stringify({ parameters: [], headers: [], properties: [] });
  const told = world.transform(envelope, readSource('<order id="7"/>'));
  return told + world.takeResult();
}

const refusedIn = (compiled: string): readonly string[] =>
  checkCompiled(compiled).refused.map(({ what }) => what);

const select = (expression: string): string =>
  stylesheet(`<a><xsl:copy-of select="${expression}"/></a>`, {
    version: '3.0',
    namespaces: NAMESPACES,
  });

/** What a stylesheet that only looks something up finds: nothing. */
const EMPTY = /"headers":\[\],"properties":\[\]\}.*<a(?: xmlns:\w+="[^"]*")*(?:\/>|>false<\/a>)$/s;
const FAILED = /^\{"failure":/;

for (const [what, expression, found] of [
  ['doc()', `doc('${THIS_FILE}')`, FAILED],
  ['doc-available()', `doc-available('${THIS_FILE}')`, EMPTY],
  ['document()', `document('${THIS_FILE}')`, FAILED],
  ['document()', "document('')", FAILED],
  ['collection()', `collection('${THIS_FILE}')`, FAILED],
  ['uri-collection()', `uri-collection('${THIS_FILE}')`, EMPTY],
  ['unparsed-text()', `unparsed-text('${THIS_FILE}')`, FAILED],
  ['unparsed-text-lines()', `unparsed-text-lines('${THIS_FILE}')`, FAILED],
  ['unparsed-text-available()', `unparsed-text-available('${THIS_FILE}')`, EMPTY],
  ['json-doc()', `json-doc('${THIS_FILE}')`, FAILED],
  ['environment-variable()', "environment-variable('FLOWGATE_TEST_CANARY')", EMPTY],
  ['available-environment-variables()', 'available-environment-variables()', EMPTY],
  ['transform()', "transform(map{'stylesheet-text': 'x', 'source-node': /})", FAILED],
  ['load-xquery-module()', "load-xquery-module('x')", FAILED],
  ['function-lookup()', `function-lookup(xs:QName('js:eval'), 1)('1')`, FAILED],
  ['unparsed-text()', "unparsed-text('ADDRESS')", FAILED],
  ['doc-available()', "doc-available('ADDRESS')", EMPTY],
  ['unparsed-text()', `for-each('${THIS_FILE}', unparsed-text#1)`, FAILED],
  ['unparsed-text()', `'${THIS_FILE}' => unparsed-text()`, FAILED],
  [
    'unparsed-text()',
    `Q{http://www.w3.org/2005/xpath-functions}unparsed-text('${THIS_FILE}')`,
    FAILED,
  ],
  ['doc()', `(doc#1, 2)[1]('${THIS_FILE}')`, FAILED],
  ['JavaScript', "js:eval('1 + 1')", FAILED],
  ['JavaScript', "js:Function('return process')", FAILED],
  ['JavaScript', "js:require('node:fs')", FAILED],
  ['JavaScript', 'for-each(1, js:eval#1)', FAILED],
  ['JavaScript', "ixsl:eval('process.env.FLOWGATE_TEST_CANARY')", FAILED],
  ['JavaScript', 'ixsl:page()', FAILED],
  ['JavaScript', "ixsl:get(ixsl:window(), 'process')", EMPTY],
  ['JavaScript', "ixsl:get('text', 'constructor.constructor')", FAILED],
  ['JavaScript', "ixsl:call('text', 'constructor.constructor', ['return process'])", FAILED],
  [
    'JavaScript',
    "ixsl:call(ixsl:get(ixsl:window(), 'setHeader'), 'constructor', ['return process'])",
    FAILED,
  ],
] as const) {
  test(`${expression.replace(THIS_FILE, 'file:…')} is refused by name, and finds nothing where it runs`, () => {
    const compiled = compileUnchecked(select(expression.replace('ADDRESS', address)));
    assert.ok(refusedIn(compiled).includes(what), refusedIn(compiled).join());
    const answer = runUnchecked(compiled);
    assert.match(answer, found);
    assert.doesNotMatch(answer, new RegExp(CANARY));
    assert.equal(asked, 0);
  });
}

for (const [what, instruction, found] of [
  ['xsl:evaluate', `<xsl:evaluate xpath="'1 + 1'"/>`, FAILED],
  ['xsl:evaluate', `<xsl:evaluate xpath="'js:setHeader(''a'', ''b'')'"/>`, FAILED],
  [
    'xsl:merge-source with for-each-source',
    `<xsl:merge><xsl:merge-source for-each-source="'${THIS_FILE}'" select="a"><xsl:merge-key select="."/></xsl:merge-source><xsl:merge-action><b/></xsl:merge-action></xsl:merge>`,
    EMPTY,
  ],
  [
    'doc()',
    `<xsl:source-document href="${THIS_FILE}"><xsl:copy-of select="."/></xsl:source-document>`,
    FAILED,
  ],
  ['JavaScript', '<ixsl:set-property name="setHeader" select="1"/>', EMPTY],
  [
    'JavaScript',
    '<ixsl:schedule-action wait="1"><xsl:call-template name="t"/></ixsl:schedule-action>',
    FAILED,
  ],
] as const) {
  test(`${instruction.slice(0, 60)} is refused by name, and does nothing where it runs`, () => {
    const source = stylesheet(`<a>${instruction}</a>`, {
      version: '3.0',
      namespaces: NAMESPACES,
      top: '<xsl:template name="t"/>',
    });
    const compiled = compileUnchecked(source);
    assert.ok(refusedIn(compiled).includes(what), refusedIn(compiled).join());
    const answer = runUnchecked(compiled);
    assert.match(answer, found);
    assert.doesNotMatch(answer, new RegExp(CANARY));
    assert.doesNotMatch(answer, /"headers":\[\[/);
  });
}

test('xsl:result-document is refused by name, and writes nothing where it runs', async (t) => {
  const file = `${await freshFolder(t)}/written.xml`;
  for (const href of [pathToFileURL(file).href, file, '']) {
    const source = stylesheet(
      `<xsl:result-document${href === '' ? '' : ` href="${href}"`}><a>${CANARY}</a></xsl:result-document>`,
    );
    const compiled = compileUnchecked(source);
    assert.deepEqual(refusedIn(compiled), ['xsl:result-document']);
    if (href !== '') assert.match(runUnchecked(compiled), FAILED);
    assert.ok(!existsSync(file));
  }
});

test('every door of a stylesheet is named at once', () => {
  const { faults } = compile(
    select("doc('a'), unparsed-text('b'), js:eval('c'), environment-variable('d')"),
  );
  assert.deepEqual(faults.map(({ capability }) => capability).sort(), [
    'XSLT JavaScript',
    'XSLT doc()',
    'XSLT environment-variable()',
    'XSLT unparsed-text()',
  ]);
});

for (const expression of [
  `unparsed-text('${THIS_FILE}')`,
  `string(doc('${THIS_FILE}'))`,
  "unparsed-text('ADDRESS')",
  "environment-variable('FLOWGATE_TEST_CANARY')",
  "string(js:eval('1'))",
  "function-lookup(QName(concat('http://saxonica', '.com/ns/globalJS'), 'eval'), 1)('1')",
  `transform(map{'stylesheet-text': unparsed-text('${THIS_FILE}')})?output`,
]) {
  test(`an expression of the compiler's own time reaches no more: ${expression.replace(THIS_FILE, 'file:…')}`, () => {
    const source = stylesheet('<a><xsl:value-of select="$static"/></a>', {
      version: '3.0',
      namespaces: NAMESPACES,
      top: `<xsl:param name="static" static="yes" select="${expression.replace('ADDRESS', address)}"/>`,
    });
    const { compiled, faults } = compile(source);
    const told = JSON.stringify([compiled?.text ?? '', faults]);
    assert.doesNotMatch(told, new RegExp(CANARY));
    assert.equal(asked, 0);
  });
}

for (const href of [
  THIS_FILE,
  'file:///etc/passwd',
  '../../../../../../../../etc/passwd',
  'http://127.0.0.1/x.xsl',
  '//127.0.0.1/x.xsl',
  'data:text/xml,&lt;a/>',
  'https://127.0.0.1/x.xsl',
  '%',
]) {
  test(`a stylesheet includes nothing from outside of its bundle: ${href.slice(0, 40)}`, () => {
    for (const element of ['include', 'import']) {
      const source = stylesheet('<a/>', { top: `<xsl:${element} href="${href}"/>` });
      const { compiled, faults } = compile(source);
      assert.equal(compiled, undefined);
      assert.match(
        faults[0]?.clause ?? '',
        /^includes ".*", which is (?:no file of|not in) the bundle$/,
      );
      assert.equal(faults[0]?.kind, 'reference');
    }
    assert.equal(asked, 0);
  });
}

test('an address that the include hides from the first look is not read either', () => {
  const source = stylesheet('<a/>', {
    version: '3.0',
    top: `<xsl:include _href="{'${THIS_FILE}'}"/>`,
  });
  const { compiled, faults } = compile(source);
  assert.equal(compiled, undefined);
  assert.doesNotMatch(JSON.stringify(faults), new RegExp(CANARY));
});

test('a stylesheet with a document type is refused before the processor sees it', () => {
  const { faults } = compile(
    `<!DOCTYPE a [<!ENTITY b SYSTEM "${THIS_FILE}">]>${stylesheet('<a>&b;</a>')}`,
  );
  assert.match(faults[0]?.clause ?? '', /^cannot be read as XML: a document type declaration/);
});

for (const [what, text] of [
  ['an external entity', `<!DOCTYPE a [<!ENTITY b SYSTEM "${THIS_FILE}">]><a>&b;</a>`],
  ['an external subset', `<!DOCTYPE a SYSTEM "${THIS_FILE}"><a/>`],
  ['entities that multiply', '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a>&c;</a>'],
  ['a document type in another case', '<!doctype a [<!ENTITY b "x">]><a>&b;</a>'],
] as const) {
  test(`parse-xml() refuses ${what}, and so does parse-xml-fragment()`, async () => {
    for (const name of ['parse-xml', 'parse-xml-fragment']) {
      const source = stylesheet(`<a><xsl:copy-of select="${name}($text)"/></a>`, {
        version: '3.0',
        top: '<xsl:param name="text"/>',
      });
      await assert.rejects(map(source, { properties: { text } }), (error: Error) => {
        assert.match(error.message, /FODC0006|FORG0001/);
        assert.doesNotMatch(error.message, new RegExp(CANARY));
        return true;
      });
    }
  });
}

test('no message leaves anything behind for the next one of the same stylesheet', () => {
  const source = stylesheet(
    `<a><xsl:value-of select="$held, f:kept(1), $given, key('all', 'x'), accumulator-after('seen'), if (order/wrong) then error() else ()" separator="|"/></a>`,
    {
      version: '3.0',
      namespaces: 'xmlns:f="urn:f"',
      top: `<xsl:param name="given" select="'-'"/><xsl:variable name="held" select="string(order/@id)"/><xsl:key name="all" match="order" use="'x'"/><xsl:function name="f:kept" cache="yes"><xsl:param name="of"/><xsl:sequence select="$held"/></xsl:function><xsl:accumulator name="seen" as="xs:integer" initial-value="0"><xsl:accumulator-rule match="order" select="$value + 1"/></xsl:accumulator><xsl:mode use-accumulators="#all"/>`,
    },
  );
  const { compiled } = compile(source);
  assert.ok(compiled);
  const world = new World();
  world.prepare(compiled.text);
  const transform = (body: string, given?: string): string => {
    const parameters = given === undefined ? [] : [['given', 'untypedAtomic', given]];
    const envelope = JSON.stringify({ parameters, headers: [], properties: [] });
    const told = world.transform(envelope, readSource(body));
    assert.deepEqual(JSON.parse(told), { headers: [], properties: [] });
    return world.takeResult().replace(/^.*<a>|<\/a>$/g, '');
  };
  assert.equal(transform('<order id="1">one</order>', 'secret'), '1|1|secret|one|1');
  assert.equal(transform('<order id="2">two</order>'), '2|2|-|two|1');
  // Nor does a transformation that fails, or what it has set until then.
  const envelope = '{"parameters":[],"headers":[],"properties":[]}';
  const wrong = readSource('<order id="3"><wrong/></order>');
  assert.match(world.transform(envelope, wrong), FAILED);
  assert.equal(world.takeResult(), '');
  assert.equal(transform('<order/>'), '||-||1');
});

test('the realm of a stylesheet makes no code from text, and holds nothing of Node.js', () => {
  const source = stylesheet('<a/>');
  assert.ok(compile(source).compiled);
  // What a stylesheet that reached the realm's own functions would try.
  for (const expression of [
    "ixsl:eval('process')",
    "ixsl:eval('globalThis.constructor.constructor(&quot;return process&quot;)()')",
    "ixsl:eval('import(&quot;node:fs&quot;)')",
  ]) {
    assert.match(
      runUnchecked(compileUnchecked(select(expression))),
      /^\{"failure":\{"kind":"processor"\}\}/,
    );
  }
});
