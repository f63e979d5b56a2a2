import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after } from 'node:test';
import type { TestStorage } from './azurite.ts';
import { ADMIN, ISSUER, masterKeyOf } from './instance.ts';

const root = join(import.meta.dirname, '..', '..');

export interface MeasuredHost {
  readonly url: string;
  /** All that it has logged. */
  log(): string;
  /** Modules that it has loaded by now, by their file names. */
  modules(): string[];
  /** SIGTERM. @returns milliseconds until it has ended. */
  stop(): Promise<number>;
}

/** The built app in a host that logs everything and tells which modules it loads. */
export async function startMeasuredHost(
  storage: TestStorage,
  env: Readonly<Record<string, string>> = {},
): Promise<MeasuredHost> {
  const args = ['--import', join(import.meta.dirname, 'print-modules.mjs')];
  const main = join(root, 'local', 'host', 'main.ts');
  const child = spawn(process.execPath, [...args, main, '--app', root, '--verbose'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      AzureWebJobsStorage: storage.connectionString,
      FLOWGATE_STORAGE_PREFIX: storage.prefix,
      FLOWGATE_MASTER_KEY: masterKeyOf(storage).toString('base64'),
      FLOWGATE_ISSUER: ISSUER,
      FLOWGATE_BOOTSTRAP_CLIENT_ID: ADMIN.id,
      FLOWGATE_BOOTSTRAP_CLIENT_SECRET: ADMIN.secret,
      ...env,
    },
  });
  const exited = once(child, 'exit');
  after(() => child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    void exited.then(() => reject(new Error(`The host has ended:\n${log}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = /^\{"url".*\}$/m.exec(text)?.[0];
      if (line !== undefined) resolve((JSON.parse(line) as { url: string }).url);
    });
  });
  return {
    url,
    log: () => log.replace(/^module .*\n/gm, ''),
    modules: () => [...log.matchAll(/^module (.*)$/gm)].map(([, name]) => name ?? ''),
    async stop() {
      const startedAt = performance.now();
      child.kill('SIGTERM');
      await exited;
      return performance.now() - startedAt;
    },
  };
}
