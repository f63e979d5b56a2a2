import { spawn } from 'node:child_process';
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

/**
 * Starts Azurite in memory on free ports.
 * @param wrap puts something before its command line, such as the choice of a core.
 */
export async function startAzurite(
  wrap: (command: readonly [string, ...string[]]) => readonly [string, ...string[]] = (c) => c,
): Promise<{ connectionString: string; stop(): void }> {
  const script = createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js');
  const [command, ...args] = wrap([
    process.execPath,
    script,
    '--inMemoryPersistence',
    '--silent',
    '--skipApiVersionCheck',
    '--disableTelemetry',
    ...['blob', 'queue', 'table'].flatMap((s) => [`--${s}Port`, '0', `--${s}Host`, '127.0.0.1']),
  ]);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ports = new Map<string, string>();
  await new Promise<void>((resolve, reject) => {
    let text = '';
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`Azurite ended with ${code}: ${text}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (const found of text.matchAll(
        /Azurite (Blob|Queue|Table) service is successfully listening at http:\/\/127\.0\.0\.1:(\d+)/g,
      )) {
        ports.set((found[1] ?? '').toLowerCase(), found[2] ?? '');
      }
      if (ports.size === 3) resolve();
    });
  });
  // It must not keep the test process alive.
  child.stdout.removeAllListeners('data').resume();
  if (child.stdout instanceof Socket) child.stdout.unref();
  child.unref();
  const endpoints = ['Blob', 'Queue', 'Table']
    .map((s) => `${s}Endpoint=http://127.0.0.1:${ports.get(s.toLowerCase())}/${ACCOUNT};`)
    .join('');
  return {
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};${endpoints}`,
    stop: () => {
      child.removeAllListeners('exit');
      // It holds nothing on disk that a gentle end would save.
      child.kill('SIGKILL');
    },
  };
}
