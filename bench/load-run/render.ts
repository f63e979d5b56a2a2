import { type Series, drawChart } from './chart.ts';
import { judge, type Verdict } from './judge.ts';
import type { LoadRun } from './result.ts';

/** The charts of a run, by file name. */
export function renderCharts(run: LoadRun): readonly (readonly [name: string, svg: string])[] {
  const seconds = run.phases.flatMap(({ from, outcome, rate }) =>
    outcome.seconds.map((tally, index) => ({ at: from + index, tally, rate })),
  );
  // The last second of a phase is not a whole one.
  const whole = seconds.filter(({ tally }) => tally.sent > 0);
  const line = (of: (second: (typeof whole)[number]) => number) =>
    whole.map((second) => [second.at, of(second)] as const);
  const rates: Series[] = [
    { name: 'answered as meant', color: '#1a7f37', points: line(({ tally }) => tally.good) },
    { name: 'shed', color: '#bf8700', points: line(({ tally }) => tally.shed + tally.shedByHost) },
    { name: 'sent', color: '#8c959f', points: line(({ tally }) => tally.sent) },
  ];
  const memory: Series[] = [
    {
      name: 'RSS',
      color: '#0969da',
      points: run.samples.map(({ at, rssMb }) => [at, rssMb] as const),
    },
  ];
  const marks = run.phases.map(({ name, from }) => ({ at: from, text: name }));
  return [
    ['rate.svg', drawChart({ title: 'Requests a second', series: rates, marks })],
    ['memory.svg', drawChart({ title: 'Memory of the instance, MB', series: memory, marks })],
  ];
}

/** docs/load.md. */
export function renderReport(run: LoadRun, verdicts: readonly Verdict[] = judge(run)): string {
  const rows = run.phases.map(
    ({ name, milliseconds, rate, outcome: { total, tookMs, latency, shedLatency } }) => [
      name,
      `${(milliseconds / 1000).toFixed(0)} s`,
      rate === undefined ? 'closed loop' : rate.toFixed(0),
      (total.good / (tookMs / 1000)).toFixed(0),
      `${((100 * (total.shed + total.shedByHost)) / Math.max(1, total.sent)).toFixed(1)} %`,
      String(total.wrong),
      `${latency.p50.toFixed(1)} / ${latency.p99.toFixed(0)}`,
      total.shed + total.shedByHost === 0
        ? ''
        : `${shedLatency.p50.toFixed(0)} / ${shedLatency.p99.toFixed(0)}`,
    ],
  );
  const faults = run.phases.flatMap(({ name, outcome }) =>
    outcome.faults.map((fault) => `- ${name}: ${fault}`),
  );
  return [
    '# Load',
    '',
    '`npm run load` writes this page. It puts mixed traffic on one instance in the local Functions host with Azurite, all on one machine: first as much as is answered (the maximum), then half of that for minutes, then twice the maximum, then half again. From half on, requests are sent at a fixed rate whatever becomes of those before, and the time of an answer counts from when its request was due.',
    '',
    `Run of ${run.date}: ${run.node}, ${run.cpu}, shared by the instance, Azurite and the load. The maximum was ${run.maximum.toFixed(0)} requests a second.`,
    '',
    ...table(
      ['', 'for', 'requests/s sent', 'as meant/s', 'shed', 'wrong', 'p50 / p99 ms', 'of shed ones'],
      rows,
    ),
    '',
    '![Requests a second over the run](load/rate.svg)',
    '',
    '![Memory over the run](load/memory.svg)',
    '',
    '## What it is to show',
    '',
    ...table(
      ['', 'holds', 'found'],
      verdicts.map(({ what, holds, found }) => [what, holds ? 'yes' : '**no**', found]),
    ),
    ...(faults.length === 0 ? [] : ['', '## What was wrong', '', ...faults]),
    '',
    '## The traffic',
    '',
    ...table(
      ['', 'share', 'meant answer'],
      run.mix.map(({ name, weight, expected }) => [name, `${weight} %`, String(expected)]),
    ),
    '',
    'What an instance does under more load than it can answer is in [limits](limits.md#overload).',
    '',
  ].join('\n');
}

/** A table with its columns at one width, as Prettier has it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [
    line(head),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(line),
  ];
}
