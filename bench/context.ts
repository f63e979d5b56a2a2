import { join } from 'node:path';
import { once } from '../shared/cache/once.ts';
import { startAzurite } from '../test/support/azurite.ts';
import { buildApp } from './app.ts';
import type { Deployment } from './deployment.ts';
import { installPeers } from './install-peers.ts';
import { type Contender, type ContestOptions, runContest } from './measure/contest.ts';
import { type LoadGenerator, startLoadGenerator } from './measure/load-client.ts';
import { type Bench, prepareBench } from './measure/machine.ts';
import { type MeasuredServer, type ServerCommand, startServer } from './measure/server.ts';
import type { LoadRow, Run } from './report/results.ts';

const HOST = join(import.meta.dirname, '..', 'local', 'host', 'main.ts');
const HELLO_APP = join(import.meta.dirname, 'hello-app');

export interface ContextOptions extends ContestOptions {
  /** Sizes are cut down: what is measured shows that it works, not what it costs. */
  readonly quick: boolean;
  /** Contenders to take part: those whose name holds one of these; all when there are none. */
  readonly match: readonly string[];
  readonly say: (line: string) => void;
}

/** What a section measures with. Everything is made on first use and ends with {@link stop}. */
export interface Context {
  readonly bench: Bench;
  readonly load: LoadGenerator;
  readonly options: ContextOptions;
  /** Of one Azurite for the whole run. */
  storage(): Promise<string>;
  /** Folder of the app as it is deployed. */
  app(): Promise<string>;
  start(command: ServerCommand): Promise<MeasuredServer>;
  /** @param peer its script is a name in `peers/`. */
  startPeer(peer: ServerCommand): Promise<MeasuredServer>;
  startHello(more?: Partial<ServerCommand>): Promise<MeasuredServer>;
  startFlowgate(deployment: Deployment, more?: Partial<ServerCommand>): Promise<MeasuredServer>;
  /** Runs those contenders that are asked for, and stops what was started for them. */
  contest(contenders: readonly Contender[]): Promise<readonly LoadRow[]>;
  /** What is written beside figures. */
  describe(how?: string): Run;
  stop(): Promise<void>;
}

export function openContext(options: ContextOptions): Context {
  const bench = prepareBench();
  const load = startLoadGenerator(bench);
  const azurite = once(async () => {
    const started = await startAzurite({ wrap: (command) => bench.onCore('load', command) });
    process.once('exit', () => started.stop());
    return started;
  });
  // So that what is to be ended at the exit is ended.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  let usesAzurite = false;
  const servers: MeasuredServer[] = [];
  const stopServers = async (): Promise<void> => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  };
  const start: Context['start'] = async (command) => {
    const server = await startServer(bench, command);
    servers.push(server);
    return server;
  };
  const app = once(() => buildApp(options.say));
  const peers = once(() => {
    installPeers(options.say);
  });
  return {
    bench,
    load,
    options,
    async storage() {
      usesAzurite = true;
      return (await azurite()).connectionString;
    },
    app,
    start,
    async startPeer(peer) {
      await peers();
      const env = { NODE_ENV: 'production', ...peer.env };
      return start({ ...peer, script: join(import.meta.dirname, 'peers', peer.script), env });
    },
    startHello: (more = {}) => start({ script: HOST, args: ['--app', HELLO_APP], ...more }),
    async startFlowgate(deployment, more = {}) {
      const env = { ...deployment.env, ...more.env };
      return start({ script: HOST, args: ['--app', await app()], ...more, env });
    },
    async contest(contenders) {
      const { match } = options;
      const asked = contenders.filter(
        ({ name }) => match.length === 0 || match.some((text) => name.includes(text)),
      );
      try {
        return await runContest(asked, load, options, options.say);
      } finally {
        await stopServers();
      }
    },
    describe(how) {
      const { connections, passes, milliseconds } = options;
      return {
        when: new Date().toISOString(),
        machine: bench.machine,
        how:
          how ??
          `${connections} keep-alive connections, ${passes} interleaved passes of ${milliseconds / 1000} s each, medians`,
      };
    },
    async stop() {
      await stopServers();
      load.stop();
      bench.stop();
      if (usesAzurite) (await azurite()).stop();
    },
  };
}
