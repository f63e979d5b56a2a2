import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';

const MAIN = join(import.meta.dirname, '../../../local/host/main.ts');

export interface HostProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Ends it by SIGTERM; its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a Functions host in a process of its own, which does not outlive the running test. */
export async function startHostProcess(
  appRoot: string,
  env: Record<string, string>,
): Promise<HostProcess> {
  const child = spawn(process.execPath, [MAIN, '--app', appRoot], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  after(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    exited.then(() => Promise.reject(new Error('The host has ended.'))),
  ])) as [string];
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    child,
    async stop() {
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}
