import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpServer {
  readonly port: number;
  /**
   * Stops accepting, lets running requests finish for `graceMs`, then cuts what is left.
   */
  close(graceMs: number): Promise<void>;
}

/**
 * Serves on 127.0.0.1 and, where there is IPv6, on ::1, both on one port.
 * @param port 0 for any free one.
 * @throws {NodeJS.ErrnoException} EADDRINUSE when the port is taken.
 */
export async function serve(port: number, listener: RequestListener): Promise<HttpServer> {
  let running = 0;
  let whenIdle: (() => void) | undefined;
  const counted: RequestListener = (request, response) => {
    running += 1;
    response.once('close', () => {
      running -= 1;
      if (running === 0) whenIdle?.();
    });
    listener(request, response);
  };
  const servers = await listenOnBoth(port, counted);
  return {
    port: portOf(servers[0]),
    async close(graceMs) {
      const closed = servers.map((server) => once(server, 'close'));
      for (const server of servers) server.close();
      if (running > 0) {
        await new Promise<void>((resolve) => {
          whenIdle = resolve;
          setTimeout(resolve, graceMs).unref();
        });
      }
      for (const server of servers) server.closeAllConnections();
      await Promise.all(closed);
    },
  };
}

async function listenOnBoth(
  port: number,
  listener: RequestListener,
): Promise<[Server, ...Server[]]> {
  for (let attempt = 0; ; attempt += 1) {
    const four = await listen('127.0.0.1', port, listener);
    try {
      return [four, await listen('::1', portOf(four), listener)];
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return [four];
      four.close();
      // A port that is free on one address may be taken on the other: try another free one.
      if (port !== 0 || code !== 'EADDRINUSE' || attempt === 20) throw error;
    }
  }
}

async function listen(address: string, port: number, listener: RequestListener): Promise<Server> {
  const server = createServer(
    {
      // Kestrel's, so that clients see the same as in Azure.
      keepAliveTimeout: 130_000,
      // A body of 100 MB at 1 MB/s fits; a client that trickles is cut.
      headersTimeout: 20_000,
      requestTimeout: 120_000,
      connectionsCheckingInterval: 5000,
    },
    listener,
  );
  server.listen(port, address);
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
