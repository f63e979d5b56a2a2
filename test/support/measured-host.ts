import { join } from 'node:path';
import type { TestStorage } from './azurite.ts';
import { startInstance } from './instance.ts';

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
  let log = '';
  const instance = await startInstance(storage, env, {
    nodeOptions: ['--import', join(import.meta.dirname, 'print-modules.mjs')],
    verbose: true,
    onLog: (text) => (log += text),
  });
  return {
    url: instance.url,
    log: () => log.replace(/^module .*\n/gm, ''),
    modules: () => [...log.matchAll(/^module (.*)$/gm)].map(([, name]) => name ?? ''),
    async stop() {
      const startedAt = performance.now();
      await instance.stop();
      return performance.now() - startedAt;
    },
  };
}
