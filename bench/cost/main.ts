/** `npm run cost`: see USAGE. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readResults } from '../report/results.ts';
import { calculateCost, DEFAULT_USAGE, needsOf, priceOf, readPrices } from './calculate.ts';
import { costTable } from './page.ts';

const USAGE = `npm run cost [-- OPTIONS]: what a month in Azure costs; docs/cost.md has the formula.

  --tokens 1000000 --messages 1000000   a month
  --hours 730          of the month, over which they are spread
  --instance-mb 512    512, 2048 or 4096
  --always-ready 0     instances
  --load 0.6           share of its CPU that an instance is loaded to
  --flow script        or modifier: whose CPU a message takes
  --token-cpu, --message-cpu            microseconds, in place of those measured
  --price NAME=VALUE   in place of bench/cost/prices.json; may be repeated
  --results FILE       docs/performance/results.json unless told`;

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      tokens: text,
      messages: text,
      hours: text,
      'instance-mb': text,
      'always-ready': text,
      load: text,
      flow: { type: 'string', default: 'script' },
      'token-cpu': text,
      'message-cpu': text,
      price: { type: 'string', multiple: true, default: [] },
      results: text,
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const number = (value: string | undefined, otherwise: number): number => {
    const given = value === undefined ? otherwise : Number(value);
    if (!(given >= 0)) throw new Error(`${String(value)} is not a number from 0 on.`);
    return given;
  };
  const { flow } = values;
  if (flow !== 'script' && flow !== 'modifier') throw new Error('--flow is script or modifier.');
  const list = await readPrices();
  const own = new Map<string, number>();
  for (const each of values.price) {
    const [name = '', value] = each.split('=');
    if (!(name in list.prices) || value === undefined) {
      throw new Error(`--price is one of ${Object.keys(list.prices).join(', ')}, with =VALUE.`);
    }
    own.set(name, number(value, 0));
  }
  const root = join(import.meta.dirname, '..', '..');
  const file = values.results ?? join(root, 'docs', 'performance', 'results.json');
  const needs = needsOf(await readResults(file), flow);
  const usage = {
    tokens: number(values.tokens, DEFAULT_USAGE.tokens),
    messages: number(values.messages, DEFAULT_USAGE.messages),
    hours: number(values.hours, DEFAULT_USAGE.hours),
    instanceMb: number(values['instance-mb'], DEFAULT_USAGE.instanceMb),
    alwaysReady: number(values['always-ready'], DEFAULT_USAGE.alwaysReady),
    load: number(values.load, DEFAULT_USAGE.load),
  };
  if (usage.hours === 0 || usage.load === 0) throw new Error('--hours and --load are above 0.');
  const measured = {
    ...needs,
    tokenCpu: number(values['token-cpu'], needs.tokenCpu),
    messageCpu: number(values['message-cpu'], needs.messageCpu),
  };
  console.log(costTable(calculateCost(usage, measured, priceOf(list, own)), list.currency));
}

try {
  await main();
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 1;
}
