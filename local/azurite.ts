import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  identityOf,
  isRunning,
  type ProcessIdentity,
  thisProcess,
  withFileLock,
} from './file-lock.mjs';

const SERVICES = ['blob', 'queue', 'table'] as const;
type Ports = Readonly<Record<(typeof SERVICES)[number], number>>;

/** `<data>/azurite.json`: the account is kept, since Azurite's data is filed under it. */
interface State {
  readonly account: string;
  readonly key: string;
  /** The running Azurite's, or the last one's. */
  readonly ports: Ports | null;
  readonly process: ProcessIdentity | null;
  readonly connectionString: string | null;
}

export interface JoinedAzurite {
  readonly connectionString: string;
  /** Whether this call has started it, rather than joined a running one. */
  readonly isNew: boolean;
  /** Leaves it; the last process to leave stops it, once its data is on disk. */
  leave(): Promise<void>;
}

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;

/**
 * Starts the Azurite of a data folder, or joins it where it runs. It is a process group of its own
 * that outlives a killed host. Who uses it is written down in `<data>/instances/`, a file for each
 * process; those of processes that have ended without leaving are swept.
 *
 * @param data an existing folder.
 * @throws {Error} when Azurite does not start; its output is in `<data>/azurite.log`.
 */
export async function joinAzurite(data: string): Promise<JoinedAzurite> {
  const instances = join(data, 'instances');
  const lock = join(instances, '.lock');
  const own = join(instances, String(process.pid));
  await mkdir(instances, { recursive: true, mode: 0o700 });
  const leave = (): Promise<void> =>
    withFileLock(lock, async () => {
      await rm(own, { force: true });
      if ((await sweepInstances(instances)) === 0) await stopAzurite(data);
    });
  const joined = await withFileLock(lock, async () => {
    await sweepInstances(instances);
    const running = await findRunning(data);
    const connectionString = running ?? (await startAzurite(data));
    await writeFile(own, JSON.stringify(thisProcess()), { mode: 0o600 });
    return { connectionString, isNew: running === undefined };
  });
  return { ...joined, leave };
}

/** Removes the files of processes that are gone; says how many others there are. */
async function sweepInstances(folder: string): Promise<number> {
  let alive = 0;
  for (const name of await readdir(folder)) {
    if (!/^\d+$/.test(name)) continue;
    const file = join(folder, name);
    const text = await readFile(file, 'utf8');
    // A process that was killed while it wrote its file leaves it empty.
    if (text !== '' && isRunning(JSON.parse(text) as ProcessIdentity)) alive += 1;
    else await rm(file, { force: true });
  }
  return alive;
}

async function findRunning(data: string): Promise<string | undefined> {
  const state = await readState(data);
  if (!state?.process || !isRunning(state.process) || !state.ports) return undefined;
  return (await answers(state)) ? (state.connectionString ?? undefined) : undefined;
}

/** Whether Azurite answers under the account's key: another program on its port would not. */
async function answers({ account, key, ports }: State): Promise<boolean> {
  const date = new Date().toUTCString();
  const signed = createHmac('sha256', Buffer.from(key, 'base64'))
    .update(`${date}\n/${account}/${account}/Tables`)
    .digest('base64');
  try {
    const response = await fetch(`http://127.0.0.1:${ports?.table ?? 0}/${account}/Tables`, {
      headers: {
        authorization: `SharedKeyLite ${account}:${signed}`,
        'x-ms-date': date,
        'x-ms-version': '2019-02-02',
        accept: 'application/json;odata=nometadata',
      },
      signal: AbortSignal.timeout(5000),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}

async function startAzurite(data: string): Promise<string> {
  const before = await readState(data);
  if (before?.process) await endProcess(before.process);
  const account = before?.account ?? 'flowgate';
  const key = before?.key ?? randomBytes(64).toString('base64');
  // The last ports again if they are free, so that a host whose Azurite was killed finds the new one.
  const wanted = before?.ports && (await areFree(before.ports)) ? before.ports : undefined;
  const log = join(data, 'azurite.log');
  const output = openSync(log, 'w', 0o600);
  const child = spawn(
    process.execPath,
    [
      createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js'),
      ...['--location', join(data, 'azurite'), '--silent', '--disableTelemetry'],
      ...['--skipApiVersionCheck', '--disableProductStyleUrl'],
      ...SERVICES.flatMap((service) => [
        ...[`--${service}Host`, '127.0.0.1'],
        ...[`--${service}Port`, String(wanted?.[service] ?? 0)],
      ]),
    ],
    {
      detached: true,
      windowsHide: true,
      stdio: ['ignore', output, output],
      env: { ...process.env, AZURITE_ACCOUNTS: `${account}:${key}` },
    },
  );
  closeSync(output);
  child.unref();
  if (child.pid === undefined) throw new Error('Azurite could not be started.');
  const started = identityOf(child.pid);
  // Written at once, so that a host killed from here on leaves a trace of this process.
  await writeState(data, { account, key, ports: null, process: started, connectionString: null });
  const ports = await readPorts(log, started);
  const connectionString = connectionStringOf(account, key, ports);
  await writeState(data, { account, key, ports, process: started, connectionString });
  return connectionString;
}

function connectionStringOf(account: string, key: string, ports: Ports): string {
  const endpoint = (name: string, port: number): string =>
    `${name}Endpoint=http://127.0.0.1:${port}/${account};`;
  return (
    `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};` +
    endpoint('Blob', ports.blob) +
    endpoint('Queue', ports.queue) +
    endpoint('Table', ports.table)
  );
}

/** Waits for Azurite to say where it listens. */
async function readPorts(log: string, started: ProcessIdentity): Promise<Ports> {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const text = await readFile(log, 'utf8');
    const ports = new Map<string, number>();
    for (const [, service = '', port] of text.matchAll(
      /Azurite (Blob|Queue|Table) service is successfully listening at http:\/\/127\.0\.0\.1:(\d+)/g,
    )) {
      ports.set(service.toLowerCase(), Number(port));
    }
    const [blob, queue, table] = SERVICES.map((service) => ports.get(service));
    if (blob !== undefined && queue !== undefined && table !== undefined) {
      return { blob, queue, table };
    }
    if (!isRunning(started)) throw new Error(`Azurite has not started; see ${log}.`);
    if (Date.now() > deadline) {
      await endProcess(started);
      throw new Error(`Azurite has not started in ${START_LIMIT_MS / 1000} s; see ${log}.`);
    }
    await sleep(20);
  }
}

async function stopAzurite(data: string): Promise<void> {
  const state = await readState(data);
  if (!state?.process) return;
  await endProcess(state.process);
  await writeState(data, { ...state, process: null, connectionString: null });
}

/** Azurite saves its data when it is told to end; on Windows it cannot be told, but saves each 5 s. */
async function endProcess(identity: ProcessIdentity): Promise<void> {
  if (!isRunning(identity)) return;
  if (process.platform === 'win32') await sleep(6000);
  signal(identity, 'SIGTERM');
  const deadline = Date.now() + STOP_LIMIT_MS;
  while (isRunning(identity)) {
    if (Date.now() > deadline) {
      signal(identity, 'SIGKILL');
      return;
    }
    await sleep(20);
  }
}

function signal({ pid }: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has ended in between.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function areFree(ports: Ports): Promise<boolean> {
  const free = await Promise.all(SERVICES.map((service) => isFree(ports[service])));
  return free.every((each) => each);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

const stateFile = (data: string): string => join(data, 'azurite.json');

async function readState(data: string): Promise<State | undefined> {
  try {
    return JSON.parse(await readFile(stateFile(data), 'utf8')) as State;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeState(data: string, state: State): Promise<void> {
  const draft = `${stateFile(data)}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, stateFile(data));
}
