import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CountingProxy {
  /** The connection string given, with the table service behind this proxy. */
  readonly connectionString: string;
  /** Requests since the last reset, by method and table, such as `GET clients`. */
  counts(): Readonly<Record<string, number>>;
  reset(): void;
  stop(): void;
}

/** Passes requests on to the table service as they are: signatures do not cover the host. */
export async function startCountingProxy(connectionString: string): Promise<CountingProxy> {
  const endpoint = /TableEndpoint=(http:\/\/[^;]+)/.exec(connectionString)?.[1];
  if (endpoint === undefined) throw new Error('The connection string names no table endpoint.');
  const target = new URL(endpoint);
  const counts = new Map<string, number>();
  const server = createServer((incoming, answer) => {
    const { method = '', url = '', headers } = incoming;
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const operation = nameOperation(method, url, body);
      counts.set(operation, (counts.get(operation) ?? 0) + 1);
      const onward = forward(
        { host: target.hostname, port: target.port, method, path: url, headers },
        (response) => {
          answer.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(answer);
        },
      );
      onward.on('error', () => answer.destroy());
      onward.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    connectionString: connectionString.replace(
      endpoint,
      `http://127.0.0.1:${port}${target.pathname}`,
    ),
    counts: () => Object.fromEntries([...counts].sort()),
    reset: () => counts.clear(),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A batch goes to `$batch` and names its table inside. The prefix of the bench's tables is left out. */
function nameOperation(method: string, url: string, body: Buffer): string {
  const path = url.split('?')[0] ?? '';
  const isBatch = path.endsWith('/$batch');
  const text = isBatch ? body.toString('latin1', 0, 4096) : path;
  const table = /\/b[0-9a-f]{12}([a-z]+)/.exec(text)?.[1] ?? 'tables';
  return `${isBatch ? 'batch' : method} ${table}`;
}
