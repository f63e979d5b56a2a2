import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');
const START_LIMIT_MS = 60_000;

export interface Flowgate {
  /** `http://localhost:<port>` */
  readonly url: string;
  /** All that was printed on stdout. */
  readonly output: string;
  /** What the first start with a data folder prints; undefined at later ones. */
  readonly bootstrap: { readonly clientId: string; readonly clientSecret: string } | undefined;
  /** Pastes the printed commands into a shell. @returns what they print on stdout. */
  runPrintedCommands(): Promise<string>;
  /** Ctrl-C: SIGINT to the foreground process group. @returns the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL to the whole group; storage, which is a group of its own, goes on. */
  kill(): Promise<void>;
}

/** `npm start` on a free port, as from a terminal. Ended with the test if it still runs. */
export async function startFlowgate(
  t: TestContext,
  data: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Flowgate> {
  const child = spawn('npm', ['start', '--', '--port', '0', '--data', data, '--no-build'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('npm could not be started');
  const exited = once(child, 'exit') as Promise<[code: number | null]>;
  const signalGroup = async (signal: 'SIGINT' | 'SIGKILL'): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, signal);
    const [code] = await exited;
    return code;
  };
  t.after(() => signalGroup('SIGINT'));

  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`npm start ${what}:\n${output}\n${errors}`));
    const timer = setTimeout(() => fail('did not get ready in time'), START_LIMIT_MS);
    void exited.then(([code]) => fail(`ended with ${code}`));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (!output.includes('Ctrl-C stops')) return;
      clearTimeout(timer);
      resolve();
    });
  });
  const url = /Flowgate serves (http:\/\/localhost:\d+)/.exec(output)?.[1];
  if (url === undefined) throw new Error(`No address printed:\n${output}`);
  const printed = /Administrator: client (\S+)\s+secret: (\S+)\s+\(shown this once/.exec(output);
  return {
    url,
    output,
    bootstrap:
      printed === null ? undefined : { clientId: printed[1] ?? '', clientSecret: printed[2] ?? '' },
    async runPrintedCommands() {
      const commands = /get a token, call:\n\n([\s\S]*?)\n\nCtrl-C/.exec(output)?.[1] ?? 'exit 9';
      const { stdout } = await promisify(execFile)('sh', ['-euc', commands], { timeout: 30_000 });
      return stdout;
    },
    stop: () => signalGroup('SIGINT'),
    kill: async () => {
      await signalGroup('SIGKILL');
    },
  };
}
