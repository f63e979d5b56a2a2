import type { Results } from '../report/results.ts';
import { table } from '../report/tables.ts';
import {
  calculateCost,
  type CostLine,
  DEFAULT_USAGE,
  needsOf,
  priceOf,
  type PriceList,
  REQUEST_RECORD_BYTES,
} from './calculate.ts';

export function costTable(lines: readonly CostLine[], currency: string): string {
  const priced = lines.flatMap(({ cost }) => (cost === undefined ? [] : [cost]));
  const open = lines.flatMap(({ item, cost }) => (cost === undefined ? [item] : []));
  const total = priced.reduce((sum, cost) => sum + cost, 0);
  return table(
    ['', 'a month', currency],
    [
      ...lines.map(({ item, quantity, unit, cost }) => [
        item,
        `${quantity.toLocaleString('en-US', { maximumFractionDigits: quantity < 100 ? 2 : 0 })} ${unit}`.trim(),
        cost === undefined ? 'price missing' : cost.toFixed(2),
      ]),
      [open.length === 0 ? 'total' : `total without ${open.join(', ')}`, '', total.toFixed(2)],
    ],
  );
}

/** `docs/cost.md`. */
export function costPage(results: Results, list: PriceList): string {
  const needs = needsOf(results, 'script');
  const { currency, region, lookedUp, prices } = list;
  return [
    '# What it costs in Azure',
    '<!-- Written by `npm run bench` from performance/results.json and bench/cost/prices.json: change bench/cost/page.ts. -->',
    'A month of Flowgate on the Flex Consumption plan, from what a request was measured to need ([performance.md](performance.md)) and from prices that you can replace. `npm run cost` calculates it for your own numbers:',
    '```sh\nnpm run cost -- --tokens 1000000 --messages 1000000 --hours 730 --instance-mb 512 --flow script \\\n  --price tableTransactions10000=0.01 --price executionsMillion=0.5\n```',
    '(The two prices in this line are made up, to show the form.)',
    '## Formula',
    [
      '- `r` = (tokens + messages) / (hours × 3600): requests a second.',
      '- CPU seconds = tokens × CPU of a token + messages × CPU of a message.',
      '- Executing seconds = the larger of hours × 3600 × `r` / (1 + `r`) and CPU seconds / cores / load. An instance is billed while it executes anything, [at least 1,000 ms at a time](https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#billing): the first term is what requests that come at random make of that, one instance serving them; the second is when there is too much for it. Instances have [a core for 2,048 MB](https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#instance-sizes); `load` (0.6) is how far they are loaded before Azure adds one.',
      '- GB-s = executing seconds × instance memory. With instances always ready, their memory for the whole month as well, at the baseline price.',
      '- Executions = tokens + messages.',
      '- Table transactions = requests × storage calls of a request that comes alone, at most what one busy instance writes in the time: entries are written together. A batch counts as one here.',
      `- Logs = requests × (the event that the app writes + ${REQUEST_RECORD_BYTES} bytes for the record that Application Insights keeps of a request). The second is an assumption, since that record is made in Azure.`,
    ].join('\n'),
    'Management calls, timers, stored data, outgoing traffic and alert rules are left out. Of the timers one counts, which looks every ten seconds for flows to start: 262,800 executions a month of a second each, as far as nothing else executes in that second, make 131,400 GB-s with 512 MB. [Where no flow has a timer, switch it off](iflow/timers.md#cost). CPU is that of the local Functions host; the host in Azure talks to its worker through gRPC and takes more. Put your own figure in with `--token-cpu` and `--message-cpu` (microseconds) once you have measured it: at few requests it changes nothing, because the second at least is what is paid.',
    '## What a request needs',
    table(
      ['measured', 'token', 'message (JavaScript)'],
      [
        ['CPU µs', needs.tokenCpu.toFixed(0), needs.messageCpu.toFixed(0)],
        ['storage calls, alone', needs.tokenCalls.toFixed(2), needs.messageCalls.toFixed(2)],
        [
          'storage calls a second, busy instance',
          needs.tokenCallsPerSecond.toFixed(2),
          needs.messageCallsPerSecond.toFixed(2),
        ],
        ['bytes of log', needs.tokenLogBytes.toFixed(0), needs.messageLogBytes.toFixed(0)],
      ],
    ),
    '## Prices',
    `${currency}, ${region}, looked up on ${lookedUp}. Microsoft's pricing pages fill in their figures in the browser, so those given here come from pages that quote them: check them. Where no page could be found that quotes a price, it is a variable: take it from the page named and give it with \`--price name=value\`.`,
    table(
      ['name', 'what', currency, 'where'],
      Object.entries(prices).map(([name, { what, value, source }]) => [
        `\`${name}\``,
        what,
        value === null ? 'not verified' : String(value),
        source,
      ]),
    ),
    '## Example: a million tokens and a million messages',
    'Spread over the whole month at random, one instance of 512 MB on demand, JavaScript flow:',
    costTable(calculateCost(DEFAULT_USAGE, needs, priceOf(list)), currency),
    'The same within 176 working hours:',
    costTable(calculateCost({ ...DEFAULT_USAGE, hours: 176 }, needs, priceOf(list)), currency),
    'A free quantity whose size is not verified counts as none, so a line with a price says what is paid at most.',
  ].join('\n\n');
}
