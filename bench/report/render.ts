import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPrices } from '../cost/calculate.ts';
import { costPage } from '../cost/page.ts';
import { drawChart } from './chart.ts';
import { judgeGoals, REFERENCE_BARE_CPU } from './goals.ts';
import type { LoadTable, Results, Run } from './results.ts';
import { coldTable, loadTable, loadTables, microTable, storageTable, table } from './tables.ts';
import { writeFormatted } from './write.ts';

/** Tables that are drawn as well. */
const DRAWN = ['token-es256', 'token-rs256', 'dispatch'];

/** Writes `performance.md` with its charts, and `cost.md`, from the results. */
export async function renderPages(docs: string, results: Results): Promise<void> {
  for (const drawn of loadTables(results).filter(({ id }) => DRAWN.includes(id))) {
    await writeFile(join(docs, 'performance', `${drawn.id}.svg`), drawChart(drawn));
  }
  await writeFormatted(join(docs, 'performance.md'), performancePage(results));
  const { token, dispatch, storage } = results;
  if (token === undefined || dispatch === undefined || storage === undefined) return;
  await writeFormatted(join(docs, 'cost.md'), costPage(results, await readPrices()));
}

export function performancePage(results: Results): string {
  const { token, dispatch, flows, proofs, growth, micro, storage, cold } = results;
  return [
    '# Performance',
    '<!-- Written by `npm run bench` from performance/results.json: change bench/report/render.ts. -->',
    "`npm run bench` measures Flowgate beside other products and beside bare Node.js doing the least work of the kind, all in one run, pass by pass in turn. `npm run bench:cold` measures starts. Both write `performance/results.json` and this page. Peers are installed from npm into `bench/` by its own lockfile at the first run; each is a short script in `bench/peers/`. Flowgate runs as its app does in Azure, in the local Functions host, which carries Microsoft's Functions library; storage is Azurite. Every server, the peers' too, runs with `--max-semi-space-size=4`, as `npm start` and the container image do.",
    '**CPU µs** is user and system time of the server process, all threads, divided by the requests: the figure to compare. Ratios are to the first row of their table. Latency at 99 % is mostly that of the machine. Figures of two machines, or of two runs, do not compare; ratios nearly do.',
    '## Goals',
    goalsTable(results),
    `The limits of whole paths were set on a machine where a bare \`node:http\` server with jsonwebtoken took ${REFERENCE_BARE_CPU} µs for an ES256 token. This machine may be another: the last column gives the same work as a multiple of what that server takes in the same run, and the limit as a multiple of what it took there. Whether a goal is met goes by the absolute figure.`,
    ...section('Tokens', token?.run, token?.tables),
    ...section('Messages', dispatch?.run, dispatch?.tables),
    ...section('Flows with work to do', flows?.run, flows?.tables),
    ...section('Proofs and introspection', proofs?.run, proofs?.tables),
    ...(micro === undefined ? [] : ['## Pieces', runLine(micro.run), microTable(micro.rows)]),
    ...(cold === undefined ? [] : ['## From cold', runLine(cold.run), coldTable(cold.rows)]),
    ...section('How cost grows', growth?.run, growth?.tables),
    ...(storage === undefined
      ? []
      : [
          '## Storage calls',
          runLine(storage.run),
          storageTable(storage.rows),
          'No request waits for storage on the warm path: what is read again is read behind the answer ([ADR 1](adr/0001-bounded-staleness.md)), audit and message log entries are written behind it, many to a record. [cost.md](cost.md) turns these counts into prices.',
        ]),
  ].join('\n\n');
}

function goalsTable(results: Results): string {
  return table(
    ["The project's goal", 'limit', 'measured', '', 'against a bare server'],
    judgeGoals(results).map(({ name, limit, measured, met, ratio }) => [
      name,
      limit,
      measured,
      met === undefined ? '' : met ? 'met' : '**not met**',
      ratio ?? '',
    ]),
  );
}

function section(
  title: string,
  run: Run | undefined,
  tables: readonly LoadTable[] | undefined,
): readonly string[] {
  if (run === undefined || tables === undefined) return [];
  return [
    `## ${title}`,
    runLine(run),
    ...tables.flatMap((each) => [
      `### ${each.title}`,
      ...(each.note === '' ? [] : [each.note]),
      ...(DRAWN.includes(each.id)
        ? [
            `![${each.title}: CPU microseconds per request, the figures of the table below](performance/${each.id}.svg)`,
          ]
        : []),
      loadTable(each),
    ]),
  ];
}

function runLine({ when, machine, how }: Run): string {
  const { node, cores, cpu, isolation } = machine;
  return `${when.slice(0, 10)}, Node ${node.slice(1)}, ${cores} × ${cpu}; ${isolation.join('; ')}; ${how}.`;
}
