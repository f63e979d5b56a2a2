/**
 * `npm run load [-- --minutes 10]`: mixed traffic on one instance. Measures the maximum, runs at half
 * of it for `--minutes`, at twice the maximum for `--overload` seconds, then at half again, and writes
 * docs/load.md, docs/load/*.svg and docs/load/result.json. Ends with 1 when an expectation is not met.
 *
 * `--out FOLDER` writes elsewhere than docs/.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../../scripts/build.ts';
import { startAzurite } from '../../test/support/azurite.ts';
import { startInstance } from '../../test/support/instance.ts';
import { judge } from './judge.ts';
import { LoadProcess } from './load-process.ts';
import { renderCharts, renderReport } from './render.ts';
import type { LoadRun, Phase } from './result.ts';
import { prepareTraffic } from './traffic.ts';
import { Watch } from './watch.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    overload: { type: 'string', default: '60' },
    recovery: { type: 'string', default: '30' },
    out: { type: 'string', default: join(import.meta.dirname, '..', '..', 'docs') },
  },
});

/** Closed loop; the maximum is what these get answered. */
const MAXIMUM_CONNECTIONS = 64;
/** Open loop: under overload answers take up to some tenths of a second. */
const OPEN_CONNECTIONS = 4000;
const MAXIMUM_MS = 10_000;
const SAMPLE_MS = 2000;

async function main(): Promise<void> {
  await build();
  const azurite = await startAzurite();
  const load = new LoadProcess();
  try {
    const storage = { connectionString: azurite.connectionString, prefix: 'load' };
    const instance = await startInstance(storage);
    const kinds = await prepareTraffic(instance.url);
    const port = Number(new URL(instance.url).port);
    const startedAt = performance.now();
    const watch = new Watch(instance.pid, instance.url, startedAt, SAMPLE_MS);
    const phases: Phase[] = [];
    const run = async (
      name: Phase['name'],
      milliseconds: number,
      rate?: number,
    ): Promise<Phase> => {
      const from = (performance.now() - startedAt) / 1000;
      const connections = rate === undefined ? MAXIMUM_CONNECTIONS : OPEN_CONNECTIONS;
      console.log(`${name}: ${milliseconds / 1000} s at ${rate?.toFixed(0) ?? 'what it takes'}/s`);
      const outcome = await load.run({
        port,
        kinds,
        milliseconds,
        connections,
        ...(rate === undefined ? {} : { rate }),
      });
      const phase = { name, from, milliseconds, rate, outcome };
      phases.push(phase);
      return phase;
    };

    await run('warm-up', MAXIMUM_MS);
    const { outcome } = await run('maximum', MAXIMUM_MS);
    const maximum = outcome.total.good / (outcome.tookMs / 1000);
    await run('half', Number(values.minutes) * 60_000, maximum / 2);
    await run('twice', Number(values.overload) * 1000, maximum * 2);
    await run('half again', Number(values.recovery) * 1000, maximum / 2);
    watch.stop();
    await instance.stop();

    const result: LoadRun = {
      date: new Date().toISOString().slice(0, 10),
      node: process.version,
      cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`,
      maximum,
      mix: kinds.map(({ name, weight, expected }) => ({ name, weight, expected })),
      phases,
      samples: watch.samples,
    };
    const verdicts = judge(result);
    const folder = join(values.out, 'load');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'result.json'), `${JSON.stringify(result)}\n`);
    for (const [name, svg] of renderCharts(result)) await writeFile(join(folder, name), svg);
    await writeFile(join(values.out, 'load.md'), renderReport(result, verdicts));
    for (const { what, holds, found } of verdicts) {
      console.log(`${holds ? 'holds' : 'DOES NOT HOLD'}: ${what}: ${found}`);
    }
    if (!verdicts.every(({ holds }) => holds)) process.exitCode = 1;
  } finally {
    load.stop();
    azurite.stop();
  }
}

await main();
