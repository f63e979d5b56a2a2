import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TaskFailure } from '../../../shared/iflow/tasks/task.ts';
import { ScriptFailure } from '../../../shared/iflow/script/engine.ts';
import type { XsltResult } from '../../../shared/iflow/steps/transformers/xslt/xslt.ts';
import { process as runScript, startEngine } from '../script/engine.ts';
import { compile, stylesheet } from './stylesheets.ts';

const engine = startEngine(3);

/** Transforms in a worker thread. */
async function transform(
  source: string,
  body = '<order id="7"/>',
  timeoutMs = 10_000,
): Promise<XsltResult> {
  const { compiled, faults } = compile(source);
  assert.ok(compiled, JSON.stringify(faults));
  const call = {
    body,
    stylesheet: compiled.facts,
    parameters: {},
    headers: [],
    properties: [],
    result: 'text',
  } as const;
  return engine.tasks.run('xslt', call, { key: source, timeoutMs, resource: compiled.text });
}

/** How it ends: the sentence of the log. */
const ending = (...call: Parameters<typeof transform>): Promise<string> =>
  transform(...call).then(
    ({ body }) => `made ${body.length} characters`,
    (error: unknown) => {
      assert.ok(error instanceof TaskFailure || error instanceof ScriptFailure, String(error));
      return error.message;
    },
  );

const copy = `<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="@*|node()"><xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy></xsl:template></xsl:stylesheet>`;

test('a worker transforms message after message by the stylesheet that it was sent once', async () => {
  const source = stylesheet('<a><xsl:value-of select="order/@id"/></a>');
  for (const id of ['1', '2', '3']) {
    const { body } = await transform(source, `<order id="${id}"/>`);
    assert.equal(body, `<?xml version="1.0" encoding="UTF-8"?><a>${id}</a>`);
  }
});

const loop = `<xsl:template name="loop"><xsl:param name="n" select="1"/><xsl:iterate select="1 to 1000000000"><xsl:param name="sum" select="0"/><xsl:next-iteration><xsl:with-param name="sum" select="$sum + ."/></xsl:next-iteration></xsl:iterate></xsl:template>`;
for (const [what, content, top, body] of [
  ['a loop', '<xsl:call-template name="loop"/>', loop, '<a/>'],
  [
    'a regular expression',
    `<a><xsl:value-of select="matches(string(/), '^(a+)+$')"/></a>`,
    '',
    `<a>${'a'.repeat(60)}!</a>`,
  ],
  [
    'every node with every other',
    '<a><xsl:value-of select="count(//b[count(//b) = count(preceding::b)])"/></a>',
    '',
    `<a>${'<b/>'.repeat(20_000)}</a>`,
  ],
] as const) {
  test(`a transformation that takes too long is ended, and others run on: ${what}`, async () => {
    const wild = ending(stylesheet(content, { version: '3.0', top }), body, 1000);
    let ended = false;
    void wild.finally(() => (ended = true));
    let answered = 0;
    while (!ended) {
      await runScript(engine, 'message.setBody("calm");');
      answered += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(await wild, 'The work of the step took longer than 1000 ms.');
    assert.ok(answered >= 2, `${answered} calm runs were answered`);
  });
}

test('a transformation that takes too much memory ends its worker only', async () => {
  const source = stylesheet('<a><xsl:value-of select="array:size(array { 1 to 30000000 })"/></a>', {
    version: '3.0',
    namespaces: 'xmlns:array="http://www.w3.org/2005/xpath-functions/array"',
  });
  assert.match(
    await ending(source, '<a/>', 60_000),
    /^The work of the step used more memory than its /,
  );
  assert.equal(await ending(stylesheet('<a/>')), 'made 42 characters');
});

test('a text longer than a text can be fails the message', async () => {
  const source = stylesheet('<a><xsl:value-of select="f:doubled(30)"/></a>', {
    namespaces: 'xmlns:f="urn:f"',
    top: `<xsl:function name="f:doubled"><xsl:param name="times"/><xsl:variable name="half" select="if ($times = 0) then 'x' else f:doubled($times - 1)"/><xsl:sequence select="concat($half, $half)"/></xsl:function>`,
  });
  assert.equal(
    await ending(source),
    'The stylesheet Map.xsl makes a text or list that is too large.',
  );
});

test('the largest XML that may be read fits into a worker', async () => {
  const body = `<a>${'<b c="1">xxxxxxx</b>'.repeat(166_000)}</a>`;
  assert.equal(await ending(copy, body, 60_000), `made ${body.length + 38} characters`);
});

test('recursion without an end fails the message', async () => {
  for (const top of [
    '<xsl:template name="f"><b><xsl:call-template name="f"/></b></xsl:template>',
    '<xsl:template name="f"><xsl:apply-templates select="/" mode="m"/></xsl:template><xsl:template match="/" mode="m"><xsl:call-template name="f"/>x</xsl:template>',
  ]) {
    const source = stylesheet('<xsl:call-template name="f"/>', { top });
    assert.equal(await ending(source), 'The stylesheet Map.xsl calls itself too deep.');
  }
});

test('a result that is too large fails the message', async () => {
  const source = stylesheet(
    `<a><xsl:for-each select="1 to 2200"><xsl:value-of select="string-join(for $n in 1 to 1000 return '0123456789', '')"/></xsl:for-each></a>`,
  );
  assert.equal(
    await ending(source, '<a/>', 60_000),
    'The stylesheet Map.xsl makes a result that is too large.',
  );
});

test('headers and properties of too many characters fail the message', async () => {
  const source = stylesheet(
    `<a><xsl:for-each select="1 to 200"><xsl:value-of select="cpi:setProperty('', 'p', string-join(for $n in 1 to 1000 return '0123456789', ''))"/></xsl:for-each></a>`,
    { namespaces: 'xmlns:cpi="http://sap.com/it/"' },
  );
  assert.equal(
    await ending(source),
    'The stylesheet Map.xsl sets headers and properties of too many characters.',
  );
});

test('elements as deep as are allowed are transformed, and 100,000 are refused', async () => {
  const deep = (levels: number): string => `${'<a>'.repeat(levels)}${'</a>'.repeat(levels)}`;
  assert.match(await ending(copy, deep(500)), /^made \d+ characters$/);
  for (const levels of [501, 100_000]) {
    assert.match(await ending(copy, deep(levels)), /elements are nested more than 500 deep/);
  }
  const parsed = stylesheet('<a><xsl:copy-of select="parse-xml(string(/))"/></a>', {
    version: '3.0',
  });
  const text = deep(100_000).replaceAll('<', '&lt;');
  assert.match(await ending(parsed, `<a>${text}</a>`), /^The stylesheet Map.xsl /);
});

test('a message of megabytes takes the time of its length, however it is cut', async () => {
  const attributes = (count: number): string =>
    `<a${Array.from({ length: count }, (_, n) => ` a${n}="x"`).join('')}/>`;
  for (const [what, body, answer] of [
    ['long values', `<a b="${'x'.repeat(2_000_000)}">${'y'.repeat(2_000_000)}</a>`, /^made 40000/],
    ['CDATA sections', `<a>${'<![CDATA[x]]>'.repeat(100_000)}</a>`, /^made 100045 /],
    ['references', `<a>${'&#60;'.repeat(200_000)}</a>`, /^made 800045 /],
    ['comments', `<a>${'<!--x-->'.repeat(100_000)}</a>`, /^made 800045 /],
    ['attributes', attributes(500), /^made \d+ characters$/],
    ['too many attributes', attributes(40_000), /<a> has more than 500 attributes\.$/],
  ] as const) {
    assert.match(await ending(copy, body, 30_000), answer, what);
  }
});

test('a message of as many nodes as one may have is transformed again and again, with a name for each', async () => {
  const element = (_: unknown, i: number): string => `<a${i} b${i}=""/>`;
  const body = `<r>${Array.from({ length: 249_000 }, element).join('')}</r>`;
  const source = stylesheet('<a><xsl:value-of select="count(//*)"/></a>');
  for (let times = 0; times < 2; times++) {
    assert.match((await transform(source, body, 60_000)).body.toString(), /<a>249001<\/a>$/);
  }
});
