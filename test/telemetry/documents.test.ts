import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { counters, gauges, histograms } from '../../shared/telemetry/catalogue.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const METRICS = Object.keys({ ...counters, ...histograms, ...gauges }).sort();
const namesIn = (text: string): string[] => [
  ...new Set([...text.matchAll(/flowgate\.[a-z_]+(?:\.[a-z_]+)*/g)].map(([name]) => name)),
];

/** First cells of the table under a heading, without their backquotes. */
function firstCells(page: string, heading: string): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, cell]) => cell ?? '');
}

test('the code tells of every metric of the catalogue', () => {
  const files = globSync('shared/**/*.ts', { cwd: root }).filter(
    (f) => !f.endsWith('catalogue.ts'),
  );
  const sources = files.map(read).join('\n');
  for (const name of METRICS) {
    assert.ok(sources.includes(`'${name}'`), name);
  }
});

test('docs/operations.md has every metric and no other, and every alert', () => {
  const page = read('docs/operations.md');
  assert.deepEqual(firstCells(page, 'Metrics').sort(), METRICS);
  const rules = [...read('infra/alerts.bicep').matchAll(/^ {4}name: '([a-z-]+)'$/gm)];
  assert.ok(rules.length >= 10);
  assert.deepEqual(
    firstCells(page, 'Alerts').sort(),
    [...rules.map(([, name]) => name ?? ''), 'not-ready'].sort(),
  );
});

test('alert rules ask for metrics that there are', () => {
  const asked = namesIn(read('infra/alerts.bicep'));
  assert.ok(asked.length >= 9);
  assert.deepEqual(
    asked.filter((name) => !METRICS.includes(name)),
    [],
  );
});

test('docs/operations.md has every span', () => {
  const [, union = ''] =
    /export type SpanName =([^;]*);/.exec(read('shared/telemetry/catalogue.ts')) ?? [];
  const spans = [...union.matchAll(/'([a-z.]+)'/g)].map(([, name]) => name ?? '');
  assert.ok(spans.length >= 5);
  const shown = firstCells(read('docs/operations.md'), 'Traces');
  for (const span of spans) assert.ok(shown.includes(span), span);
});
