/** `npm run bench:cold`: see USAGE. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import CLIENT from './peers/client.json' with { type: 'json' };
import { type Context, openContext } from './context.ts';
import {
  flowgateTokenHead,
  messageHead,
  MODIFIER_STEP,
  openDeployment,
  SCRIPT_STEP,
  TOKEN_BODY,
  tokenHead,
} from './deployment.ts';
import { median } from './measure/contest.ts';
import { openLoad, requestHead } from './measure/load.ts';
import type { MeasuredServer, ServerCommand } from './measure/server.ts';
import { renderPages } from './report/render.ts';
import { type ColdRow, mergeResults, type Results } from './report/results.ts';
import { tablesAsText } from './report/tables.ts';

const USAGE = `npm run bench:cold [-- OPTIONS]: from the start of a process to its first answer.

  --runs 11          of each, in turn; medians are shown
  --output FILE      docs/performance/results.json unless told
  --trace            one run of each of Flowgate's, which lists the modules in the order they are loaded`;

interface Starter {
  readonly id: string;
  readonly name: string;
  readonly head: string;
  readonly body: string;
  start(more: Partial<ServerCommand>): Promise<MeasuredServer>;
}

type Times = Pick<ColdRow, 'booted' | 'listening' | 'answered'>;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '11' },
      output: { type: 'string' },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const runs = Number(values.runs);
  if (values.help || !(runs >= 1)) {
    console.log(USAGE);
    return;
  }
  const context = openContext({
    milliseconds: 0,
    warmUpMs: 0,
    passes: runs,
    connections: 1,
    quick: false,
    match: [],
    say: (line) => process.stderr.write(`${line}\n`),
  });
  try {
    const starters = await prepare(context);
    if (values.trace) {
      for (const starter of starters.filter(({ id }) => id.startsWith('first-'))) {
        console.log(`\n${starter.name}: milliseconds since the start, bytes, module`);
        const preload = join(import.meta.dirname, 'measure', 'trace-modules.ts');
        await startOnce(starter, { nodeOptions: ['--import', preload] });
      }
      return;
    }
    const measured = await measure(context, starters, runs);
    console.log(tablesAsText(measured));
    const docs = join(import.meta.dirname, '..', 'docs');
    const results = join(docs, 'performance', 'results.json');
    const merged = await mergeResults(values.output ?? results, measured);
    if (values.output === undefined) await renderPages(docs, merged);
  } finally {
    await context.stop();
  }
}

async function measure(
  context: Context,
  starters: readonly Starter[],
  runs: number,
): Promise<Results> {
  const folder = await mkdtemp(join(tmpdir(), 'flowgate-bench-'));
  // Node's own switches (https://nodejs.org/api/module.html#module-compile-cache).
  const caches: readonly { compileCache: boolean; env: Record<string, string> }[] = [
    { compileCache: false, env: { NODE_DISABLE_COMPILE_CACHE: '1' } },
    { compileCache: true, env: { NODE_COMPILE_CACHE: folder } },
  ];
  const ways = caches.flatMap(({ compileCache, env }) =>
    starters.map((starter) => ({ starter, compileCache, env, times: [] as Times[] })),
  );
  try {
    // The first start of each is not counted: it fills the compile cache and the file cache.
    for (let run = -1; run < runs; run += 1) {
      context.options.say(run < 0 ? 'warm-up' : `run ${run + 1} of ${runs}`);
      for (const { starter, env, times } of ways) {
        const time = await startOnce(starter, { env });
        if (run >= 0) times.push(time);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const rows = ways.map(({ starter: { id, name }, compileCache, times }): ColdRow => {
    const of = (time: keyof Times): number => median(times.map((each) => each[time]));
    return {
      id,
      name,
      compileCache,
      booted: of('booted'),
      listening: of('listening'),
      answered: of('answered'),
    };
  });
  const how = `${runs} interleaved runs, medians; storage with keys, client and flows is there before, the file cache is warm`;
  return { cold: { run: context.describe(how), rows } };
}

async function startOnce(starter: Starter, more: Partial<ServerCommand>): Promise<Times> {
  const server = await starter.start(more);
  const load = openLoad({
    ports: [server.port],
    heads: [starter.head],
    body: starter.body,
    connections: 1,
  });
  await load.run(0);
  const answeredAt = performance.now();
  const { bootedAtMs } = await server.usage();
  await server.stop();
  return {
    booted: bootedAtMs,
    listening: server.listeningAt - server.startedAt,
    answered: answeredAt - server.startedAt,
  };
}

async function prepare(context: Context): Promise<readonly Starter[]> {
  const deployment = await openDeployment(await context.storage());
  const [one] = await deployment.addClients(1, 1);
  if (one === undefined) throw new Error('No client was registered.');
  await deployment.deploy({ modifier: [MODIFIER_STEP], script: [SCRIPT_STEP] });
  const [token = ''] = await deployment.makeTokens(one.client, 1);
  // Takes whatever is exported.
  const collector = await context.startPeer({ script: 'bare.js', args: ['fixed'], core: 'load' });
  const flowgate = (
    id: string,
    name: string,
    head: string,
    body = '',
    env: Readonly<Record<string, string>> = {},
  ): Starter => ({
    id,
    name: `Flowgate, ${name}`,
    head,
    body,
    start: (more) => context.startFlowgate(deployment, { ...more, env: { ...more.env, ...env } }),
  });
  return [
    {
      id: 'bare',
      name: 'bare node:http, SHA-256, jsonwebtoken ES256',
      head: tokenHead('/token', CLIENT.id, CLIENT.secret),
      body: TOKEN_BODY,
      start: (more) => context.startPeer({ script: 'bare.js', args: ['sign'], ...more }),
    },
    {
      id: 'hello',
      name: 'hello world in the local Functions host',
      head: requestHead('GET', '/hello', {}),
      body: '',
      start: (more) => context.startHello(more),
    },
    flowgate('first-token', 'first token', flowgateTokenHead(one), TOKEN_BODY),
    flowgate(
      'first-token-telemetry',
      'first token, telemetry on (OTLP)',
      flowgateTokenHead(one),
      TOKEN_BODY,
      { OTEL_EXPORTER_OTLP_ENDPOINT: collector.ready.url },
    ),
    flowgate('first-modifier', 'first message, content modifier', messageHead('modifier', token)),
    flowgate('first-script', 'first message, JavaScript', messageHead('script', token)),
  ];
}

await main();
