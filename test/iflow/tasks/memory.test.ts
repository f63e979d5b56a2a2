/** What one message makes of the memory of a worker thread. One that V8 ends takes this process with it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '../../../shared/iflow/steps/transformers/xslt/world.ts';
import { stylesheet } from '../xslt/stylesheets.ts';
import { engine, MI, refusalOf, run } from './large.ts';

/** As large as XPath and XSLT read. */
const LARGE = `<a>${'x '.repeat(5 * MI - 10)}</a>`;
const SAME = `<a>${'a'.repeat(10 * MI - 10)}</a>`;

const query = (source: string) => ({
  namespaces: {},
  queries: [{ source, variables: {}, result: 'text' as const }],
});

async function transform(content: string, body: string): Promise<string> {
  const sheet = stylesheet(`<x>${content}</x>`, { version: '3.0' });
  const { compiled, output } = new World().compile(
    JSON.stringify([['/main.xsl', sheet]]),
    '/main.xsl',
  );
  assert.ok(compiled !== undefined, output);
  const facts = { name: 'a', parameters: [], readsExchange: false, encoding: 'utf-8' } as const;
  const values = { parameters: {}, headers: [], properties: [] };
  const call = { body, stylesheet: facts, ...values, result: 'text' } as const;
  const result = await engine.tasks.run('xslt', call, {
    key: content,
    timeoutMs: 30_000,
    resource: compiled,
  });
  return String(result.body);
}

test('XPath: a text of many copies of the message is not made', async () => {
  for (const source of [
    `string-length(concat(${Array(16).fill('.').join()}))`,
    'string-length(string-join(for $i in 1 to 50 return string(/*)))',
    'string-length(replace(substring(., 1, 1000), ".", substring(., 1, 500000)))',
    `let ${doubled(25)} return contains($x24, "q")`,
  ]) {
    assert.match(
      await refusalOf('xpath', { body: LARGE, ...query(source) }),
      /^expression: The XPath .* makes a text or pattern of this message that is too large\.$/,
    );
  }
  assert.deepEqual(
    await run('xpath', { body: LARGE, ...query('string-length(concat(., substring(., 2)))') }),
    [String(20 * MI - 41)],
  );
});

/** Variables of which each is twice the one before. */
function doubled(count: number): string {
  const values = Array.from({ length: count }, (_, i) =>
    i === 0 ? '"жжжжжжжжжжжжжжжжжжжж"' : `concat($x${i - 1}, $x${i - 1})`,
  );
  return values.map((value, i) => `$x${i} := ${value}`).join(', ');
}

test('XPath: a list of all characters takes too much memory, and ends its worker only', async () => {
  const source = 'count(for $c in string-to-codepoints(string(.)), $i in 1 to 3 return "a")';
  await assert.rejects(run('xpath', { body: LARGE, ...query(source) }), {
    message: 'The work of the step used more memory than its 524288 KiB.',
  });
  assert.deepEqual(await run('xpath', { body: '<a>1</a>', ...query('string(.)') }), ['1']);
});

test('XSLT: one text larger than the memory of a message ends its worker only', async () => {
  const joined = 'string-join(for $i in 1 to 49 return string(/*))';
  const larger = `<xsl:value-of select="contains(${joined}, 'q'), count(string-to-codepoints(${joined}))"/>`;
  await assert.rejects(transform(larger, LARGE), {
    message: 'The work of the step used more memory than its 524288 KiB.',
  });
  assert.match(await transform('<xsl:value-of select="a"/>', '<a>1</a>'), /<x>1<\/x>$/);
});

test('texts that are slow to look for are looked for in time', async () => {
  // 10 million places with 4 million signs each, if they were compared.
  const part = "concat(substring(string(.), 2, 2000000), 'b', substring(string(.), 2, 2000000))";
  const sources = [
    `contains(., ${part})`,
    `substring-before(., ${part})`,
    `substring-after(., ${part})`,
  ];
  for (const [index, source] of sources.entries()) {
    const [found] = await run('xpath', { body: SAME, ...query(source) });
    assert.equal(found, index === 0 ? 'false' : '');
    assert.match(
      await transform(`<xsl:value-of select="${source}"/>`, SAME),
      index === 0 ? /<x>false</ : /<x\/>/,
    );
  }
});

test('a regular expression that is a long text is refused', async () => {
  const literal = "concat(substring(., 2, 100000), 'b', substring(., 2, 100000))";
  const source = `string-length(replace(., ${literal}, ''))`;
  assert.match(
    await refusalOf('xpath', { body: SAME, ...query(source) }),
    /^expression: .* too large/,
  );
  await assert.rejects(
    transform(`<xsl:value-of select="${source}"/>`, SAME),
    /a regular expression that is not valid/,
  );
});

test('what messages leave behind in the heap is not the next one’s, and is given back', async () => {
  const source = 'string-length(translate(., "xy", "yx"))';
  for (let time = 0; time < 3; time += 1) {
    assert.deepEqual(await run('xpath', { body: LARGE, ...query(source) }), [String(10 * MI - 20)]);
  }
  const { workers } = process.report.getReport() as {
    workers: { javascriptHeap: { usedMemory: number } }[];
  };
  const most = Math.max(0, ...workers.map(({ javascriptHeap }) => javascriptHeap.usedMemory));
  assert.ok(most < 256 * MI, `a worker keeps ${most} bytes`);
});
