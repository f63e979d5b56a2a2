import { once } from 'node:events';
import { Agent, createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectionStringTo, type Ports, portsOf, SERVICES, type Service } from './azurite.ts';

/** How storage behaves. */
export type StorageMode =
  | { readonly kind: 'works' }
  /** Each call waits before it is passed on, unless its caller has gone by then. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Nothing listens. */
  | { readonly kind: 'refuses' }
  /** Answers as a service that is too busy: 503, with Retry-After where told. */
  | { readonly kind: 'busy'; readonly retryAfter?: string };

export interface StorageProxy {
  readonly connectionString: string;
  set(mode: StorageMode): Promise<void>;
  close(): Promise<void>;
}

/**
 * Stands before a storage account on this machine and makes it misbehave.
 * @param onCall told of every call that comes, with its method and path.
 */
export async function startStorageProxy(
  connectionString: string,
  onCall: (call: string) => void = () => undefined,
): Promise<StorageProxy> {
  const targets = portsOf(connectionString);
  const agent = new Agent({ keepAlive: true });
  let mode: StorageMode = { kind: 'works' };

  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    port: number,
  ): Promise<void> => {
    if (mode.kind === 'busy') {
      const { retryAfter } = mode;
      request.resume();
      response
        .writeHead(503, retryAfter === undefined ? {} : { 'retry-after': retryAfter })
        .end('Server busy');
      return;
    }
    if (mode.kind === 'slow') await sleep(mode.ms);
    if (request.destroyed) return;
    const { method, url, rawHeaders } = request;
    const onward = httpRequest(
      { agent, host: '127.0.0.1', port, method, path: url, headers: rawHeaders },
      (answered) => {
        response.writeHead(answered.statusCode ?? 500, answered.rawHeaders);
        answered.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };

  const start = async (service: Service, port: number): Promise<Server> => {
    const server = createServer((request, response) => {
      onCall(`${request.method ?? ''} ${request.url ?? ''}`);
      void answer(request, response, targets[service]);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;
  const startAll = (ports?: Ports): Promise<Server[]> =>
    Promise.all(SERVICES.map((service) => start(service, ports?.[service] ?? 0)));
  const stopAll = async (): Promise<void> => {
    const closed = servers.map((server) => once(server, 'close'));
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    await Promise.all(closed);
    servers = [];
  };

  let servers = await startAll();
  const [blob = 0, queue = 0, table = 0] = servers.map(portOf);
  const ports = { blob, queue, table };
  return {
    connectionString: connectionStringTo(ports),
    async set(next) {
      mode = next;
      if (next.kind === 'refuses') await stopAll();
      else if (servers.length === 0) servers = await startAll(ports);
    },
    async close() {
      await stopAll();
      agent.destroy();
    },
  };
}
