import type { Load, LoadPlan, LoadResult } from './load.ts';
import type { LoadGenerator } from './load-client.ts';
import type { MeasuredServer } from './server.ts';
import type { LoadRow, Role } from '../report/results.ts';

export interface Contender {
  readonly name: string;
  readonly role: Role;
  /** Rows of one series do the same work and differ only in how much there is. */
  readonly series?: string;
  /** Starts what is to be loaded; several servers are the instances of one deployment. */
  start(): Promise<{
    readonly servers: readonly MeasuredServer[];
    readonly plan: Omit<LoadPlan, 'ports' | 'connections'>;
  }>;
  /** Unless told, the contest's. */
  readonly connections?: number;
  /** Answers that warm it up, where one takes long and its code runs many times over for it. */
  readonly warmRequests?: number;
}

export interface ContestOptions {
  readonly milliseconds: number;
  readonly warmUpMs: number;
  readonly passes: number;
  readonly connections: number;
}

/** Answers after which V8 has optimised what a request runs. */
const WARM_REQUESTS = 5000;
const WARM_UPS = 4;

interface Entrant {
  readonly contender: Contender;
  readonly servers: readonly MeasuredServer[];
  readonly run: Load['run'];
  readonly idleRssMb: number;
  readonly passes: Pass[];
}

interface Pass extends LoadResult {
  readonly cpu: number;
  readonly rssMb: number;
}

/**
 * Starts all contenders, warms each up, then loads them in turn, pass by pass, so that a change in
 * the machine meets all of them alike. Figures are medians over the passes.
 */
export async function runContest(
  contenders: readonly Contender[],
  load: LoadGenerator,
  options: ContestOptions,
  say: (line: string) => void,
): Promise<LoadRow[]> {
  const entrants: Entrant[] = [];
  for (const contender of contenders) {
    say(`  ${contender.name}`);
    entrants.push(await enter(contender, load, options));
  }
  for (let pass = 0; pass < options.passes; pass += 1) {
    say(`  pass ${pass + 1} of ${options.passes}`);
    for (const entrant of entrants) {
      entrant.passes.push(await measure(entrant, options.milliseconds));
    }
  }
  return entrants.map(rowOf);
}

async function enter(
  contender: Contender,
  load: LoadGenerator,
  options: ContestOptions,
): Promise<Entrant> {
  const { servers, plan } = await contender.start();
  const run = await load.open({
    ...plan,
    ports: servers.map((server) => server.port),
    connections: contender.connections ?? options.connections,
  });
  const { rssMb: idleRssMb } = await usageOf(servers);
  const entrant = { contender, servers, run, idleRssMb, passes: [] };
  // Until each request has filled the caches and every instance's code is compiled, if that comes in time.
  const enough = 2 * plan.heads.length + (contender.warmRequests ?? WARM_REQUESTS) * servers.length;
  let sent = 0;
  for (let turn = 0; turn < WARM_UPS && sent < enough; turn += 1) {
    sent += (await run(options.warmUpMs)).requests;
  }
  return entrant;
}

async function measure({ servers, run }: Entrant, milliseconds: number): Promise<Pass> {
  const before = await usageOf(servers);
  const result = await run(milliseconds);
  const after = await usageOf(servers);
  return { ...result, cpu: (after.cpu - before.cpu) / result.requests, rssMb: after.rssMb };
}

/** CPU of all instances together, memory of the largest one. */
async function usageOf(
  servers: readonly MeasuredServer[],
): Promise<{ readonly cpu: number; readonly rssMb: number }> {
  const usages = await Promise.all(servers.map((server) => server.usage()));
  return {
    cpu: usages.reduce((sum, usage) => sum + usage.cpuMicroseconds, 0),
    rssMb: Math.max(...usages.map((usage) => usage.rssBytes)) / 1024 / 1024,
  };
}

function rowOf({ contender, passes, idleRssMb }: Entrant): LoadRow {
  const of = (figure: (pass: Pass) => number): number => median(passes.map(figure));
  const cpus = passes.map((pass) => pass.cpu);
  return {
    name: contender.name,
    role: contender.role,
    ...(contender.series === undefined ? {} : { series: contender.series }),
    cpu: of((pass) => pass.cpu),
    cpuLow: Math.min(...cpus),
    cpuHigh: Math.max(...cpus),
    rate: of((pass) => pass.requests / pass.seconds),
    p50Ms: of((pass) => pass.p50Ms),
    p99Ms: of((pass) => pass.p99Ms),
    idleRssMb,
    rssMb: of((pass) => pass.rssMb),
  };
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
