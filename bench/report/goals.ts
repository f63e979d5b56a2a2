import type { ColdRow, LoadRow, Results } from './results.ts';
import { loadTables, rowOf } from './tables.ts';

/** One of the project's goals, held against the results. */
export interface Goal {
  readonly name: string;
  readonly limit: string;
  /** `not measured` when a run is missing. */
  readonly measured: string;
  readonly met: boolean | undefined;
  /** Of limits that were set on the reference machine: both against its bare server there and here. */
  readonly ratio?: string;
}

/** CPU µs of a bare jsonwebtoken ES256 server on the machine that the limits were set on. */
export const REFERENCE_BARE_CPU = 231;

export function judgeGoals(results: Results): readonly Goal[] {
  const token = rowOf(results, 'token-es256', isOurs);
  const modifier = rowOf(results, 'dispatch', ({ name }) =>
    isOur(name, 'modifier flow, token seen'),
  );
  const script = rowOf(results, 'dispatch', ({ name }) => isOur(name, 'JavaScript'));
  const peers = loadTables(results)
    .filter(({ id }) => id === 'token-es256')
    .flatMap(({ rows }) => rows.filter(({ role }) => role === 'peer'));
  const cheapest = peers.length === 0 ? undefined : Math.min(...peers.map(({ cpu }) => cpu));
  const micro = (id: string): number | undefined =>
    results.micro?.rows.find((row) => row.id === id)?.cpu;
  const bare = rowOf(results, 'token-es256', ({ name }) => name.includes('jsonwebtoken ES256'));
  const onReference = (goal: Goal, cpu: number | undefined, limit: number): Goal => {
    const here = divide(cpu, bare?.cpu);
    if (here === undefined) return goal;
    return {
      ...goal,
      ratio: `${shorten(here)} × (limit ${shorten(limit / REFERENCE_BARE_CPU)} ×)`,
    };
  };
  const path = (name: string, cpu: number | undefined, limit: number): Goal =>
    onReference(below(name, cpu, limit, 'µs'), cpu, limit);
  return [
    path('A token with ES256, the whole path with the local Functions host', token?.cpu, 420),
    below('The same, against the cheapest peer of its run', token?.cpu, cheapest, 'µs'),
    below(
      "The token handler's own share, against jsonwebtoken.sign and a SHA-256 compare",
      divide(micro('token'), micro('sign')),
      1.3,
      '×',
    ),
    below('Memory of the token instance under load', token?.rssMb, 150, 'MB'),
    path('A message through the hello-world script flow', script?.cpu, 450),
    path('A message through content modifiers only', modifier?.cpu, 360),
    below('Verifying a token seen before', micro('verify'), 5, 'µs'),
    below('One script in its sandbox', micro('script'), 120, 'µs'),
    below('First token, beyond a hello-world app', cold(results, 'first-token'), 150, 'ms'),
    below(
      'First message (JavaScript), beyond a hello-world app',
      cold(results, 'first-script'),
      250,
      'ms',
    ),
    below('Growth of CPU per request with clients', growth(results, 'growth-clients'), 10, '%'),
    below(
      'Growth of CPU per request with deployed iFlows',
      growth(results, 'growth-flows'),
      10,
      '%',
    ),
  ];
}

const isOurs = ({ role }: LoadRow): boolean => role === 'flowgate';
const isOur = (name: string, part: string): boolean => name.includes(part);

function below(
  name: string,
  measured: number | undefined,
  limit: number | undefined,
  unit: string,
): Goal {
  const show = (value: number | undefined): string =>
    value === undefined ? 'not measured' : `${shorten(value)} ${unit}`;
  const met = measured === undefined || limit === undefined ? undefined : measured < limit;
  return { name, limit: `under ${show(limit)}`, measured: show(measured), met };
}

const shorten = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));

const divide = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a / b;

/** With the compile cache where that is quicker, for both alike. */
function cold({ cold: measured }: Results, id: string): number | undefined {
  const beyond = [true, false].flatMap((compileCache) => {
    const answered = (of: string): number | undefined =>
      measured?.rows.find((row: ColdRow) => row.id === of && row.compileCache === compileCache)
        ?.answered;
    const [ours, hello] = [answered(id), answered('hello')];
    return ours === undefined || hello === undefined ? [] : [ours - hello];
  });
  return beyond.length === 0 ? undefined : Math.min(...beyond);
}

/** Percent by which the dearest row of a series is above its first, the worst series of the tables. */
function growth(results: Results, tables: string): number | undefined {
  const series = new Map<string, number[]>();
  for (const { id, rows } of loadTables(results)) {
    if (!id.startsWith(tables)) continue;
    for (const row of rows) {
      const key = `${id} ${row.series ?? row.name}`;
      series.set(key, [...(series.get(key) ?? []), row.cpu]);
    }
  }
  const grown = [...series.values()]
    .filter((cpus) => cpus.length > 1)
    .map((cpus) => 100 * (Math.max(...cpus) / (cpus[0] ?? NaN) - 1));
  return grown.length === 0 ? undefined : Math.max(...grown);
}
