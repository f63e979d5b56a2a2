import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type App, loadApp } from './app.ts';
import { httpListener } from './http-listener.ts';
import { writeEmpty } from './http-response.ts';
import { serve } from './http-server.ts';
import { openLog } from './log.ts';
import type { runTimer, TimerFunction } from './timers.ts';
import { sortTriggers, type Triggers } from './triggers.ts';

type Environment = Readonly<Record<string, string>>;

export interface HostOptions {
  /** Folder with package.json, host.json and the built functions. */
  readonly appRoot: string;
  /** 0 for a free one. */
  readonly port: number;
  /**
   * Put into `process.env`, which is the app's environment, before the app is loaded; a function
   * of the address for what depends on it.
   */
  readonly env?: Environment | ((url: string) => Environment);
  /** Log everything, not just errors. */
  readonly verbose?: boolean;
}

export interface Host {
  /** `http://localhost:<port>` */
  readonly url: string;
  readonly port: number;
  /** Functions that are not served, each with the reason. */
  readonly faults: readonly string[];
  /**
   * Stops accepting, lets running calls finish (10 s at most), runs the app's `appTerminate` hooks.
   */
  stop(): Promise<void>;
}

const GRACE_MS = 10_000;

/**
 * Loads a function app and serves it as Azure Functions would. Two hosts in one process share what
 * the app keeps in modules: two instances are two processes.
 *
 * @throws {Error} when the app cannot be loaded; `EADDRINUSE` when the port is taken.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const appRoot = resolve(options.appRoot);
  // As in Azure, the host answers 503 until the app is there.
  let listener: RequestListener = (_, response) => writeEmpty(response, 503);
  const server = await serve(options.port, (request, response) => listener(request, response));
  const url = `http://localhost:${server.port}`;
  const calls = new Set<Promise<unknown>>();
  const stopping = new AbortController();
  let app: App, triggers: Triggers, listeners: Promise<void>[];
  try {
    const { env = {} } = options;
    Object.assign(process.env, typeof env === 'function' ? env(url) : env);
    app = await loadApp(appRoot, openLog(options.verbose ?? false));
    triggers = sortTriggers(app);
    listeners = await listen(triggers, app, hostIdOf(appRoot), stopping.signal);
  } catch (error) {
    await server.close(0);
    throw error;
  }
  listener = httpListener(app, triggers, calls);
  app.log('information', 'system', `${app.functions.length} functions of ${appRoot} are served.`);

  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([server.close(GRACE_MS), atMost(GRACE_MS, Promise.all(listeners))]);
    await atMost(GRACE_MS, Promise.all(calls));
    await atMost(GRACE_MS, app.terminate());
  };
  let stopped: Promise<void> | undefined;
  return {
    url,
    port: server.port,
    faults: triggers.faults,
    stop: () => (stopped ??= stop()),
  };
}

/** Timers and queues need the storage SDKs, which are loaded for them alone. */
async function listen(
  { timers, queues }: Triggers,
  { settings, log }: App,
  hostId: string,
  signal: AbortSignal,
): Promise<Promise<void>[]> {
  const running: Promise<void>[] = [];
  if (timers.length > 0) {
    const connectionString = connectionOf('');
    running.push(runTimers(timers, { connectionString, hostId, log, signal }));
  }
  if (queues.length > 0) {
    const { runQueue } = await import('./queues.ts');
    for (const queue of queues) {
      const connectionString = connectionOf(queue.connection);
      running.push(runQueue(queue, { connectionString, settings: settings.queues, log, signal }));
    }
  }
  return running;
}

/**
 * Azure's host keeps its timers in a process of its own; here they would take the time of the first
 * calls, so they wait, but for those that are to run at the start.
 */
const TIMERS_AFTER_MS = 1000;

async function runTimers(
  timers: readonly TimerFunction[],
  options: Parameters<typeof runTimer>[1],
): Promise<void> {
  if (!timers.some((timer) => timer.runOnStartup)) {
    await sleep(TIMERS_AFTER_MS, undefined, { signal: options.signal }).catch(ignoreAbort);
  }
  if (options.signal.aborted) return;
  const { runTimer } = await import('./timers.ts');
  await Promise.all(timers.map((timer) => runTimer(timer, options)));
}

/**
 * A binding names its connection by a setting, with or without `AzureWebJobs` before it. This host
 * knows connection strings only: FLOWGATE_HOST_STORAGE is its own, for an app that reaches its
 * storage by identity.
 */
function connectionOf(name: string): string {
  const names =
    name === '' ? ['FLOWGATE_HOST_STORAGE', 'AzureWebJobsStorage'] : [`AzureWebJobs${name}`, name];
  for (const each of names) {
    const value = process.env[each];
    if (value !== undefined && value !== '') return value;
  }
  throw new Error(`The setting ${names.join(' or ')} must hold a storage connection string.`);
}

/** Hosts of one id share timers; Azure derives it from the site's name. */
function hostIdOf(appRoot: string): string {
  const given = process.env['AzureFunctionsWebHost__hostid'];
  if (given !== undefined && given !== '') return given;
  return createHash('sha256').update(`${hostname()}\0${appRoot}`).digest('hex').slice(0, 32);
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const limit = sleep(ms, undefined, { signal: done.signal }).catch(ignoreAbort);
  await Promise.race([work, limit]);
  done.abort();
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
}
