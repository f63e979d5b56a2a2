/**
 * `npm run bench [-- --seconds 5] [--passes 3]`: what a token and a dispatched message cost, beside
 * bare servers that do the least work of that kind, in one run. Figures are CPU microseconds per
 * request of the server process (all threads); compare them within one run only.
 */
import { generateKeyPairSync } from 'node:crypto';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import jsonwebtoken from 'jsonwebtoken';
import { build } from '../scripts/build.ts';
import { buildBundle } from '../shared/iflow/bundle/build.ts';
import { startAzurite } from '../test/support/azurite.ts';
import { basic, fetchToken, manage } from '../test/support/instance.ts';
import { requestBytes, runLoad } from './load.ts';
import { type MeasuredProcess, startMeasured } from './measured-process.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    passes: { type: 'string', default: '3' },
    connections: { type: 'string', default: '16' },
  },
});
const milliseconds = Number(values.seconds) * 1000;
const connections = Number(values.connections);

interface Contender {
  readonly name: string;
  /** The rows of one group are compared with its first. */
  readonly group: 'token' | 'dispatch';
  readonly server: MeasuredProcess;
  readonly request: Buffer;
}

interface Figures {
  readonly cpu: number;
  readonly rate: number;
  readonly p50Ms: number;
  readonly rssMb: number;
}

const root = join(import.meta.dirname, '..');
const hostScript = join(root, 'local', 'host', 'main.ts');
const bareScript = join(import.meta.dirname, 'servers', 'bare.ts');
const SCRIPT = `function processData(message) {
  var body = message.getBody();
  message.setBody("Hello world from IFlow");
  return message;
}`;

async function main(): Promise<void> {
  await build();
  const azurite = await startAzurite();
  const servers: MeasuredProcess[] = [];
  try {
    const contenders = await prepare(azurite.connectionString, servers);
    const results = new Map(contenders.map((contender) => [contender, [] as Figures[]]));
    for (const contender of contenders) await measure(contender, 1500);
    for (let pass = 0; pass < Number(values.passes); pass += 1) {
      for (const contender of contenders) {
        results.get(contender)?.push(await measure(contender, milliseconds));
      }
    }
    print(results);
  } finally {
    for (const server of servers) await server.stop();
    azurite.stop();
  }
}

async function prepare(
  connectionString: string,
  servers: MeasuredProcess[],
): Promise<readonly Contender[]> {
  const start = async (...args: Parameters<typeof startMeasured>): Promise<MeasuredProcess> => {
    const server = await startMeasured(...args);
    servers.push(server);
    return server;
  };
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const secret = 'a-secret-that-the-bare-server-knows';
  const bare = (kind: string) => start(bareScript, [kind, pem, secret]);

  const flowgate = await start(hostScript, ['--app', root], {
    AzureWebJobsStorage: connectionString,
    FLOWGATE_STORAGE_PREFIX: 'bench',
    FLOWGATE_MASTER_KEY: Buffer.alloc(32, 1).toString('base64'),
    FLOWGATE_ISSUER: 'https://flowgate.example',
    FLOWGATE_BOOTSTRAP_CLIENT_ID: 'test-admin',
    FLOWGATE_BOOTSTRAP_CLIENT_SECRET: 'a-secret-for-the-test-run',
  });
  const url = `http://localhost:${flowgate.port}`;
  const admin = await manage({ url });
  const client = await admin.registerClient();
  const script = { type: 'script' as const, name: 'Hello', fileName: 'hello.js', source: SCRIPT };
  const modifier = {
    type: 'contentModifier' as const,
    name: 'Hello',
    headers: [{ name: 'X-Greeting', value: 'hello' }],
    body: { type: 'constant' as const, content: 'Hello world from IFlow' },
  };
  for (const [id, address, step] of [
    ['Script', '/script', script],
    ['Modifier', '/modifier', modifier],
  ] as const) {
    const status = await admin.deploy(id, buildBundle({ id, name: id, address, steps: [step] }));
    if (status !== 'SUCCESS') throw new Error(`${id} was not deployed`);
  }
  const token = await fetchToken(url, client.id, client.secret);
  const bearer = { Authorization: `Bearer ${token}` };
  const tokenRequest = (id: string, password: string) =>
    requestBytes('POST', '/oauth2/api/v1/token?grant_type=client_credentials', {
      Authorization: basic(id, password),
    });
  const foreign = jsonwebtoken.sign({ sub: 'x', aud: 'x' }, privateKey, {
    algorithm: 'ES256',
    expiresIn: 3600,
  });
  const hello = await start(hostScript, ['--app', join(import.meta.dirname, 'hello-app')]);
  const verifying = await bare('verify');

  return [
    {
      group: 'token',
      name: 'bare node:http, Basic + SHA-256 + jsonwebtoken ES256',
      server: await bare('sign'),
      request: tokenRequest('x', secret),
    },
    {
      group: 'token',
      name: 'bare node:http, fixed JSON',
      server: await bare('fixed'),
      request: tokenRequest('x', secret),
    },
    {
      group: 'token',
      name: 'hello world in the local Functions host',
      server: hello,
      request: requestBytes('POST', '/hello', {}),
    },
    {
      group: 'token',
      name: 'Flowgate, token endpoint',
      server: flowgate,
      request: tokenRequest(client.id, client.secret),
    },
    {
      group: 'dispatch',
      name: 'bare node:http, jsonwebtoken ES256 verify',
      server: verifying,
      request: requestBytes('GET', '/', { Authorization: `Bearer ${foreign}` }),
    },
    {
      group: 'dispatch',
      name: 'Flowgate, content modifier flow',
      server: flowgate,
      request: requestBytes('GET', '/http/modifier', bearer),
    },
    {
      group: 'dispatch',
      name: 'Flowgate, JavaScript flow in the sandbox',
      server: flowgate,
      request: requestBytes('GET', '/http/script', bearer),
    },
  ];
}

async function measure(contender: Contender, ms: number): Promise<Figures> {
  const { server, request } = contender;
  const before = await server.usage();
  const load = await runLoad({ port: server.port, request, connections, milliseconds: ms });
  const after = await server.usage();
  return {
    cpu: (after.cpuMicroseconds - before.cpuMicroseconds) / load.requests,
    rate: load.requests / load.seconds,
    p50Ms: load.p50Ms,
    rssMb: after.rssBytes / 1024 / 1024,
  };
}

function print(results: ReadonlyMap<Contender, readonly Figures[]>): void {
  const floors = new Map<string, number>();
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ` +
      `${connections} connections, ${values.passes} passes of ${values.seconds} s, medians\n`,
  );
  console.log('| | CPU µs/request | ratio | requests/s | p50 ms | RSS MB |');
  console.log('|---|---|---|---|---|---|');
  for (const [{ name, group }, passes] of results) {
    const of = (key: keyof Figures): number => median(passes.map((figures) => figures[key]));
    const floor = floors.get(group) ?? of('cpu');
    floors.set(group, floor);
    console.log(
      `| ${name} | ${of('cpu').toFixed(0)} | ${(of('cpu') / floor).toFixed(2)} | ` +
        `${of('rate').toFixed(0)} | ${of('p50Ms').toFixed(1)} | ${of('rssMb').toFixed(0)} |`,
    );
  }
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

await main();
