import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import {
  calculateCost,
  DEFAULT_USAGE,
  needsOf,
  type PriceName,
  readPrices,
} from '../../bench/cost/calculate.ts';
import { mergeResults } from '../../bench/report/results.ts';
import { freshFolder } from '../support/folders.ts';
import { someResults } from './some-results.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, '..', '..', 'bench', 'cost', 'main.ts');
const needs = needsOf(someResults(), 'script');
const prices: Readonly<Record<PriceName, number>> = {
  onDemandGbSecond: 0.00001,
  onDemandFreeGbSeconds: 1000,
  alwaysReadyBaselineGbSecond: 0.000001,
  alwaysReadyGbSecond: 0.000005,
  executionsMillion: 0.4,
  freeExecutions: 100_000,
  tableTransactions10000: 0.01,
  logGb: 2,
  freeLogGb: 1,
};
const price = (name: PriceName): number => prices[name];
const near = (actual: number | undefined, expected: number): void => {
  assert.ok(Math.abs((actual ?? NaN) - expected) < 1e-6 * expected, `${actual} is not ${expected}`);
};

test('few requests at random are billed a second each, less where seconds overlap', () => {
  const usage = { ...DEFAULT_USAGE, tokens: 7200, messages: 7200, hours: 2 };
  const [executing, executions, transactions, logs] = calculateCost(usage, needs, price);
  // Two a second: an instance is billed for 2/3 of 7,200 s, at half a GB.
  near(executing?.quantity, 2400);
  near(executing?.cost, 1400 * 0.00001);
  // Below what is free.
  assert.equal(executions?.cost, 0);
  // Each request alone is one call.
  near(transactions?.quantity, 14_400);
  near(logs?.quantity, (7200 * 1200 + 7200 * 1300) / 1e9);
  assert.equal(logs?.cost, 0);
});

test('many requests are billed for their CPU, and their entries are written together', () => {
  const usage = { ...DEFAULT_USAGE, tokens: 10_000_000, messages: 10_000_000, hours: 1, load: 0.5 };
  const [executing, executions, transactions, logs] = calculateCost(usage, needs, price);
  // 9,000 s of CPU, on a quarter of a core, half loaded: 72,000 s at half a GB.
  near(executing?.quantity, 36_000);
  near(executions?.cost, 19.9 * 0.4);
  // Twenty instances' hours, four calls a second.
  near(transactions?.quantity, 72_000 * 4);
  near(logs?.cost, (12 + 13 - 1) * 2);
});

test('instances that are always ready are billed for the month, and nothing is free', () => {
  const usage = { ...DEFAULT_USAGE, alwaysReady: 2, tokens: 7200, messages: 7200, hours: 2 };
  const [ready, executing, executions] = calculateCost(usage, needs, price);
  near(ready?.cost, 2 * 730 * 3600 * 0.5 * 0.000001);
  near(executing?.cost, 2400 * 0.000005);
  near(executions?.cost, 0.0144 * 0.4);
});

test('a line whose price is missing has a quantity and no cost', () => {
  const lines = calculateCost(DEFAULT_USAGE, needs, () => undefined);
  assert.equal(lines.length, 4);
  for (const { quantity, cost } of lines) {
    assert.ok(quantity > 0);
    assert.equal(cost, undefined);
  }
});

test('every price says where it comes from, and when it was looked up', async () => {
  const list = await readPrices();
  assert.deepEqual(Object.keys(list.prices).sort(), Object.keys(prices).sort());
  assert.match(list.lookedUp, /^\d{4}-\d{2}-\d{2}$/);
  for (const { source, value } of Object.values(list.prices)) {
    assert.match(source, /^https:\/\//);
    assert.ok(value === null || value > 0);
  }
});

test('npm run cost takes numbers and prices of its own', async (t) => {
  const file = join(await freshFolder(t), 'results.json');
  await mergeResults(file, someResults());
  const options = ['--results', file, '--tokens', '2000000', '--messages', '0'];
  const { stdout } = await run(process.execPath, [
    main,
    ...options,
    '--price',
    'executionsMillion=0.5',
  ]);
  assert.match(stdout, /\| executions \| 2,000,000 \| 1\.00 \|/);
  assert.match(stdout, /\| table transactions \| 2,000,000 \| price missing \|/);
});

test('npm run cost refuses a price that there is not, and calculates nothing', async () => {
  const failed = await run(process.execPath, [main, '--price', 'coffee=2']).catch(
    (error: unknown) => error as { code: number; stdout: string; stderr: string },
  );
  assert.ok('code' in failed);
  assert.equal(failed.code, 1);
  assert.equal(failed.stdout, '');
  assert.match(failed.stderr, /--price is one of onDemandGbSecond/);
});
