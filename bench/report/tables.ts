import type { ColdRow, LoadRow, LoadTable, MicroRow, Results, StorageRow } from './results.ts';

/** Markdown of everything measured, as `npm run bench` prints it. */
export function tablesAsText(results: Results): string {
  return [
    ...loadTables(results).flatMap((table) => [
      `### ${table.title}`,
      ...(table.note === '' ? [] : [table.note]),
      loadTable(table),
    ]),
    ...(results.micro === undefined ? [] : [microTable(results.micro.rows)]),
    ...(results.storage === undefined ? [] : [storageTable(results.storage.rows)]),
    ...(results.cold === undefined ? [] : [coldTable(results.cold.rows)]),
  ]
    .map((part) => `${part}\n`)
    .join('\n');
}

export function loadTables({
  token,
  dispatch,
  flows,
  proofs,
  growth,
}: Results): readonly LoadTable[] {
  return [token, dispatch, flows, proofs, growth].flatMap((section) => section?.tables ?? []);
}

/** Ratios are to the first row. */
export function loadTable({ rows }: LoadTable): string {
  const first = rows[0]?.cpu ?? NaN;
  return table(
    ['', 'CPU µs', 'passes', 'ratio', 'requests/s', 'p50 ms', 'p99 ms', 'MB idle', 'MB loaded'],
    rows.map((row) => [
      row.role === 'flowgate' ? `**${row.name}**` : row.name,
      whole(row.cpu),
      `${whole(row.cpuLow)}–${whole(row.cpuHigh)}`,
      (row.cpu / first).toFixed(2),
      whole(row.rate),
      row.p50Ms.toFixed(1),
      row.p99Ms.toFixed(1),
      whole(row.idleRssMb),
      whole(row.rssMb),
    ]),
  );
}

export function microTable(rows: readonly MicroRow[]): string {
  return table(
    ['', 'CPU µs'],
    rows.map(({ name, cpu }) => [name, cpu.toFixed(1)]),
  );
}

export function storageTable(rows: readonly StorageRow[]): string {
  return table(
    ['', 'requests', 'seconds', 'storage calls', 'calls per request', 'of them'],
    rows.map(({ work, pace, requests, seconds, calls, byOperation }) => [
      work === pace ? work : `${work}, ${pace}`,
      whole(requests),
      whole(seconds),
      whole(calls),
      requests === 0 ? '' : (calls / requests).toFixed(4),
      Object.entries(byOperation)
        .map(([operation, n]) => `${n} ${operation}`)
        .join(', '),
    ]),
  );
}

export function coldTable(rows: readonly ColdRow[]): string {
  return table(
    [
      'milliseconds since the start of the process',
      'compile cache',
      'own code runs',
      'listening',
      'answered',
    ],
    rows.map(({ name, compileCache, booted, listening, answered }) => [
      name,
      compileCache ? 'yes' : 'no',
      whole(booted),
      whole(listening),
      whole(answered),
    ]),
  );
}

export function rowOf(
  results: Results,
  tableId: string,
  find: (row: LoadRow) => boolean,
): LoadRow | undefined {
  return loadTables(results)
    .find(({ id }) => id === tableId)
    ?.rows.find(find);
}

/** Columns of numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const isNumeric = (i: number): boolean => rows.every((row) => /^(\d|$)/.test(row[i] ?? ''));
  const rule = head.map((_, i) => (i > 0 && isNumeric(i) ? '--:' : '---'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

const whole = (number: number): string => Math.round(number).toLocaleString('en-US');
