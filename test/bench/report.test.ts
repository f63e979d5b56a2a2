import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { check, resolveConfig } from 'prettier';
import { readXml } from '../../shared/iflow/xml/read-xml.ts';
import { drawChart } from '../../bench/report/chart.ts';
import { judgeGoals } from '../../bench/report/goals.ts';
import { performancePage, renderPages } from '../../bench/report/render.ts';
import { readResults } from '../../bench/report/results.ts';
import { freshFolder } from '../support/folders.ts';
import { someResults } from './some-results.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');

test('a goal is met or not by what was measured, and neither when it was not', () => {
  const verdicts = judgeGoals(someResults()).map(({ measured, met }) => `${measured}: ${met}`);
  assert.deepEqual(verdicts, [
    '400 µs: true',
    '400 µs: true',
    '1.20 ×: true',
    '140 MB: true',
    '500 µs: false',
    '300 µs: true',
    '1.50 µs: true',
    '90 µs: true',
    // The quicker of both ways counts, for both alike.
    '110 ms: true',
    '110 ms: true',
    // Within a series; rows of another one do other work.
    '5.00 %: true',
    '20 %: false',
  ]);
  for (const goal of judgeGoals({})) {
    assert.equal(goal.met, undefined, goal.name);
    assert.equal(goal.measured, 'not measured');
  }
});

test('a goal of the reference machine is shown against the bare server of both machines', () => {
  const [token, peers] = judgeGoals(someResults());
  assert.equal(token?.ratio, '2.00 × (limit 1.82 ×)');
  assert.equal(peers?.ratio, undefined);
});

test('a chart is well-formed SVG whose title and description say what it shows', () => {
  const [table] = someResults().dispatch.tables;
  assert.ok(table !== undefined);
  const svg = drawChart(table);
  readXml(svg, { maxCharacters: 100_000, maxNodes: 1000, maxDepth: 10 });
  assert.match(svg, /role="img" aria-labelledby="dispatch-title dispatch-description"/);
  assert.match(
    svg,
    /<title id="dispatch-title">A message &lt;with&gt; a token: CPU µs per request/,
  );
  assert.match(svg, /<desc id="dispatch-description">.*JavaScript flow, token seen before: 500/);
  assert.match(svg, /prefers-color-scheme:dark/);
  assert.equal(svg.match(/<rect class="flowgate" x="400"/g)?.length, 2);
});

test('pages and charts are written formatted, with a row for every contender', async (t) => {
  const folder = await freshFolder(t);
  await mkdir(join(folder, 'performance'));
  const results = someResults();
  await renderPages(folder, results);
  const page = await readFile(join(folder, 'performance.md'), 'utf8');
  for (const { name } of results.token.tables.flatMap(({ rows }) => rows)) {
    assert.ok(page.includes(name), name);
  }
  assert.ok(await check(page, { ...(await resolveConfig('x.md')), parser: 'markdown' }));
  await readFile(join(folder, 'performance', 'token-es256.svg'));
  assert.match(await readFile(join(folder, 'cost.md'), 'utf8'), /What it costs in Azure/);
});

test('the pages in docs/ are those that the results in docs/ give', async (t) => {
  const folder = await freshFolder(t);
  await mkdir(join(folder, 'performance'));
  await renderPages(folder, await readResults(join(docs, 'performance', 'results.json')));
  for (const page of ['performance.md', 'cost.md', 'performance/dispatch.svg']) {
    const [written, rendered] = await Promise.all(
      [docs, folder].map((where) => readFile(join(where, page), 'utf8')),
    );
    assert.equal(written, rendered, `npm run bench -- --render writes ${page} anew`);
  }
});

test('a page of no results has goals that were not measured, and no tables', () => {
  const page = performancePage({});
  assert.match(page, /not measured/);
  assert.doesNotMatch(page, /## Tokens/);
});
