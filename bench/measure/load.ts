import { connect } from 'node:net';
import { openProofs, PROOF, type ProofPlan } from './proof.ts';

/** Requests to send again and again, in their order. */
export interface LoadPlan {
  /** Connections are shared out evenly. */
  readonly ports: readonly number[];
  /** Each a request's start line and headers (see {@link requestHead}), without the empty line. */
  readonly heads: readonly string[];
  /** Follows every head. */
  readonly body: string;
  /** Each request has a new one in the place of `{proof}` in its head or body. */
  readonly proof?: ProofPlan;
  /** Each sends its next request when it has the answer to the last. */
  readonly connections: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One plan's requests; a later run goes on where the one before has ended. */
export interface Load {
  /** Sends for so long, at least one request on each connection. */
  run(milliseconds: number): Promise<LoadResult>;
}

/**
 * Keep-alive load over raw sockets: a client this light leaves the machine to the server. Every
 * answer must be a 200 with a Content-Length; anything else ends the run with an error.
 */
export function openLoad(plan: LoadPlan): Load {
  const nextProof = plan.proof === undefined ? undefined : openProofs(plan.proof);
  let sent = 0;
  const next = (): string => {
    const request = `${plan.heads[sent++ % plan.heads.length] ?? ''}\r\n\r\n${plan.body}`;
    return nextProof === undefined ? request : request.replace(PROOF, nextProof());
  };
  return {
    async run(milliseconds) {
      const latencies: number[] = [];
      const startedAt = performance.now();
      const until = startedAt + milliseconds;
      await Promise.all(
        Array.from({ length: plan.connections }, (_, i) =>
          runConnection(plan.ports[i % plan.ports.length] ?? 0, next, until, latencies),
        ),
      );
      const seconds = (performance.now() - startedAt) / 1000;
      latencies.sort((a, b) => a - b);
      const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
      return { requests: latencies.length, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
    },
  };
}

function runConnection(
  port: number,
  next: () => string,
  until: number,
  latencies: number[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let head = '';
    /** Bytes of the answer's body that are still to come; undefined while its head is. */
    let missing: number | undefined;
    let sentAt = 0;
    const send = (): void => {
      head = '';
      missing = undefined;
      sentAt = performance.now();
      socket.write(next(), 'latin1');
    };
    const fail = (text: string): void => {
      socket.destroy();
      reject(new Error(text));
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('The server has closed the connection.')));
    socket.on('data', (chunk: Buffer) => {
      if (missing === undefined) {
        head += chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return;
        if (!head.startsWith('HTTP/1.1 200')) {
          fail(`Not a 200: ${head.slice(0, 2000)}`);
          return;
        }
        const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
        if (length === undefined) {
          fail(`No Content-Length: ${head.slice(0, end)}`);
          return;
        }
        missing = Number(length) - (head.length - end - 4);
      } else missing -= chunk.length;
      if (missing > 0) return;
      const now = performance.now();
      latencies.push(now - sentAt);
      if (now < until) {
        send();
        return;
      }
      socket.end();
      resolve();
    });
  });
}

/** Start line and headers of a request, as every HTTP client sends them. */
export function requestHead(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  bodyBytes = 0,
): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Accept: */*'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (method !== 'GET') lines.push(`Content-Length: ${bodyBytes}`);
  return lines.join('\r\n');
}
