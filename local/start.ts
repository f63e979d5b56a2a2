/** `npm start`: everything that Flowgate needs, on one machine. See `USAGE` in start/options.ts. */
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { joinAzurite } from './azurite.ts';
import { describe } from './host/log.ts';
import { startHost } from './host/start-host.ts';
import { readOptions, type StartOptions, USAGE, UsageError } from './start/options.ts';
import { makeDataFolder, readSecrets, rememberShown, rememberUrl } from './start/secrets.ts';
import { seedOnce } from './start/seed.ts';
import { walkThrough, welcome } from './start/walk-through.ts';

const root = join(import.meta.dirname, '..');
const READY_LIMIT_MS = 60_000;

/** What has been started, in that order; stopped in the other. */
const started: (() => Promise<void>)[] = [];
const stopping = new AbortController();
let exit: Promise<void> | undefined;

async function start(options: StartOptions): Promise<void> {
  const data = resolve(options.data);
  await makeDataFolder(data);
  const secrets = await readSecrets(data, process.env);
  const building = options.build ? build() : Promise.resolve();
  // Awaited below; should it fail before that, it must not end the process.
  building.catch(() => undefined);
  const azurite = await joinAzurite(data);
  started.push(() => azurite.leave());
  await building;
  say(azurite.isNew ? 'Storage started (Azurite).' : 'Storage joined (the running Azurite).');

  const { bootstrap } = secrets;
  const host = await startHost({
    appRoot: root,
    port: options.port,
    verbose: options.verbose,
    env: (url) => ({
      FUNCTIONS_WORKER_RUNTIME: 'node',
      AzureWebJobsDisableHomepage: 'true',
      AzureWebJobsStorage: azurite.connectionString,
      FLOWGATE_MASTER_KEY: secrets.masterKey,
      FLOWGATE_BOOTSTRAP_CLIENT_ID: bootstrap.clientId,
      FLOWGATE_BOOTSTRAP_CLIENT_SECRET: bootstrap.clientSecret,
      FLOWGATE_ISSUER: process.env['FLOWGATE_ISSUER'] || url,
    }),
  });
  started.push(() => host.stop());
  if (host.faults.length > 0) throw new Error('Not every function could be served.');
  await untilReady(host.url);
  if (!(await seedOnce(data, host.url, bootstrap, loadBundle))) {
    say(
      `The administrator's client "${bootstrap.clientId}" was refused, so the walk-through's package was not created.`,
    );
  }
  const account = process.env['FLOWGATE_ACCOUNT'] || 'flowgate';
  const place = { url: host.url, subscription: `${account}iflmap` };
  await rememberUrl(data, host.url);
  console.log(welcome(place, bootstrap, walkThrough(place, bootstrap, secrets.walkThroughSecret)));
  await rememberShown(bootstrap);
}

async function loadBundle(): Promise<Uint8Array> {
  const { helloWorldBundle } = await import('../shared/iflow/design/hello-world.ts');
  return helloWorldBundle();
}

async function build(): Promise<void> {
  const builder = await import('../scripts/build.ts');
  await builder.build();
}

/** @throws {Error} with what `/health/ready` says, when it is not 200 in time. */
async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  for (;;) {
    stopping.signal.throwIfAborted();
    const response = await fetch(`${url}/health/ready`);
    const text = await response.text();
    if (response.ok) return;
    if (Date.now() > deadline) {
      throw new Error(`Flowgate is not ready: /health/ready answers ${response.status} ${text}`);
    }
    await sleep(100);
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The host first, which flushes; then the storage, which the last one stops. */
function stop(code: number): void {
  exit ??= (async () => {
    stopping.abort();
    await starting.catch(() => undefined);
    for (const stopOne of started.reverse()) {
      await stopOne().catch((error: unknown) => say(describe(error)));
    }
    process.exit(code);
  })();
}

function explain(error: unknown): void {
  if (stopping.signal.aborted) return;
  if (error instanceof UsageError) say(`${error.message}\n\n${USAGE}`);
  else if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    say('The port is in use: stop what uses it, or choose another one with --port (0 takes any).');
  } else say(describe(error));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0));
// run.mjs was killed, and nobody would stop this process.
if (process.connected) process.once('disconnect', () => stop(0));
process.on('uncaughtException', (error) => {
  say(describe(error));
  stop(1);
});

const starting = Promise.resolve().then(() => start(readOptions(process.argv.slice(2))));
starting.catch((error: unknown) => {
  explain(error);
  stop(error instanceof UsageError ? 2 : 1);
});
