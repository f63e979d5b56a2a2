import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Bench, Core } from './machine.ts';

export interface Usage {
  /** User and system time of all threads since the process began. */
  readonly cpuMicroseconds: number;
  readonly rssBytes: number;
  /** Milliseconds from the start of the process to the first of its own code. */
  readonly bootedAtMs: number;
}

/** What a server says on its first line when it listens. */
export interface Ready {
  readonly url: string;
  /** An Authorization header that it accepts, where it makes one. */
  readonly authorization?: string;
}

export interface MeasuredServer {
  readonly port: number;
  readonly ready: Ready;
  /** `performance.now()` of the bench when the process was started, and when its first line came. */
  readonly startedAt: number;
  readonly listeningAt: number;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Node's own options. */
  readonly nodeOptions?: readonly string[];
  readonly core?: Core;
  /** Gets what it writes to stderr; else that goes to the bench's. */
  readonly onStderr?: (text: string) => void;
}

/** As `npm start` and the Dockerfile have it; peers have it too. */
export const NODE_OPTIONS = ['--max-semi-space-size=4'] as const;

// A bench that ends early must not leave servers behind.
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a server that prints a {@link Ready} as its first line of JSON. */
export async function startServer(bench: Bench, server: ServerCommand): Promise<MeasuredServer> {
  const [command, ...args] = bench.onCore(server.core ?? 'server', [
    process.execPath,
    ...NODE_OPTIONS,
    ...(server.nodeOptions ?? []),
    '--import',
    join(import.meta.dirname, 'report-usage.ts'),
    server.script,
    ...(server.args ?? []),
  ]);
  const startedAt = performance.now();
  const child = spawn(command, args, {
    env: { ...process.env, ...server.env },
    stdio: ['ignore', 'pipe', server.onStderr === undefined ? 'inherit' : 'pipe', 'ipc'],
  });
  child.stderr?.on('data', (chunk: Buffer) => server.onStderr?.(chunk.toString()));
  running.add(child);
  const ready = await new Promise<Ready>((resolve, reject) => {
    let text = '';
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`${server.script} ended with ${code}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = /^\{.*\}$/m.exec(text)?.[0];
      if (line !== undefined) resolve(JSON.parse(line) as Ready);
    });
  });
  const listeningAt = performance.now();
  child.removeAllListeners('exit');
  return {
    port: Number(new URL(ready.url).port),
    ready,
    startedAt,
    listeningAt,
    async usage() {
      child.send('usage');
      const [usage] = (await once(child, 'message')) as [Usage];
      return usage;
    },
    async stop() {
      running.delete(child);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
