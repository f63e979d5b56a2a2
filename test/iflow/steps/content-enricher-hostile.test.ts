import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import { startEngine } from '../script/engine.ts';
import { exchangeOf } from '../running.ts';
import { COMBINE, enrichBy, enriched, enrichExchange, type Settings } from './enriching.ts';

const BY = enrichBy('S/P', 'k', 'L/e', 'k');
const { tasks } = startEngine();

/** Fails in a worker, as in production, and leaves the message as it was. */
async function failureOf(original: string, answer: string, settings: Settings): Promise<string> {
  const exchange = exchangeOf(original);
  try {
    await enrichExchange(exchange, answer, settings, { tasks });
  } catch (error) {
    assert.ok(error instanceof FlowFailure, String(error));
    assert.equal(exchange.body, original);
    return `${error.reason}: ${error.message}`;
  }
  assert.fail('did not fail');
}

const people = (count: number, key: (i: number) => string): string =>
  `<S>${Array.from({ length: count }, (_, i) => `<P><k>${key(i)}</k></P>`).join('')}</S>`;
const entries = (count: number, key: (i: number) => string): string =>
  `<L>${Array.from({ length: count }, (_, i) => `<e><k>${key(i)}</k></e>`).join('')}</L>`;

test('keys are looked up, not searched: 100,000 in 100,000 entries in reverse order', async () => {
  const count = 100_000;
  const begun = performance.now();
  const result = await enriched(
    people(count, String),
    entries(count, (i) => String(count - 1 - i)),
    BY,
  );
  assert.ok(result.endsWith('<P><k>99999</k><e><k>99999</k></e></P></S>'));
  assert.equal(result.split('<e>').length - 1, count);
  // To compare each with each would be 10,000,000,000 comparisons.
  assert.ok(performance.now() - begun < 15_000);
});

for (const [what, original, answer] of [
  ['one key everywhere', people(4000, () => 'x'), entries(4000, () => 'x')],
  [
    'an entry with a key for each of the message',
    people(4000, String),
    `<L><e>${Array.from({ length: 4000 }, (_, i) => `<k>${i}</k>`).join('')}</e></L>`,
  ],
  [
    'long namespaces around the entries',
    people(300, () => 'x'),
    `<L xmlns:p="${'u'.repeat(100_000)}">${'<e><k>x</k></e>'.repeat(300)}</L>`,
  ],
] as const) {
  test(`a small message and a small answer do not become a huge one: ${what}`, async () => {
    assert.ok(original.length + answer.length < 250_000);
    assert.equal(
      await failureOf(original, answer, BY),
      'too_large: The message cannot be enriched: it would have more than 104857600 characters.',
    );
  });
}

for (const [what, original, answer, settings, message] of [
  [
    'a document type with entities',
    '<S/>',
    '<!DOCTYPE L [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><L><e><k>&b;</k></e></L>',
    BY,
    /^enrich: .*the answer of the receiver .*a document type declaration, or entities/,
  ],
  [
    'an entity outside',
    '<!DOCTYPE S SYSTEM "file:///etc/passwd"><S/>',
    '<L/>',
    BY,
    /^enrich: .*its body .*a document type declaration/,
  ],
  ['an entity of its own', '<S/>', '<L>&x;</L>', COMBINE, /a reference to an unknown entity/],
  ['elements 501 deep', '<S/>', '<L>'.repeat(501), BY, /nested more than 500 deep/],
  ['elements 501 deep, to Combine', '<a>'.repeat(501), '', COMBINE, /nested more than 500 deep/],
  [
    'too many keys',
    '<S/>',
    entries(125_001, () => ''),
    BY,
    /it has more than 250000 nodes and key elements/,
  ],
  [
    'too many namespaces',
    '<S/>',
    `<L ${Array.from({ length: 101 }, (_, i) => `xmlns:p${i}="u"`).join(' ')}/>`,
    BY,
    /more than 100 namespace prefixes/,
  ],
  [
    'more than 40 Mi characters',
    '<S/>',
    `<L>${'x'.repeat(41_943_040)}</L>`,
    BY,
    /more than 41943040/,
  ],
  [
    'more than 40 Mi characters of text, to Combine',
    'x'.repeat(41_943_041),
    '',
    COMBINE,
    /its body .* more than 41943040/,
  ],
  [
    'more than a body holds, both together',
    'x'.repeat(60_000_000),
    'y'.repeat(60_000_000),
    COMBINE,
    /^too_large: .*its body and the answer of the receiver have more than 104857600/,
  ],
] as const) {
  test(`${what}: fails, and the message stays`, async () => {
    assert.match(await failureOf(original, answer, settings), message);
  });
}

test('two messages near the limit, in signs of two bytes, are combined in the memory of a worker', async () => {
  const body = `<a>${'я'.repeat(39 * 1024 * 1024)}</a>`;
  const result = await enriched(body, body, COMBINE, { tasks });
  assert.equal(result.split(body).length - 1, 2);
});

test('a message of ten million line ends is read in the memory of a worker', async () => {
  const count = 10_000_000;
  const result = await enriched(`<a>${'\r\n'.repeat(count)}</a>`, '', COMBINE, { tasks });
  assert.ok(result.includes(`<a>${'\n'.repeat(count)}</a>`));
});

test('a text that grows beyond the memory of a worker when it is escaped ends with the worker', async () => {
  const begun = performance.now();
  const refused = await failureOf('&'.repeat(39 * 1024 * 1024), '', COMBINE);
  assert.match(refused, /^enrich_memory: .*more memory than|^too_large: /);
  assert.ok(performance.now() - begun < 15_000);
});

test('names of JavaScript are keys like any other', async () => {
  const names = ['__proto__', 'constructor', 'toString'];
  assert.equal(
    await enriched(
      people(3, (i) => names[i] ?? ''),
      entries(1, () => '__proto__'),
      BY,
    ),
    "<?xml version='1.0' encoding='UTF-8'?><S><P><k>__proto__</k><e><k>__proto__</k></e></P><P><k>constructor</k></P><P><k>toString</k></P></S>",
  );
});

test('what an answer holds is put in as it stands, and cannot close what is around it', async () => {
  const answer =
    '<L><e><k>1</k><![CDATA[</e></P></S>]]><!-- </P> --><?p </P>?><v a="</P>">&lt;/P></v></e></L>';
  const refused = await failureOf(
    people(1, () => '1'),
    answer,
    BY,
  );
  assert.match(refused, /an attribute value contains </);
  const allowed = answer.replace(' a="</P>"', '');
  assert.equal(
    await enriched(
      people(1, () => '1'),
      allowed,
      BY,
    ),
    `<?xml version='1.0' encoding='UTF-8'?><S><P><k>1</k>${allowed.slice(3, -4)}</P></S>`,
  );
});

test('a key of two million references is put together, and found', async () => {
  const key = '&gt;'.repeat(2_000_000);
  const result = await enriched(
    people(1, () => key),
    entries(1, () => '>'.repeat(2_000_000)),
    BY,
    { tasks },
  );
  assert.match(result.slice(-30), /<\/k><\/e><\/P><\/S>$/);
});
