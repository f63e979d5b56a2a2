import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';

const ACCOUNT = 'devstoreaccount1';
const KEY =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export interface TestStorage {
  readonly connectionString: string;
  /** Unique to the caller, so that test files share one Azurite without seeing each other. */
  readonly prefix: string;
}

let shared: Promise<string> | undefined;

/**
 * Storage for one test file: the run's Azurite where `npm test` has started one (environment
 * variable FLOWGATE_TEST_STORAGE), else one of the process's own that ends with it.
 */
export async function testStorage(): Promise<TestStorage> {
  const given = process.env['FLOWGATE_TEST_STORAGE'];
  shared ??= given === undefined ? startOwn() : Promise.resolve(given);
  return { connectionString: await shared, prefix: `t${randomBytes(6).toString('hex')}` };
}

async function startOwn(): Promise<string> {
  const azurite = await startAzurite();
  // Not after(): inside a test that would end storage with that one test.
  process.once('exit', () => azurite.stop());
  return azurite.connectionString;
}

export type Service = 'blob' | 'queue' | 'table';
export const SERVICES: readonly Service[] = ['blob', 'queue', 'table'];
export type Ports = Readonly<Record<Service, number>>;

type CommandLine = readonly [string, ...string[]];
const asItIs = (command: CommandLine): CommandLine => command;

export interface AzuriteOptions {
  /** Folder to keep the data in; in memory unless told. */
  readonly location?: string;
  /** Free ones unless told. */
  readonly ports?: Ports;
  /** Run by `sh` before Azurite in its place: limits that it is to have, such as `ulimit -f 2000`. */
  readonly prelude?: string;
  /** Puts something before its command line, such as the choice of a core. */
  readonly wrap?: (command: CommandLine) => CommandLine;
}

export interface RunningAzurite {
  readonly connectionString: string;
  readonly ports: Ports;
  readonly process: ChildProcess;
  stop(): void;
}

/** Starts Azurite. */
export async function startAzurite(options: AzuriteOptions = {}): Promise<RunningAzurite> {
  const script = createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js');
  const { location, ports: wanted, prelude = 'true', wrap = asItIs } = options;
  const [command, ...args] = wrap([
    'sh',
    ...['-c', `${prelude}; exec "$0" "$@"`, process.execPath],
    script,
    ...(location === undefined ? ['--inMemoryPersistence'] : ['--location', location]),
    '--silent',
    '--skipApiVersionCheck',
    '--disableTelemetry',
    ...SERVICES.flatMap((service) => [
      ...[`--${service}Port`, String(wanted?.[service] ?? 0)],
      ...[`--${service}Host`, '127.0.0.1'],
    ]),
  ]);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const found = new Map<string, number>();
  await new Promise<void>((resolve, reject) => {
    let text = '';
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`Azurite ended with ${code}: ${text}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (const line of text.matchAll(
        /Azurite (Blob|Queue|Table) service is successfully listening at http:\/\/127\.0\.0\.1:(\d+)/g,
      )) {
        found.set((line[1] ?? '').toLowerCase(), Number(line[2]));
      }
      if (found.size === 3) resolve();
    });
  });
  // It must not keep the test process alive.
  child.stdout.removeAllListeners('data').resume();
  if (child.stdout instanceof Socket) child.stdout.unref();
  child.unref();
  const portOf = (service: Service): number => found.get(service) ?? 0;
  const ports = { blob: portOf('blob'), queue: portOf('queue'), table: portOf('table') };
  return {
    connectionString: connectionStringTo(ports),
    ports,
    process: child,
    stop: () => {
      child.removeAllListeners('exit');
      // It holds nothing on disk that a gentle end would save.
      child.kill('SIGKILL');
    },
  };
}

/** How to reach Azurite, or what stands before it, at these ports. */
export function connectionStringTo(ports: Ports): string {
  const endpoints = SERVICES.map((service) => {
    const name = service.charAt(0).toUpperCase() + service.slice(1);
    return `${name}Endpoint=http://127.0.0.1:${ports[service]}/${ACCOUNT};`;
  });
  return `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};${endpoints.join('')}`;
}

/** Where the services of a connection string listen. */
export function portsOf(connectionString: string): Ports {
  const port = (service: Service): number =>
    Number(
      new RegExp(`${service}Endpoint=http://127\\.0\\.0\\.1:(\\d+)/`, 'i').exec(
        connectionString,
      )?.[1],
    );
  return { blob: port('blob'), queue: port('queue'), table: port('table') };
}
