import { connect } from 'node:net';

export interface LoadOptions {
  readonly port: number;
  /** A whole HTTP/1.1 request, sent again and again. */
  readonly request: Buffer;
  /** Each sends its next request when it has the answer to the last. */
  readonly connections: number;
  readonly milliseconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Keep-alive load over raw sockets: a client this light leaves the machine to the server. Every
 * answer must be a 200 with a Content-Length; anything else ends the run with an error.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  const until = startedAt + options.milliseconds;
  await Promise.all(
    Array.from({ length: options.connections }, () => runConnection(options, until, latencies)),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return { requests: latencies.length, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function runConnection(
  { port, request }: LoadOptions,
  until: number,
  latencies: number[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received: Buffer = Buffer.alloc(0);
    let sentAt = 0;
    const send = (): void => {
      if (performance.now() >= until) {
        socket.end();
        resolve();
        return;
      }
      sentAt = performance.now();
      socket.write(request);
    };
    const fail = (text: string): void => {
      socket.destroy();
      reject(new Error(text));
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = received.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 200')) {
        fail(`Not a 200: ${received.toString('latin1')}`);
        return;
      }
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
      if (length === undefined) {
        fail(`No Content-Length: ${head}`);
        return;
      }
      if (received.length < end + 4 + Number(length)) return;
      received = Buffer.alloc(0);
      latencies.push(performance.now() - sentAt);
      send();
    });
  });
}

/** The bytes of a request with the headers that every HTTP client sends. */
export function requestBytes(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Accept: */*'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (method !== 'GET') lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
