import { Worker } from 'node:worker_threads';
import { type CompiledFlow, type DeployFault, NotDeployable } from '../flow.ts';

/** What the worker answers. */
export type Compilation =
  { readonly flow: CompiledFlow } | { readonly faults: readonly DeployFault[] };

export interface CompileLimits {
  /** The largest flow that SAP publishes takes about a second. */
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Compilations at once; others wait. */
  readonly atOnce: number;
}

/**
 * Compiles bundles in worker threads of their own, so that a bundle made to be slow holds up neither
 * messages nor health checks, and one made to be large takes no memory but its worker's.
 * @returns a function that throws {@link NotDeployable}, also for a bundle that takes too much.
 */
export function createCompileApart({
  timeoutMs,
  memoryMb,
  atOnce,
}: CompileLimits): (zip: Uint8Array) => Promise<{ readonly flow: CompiledFlow }> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (zip) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      const compiled = await compileInWorker(zip, timeoutMs, memoryMb);
      if ('flow' in compiled) return compiled;
      throw new NotDeployable(compiled.faults);
    } finally {
      // Whoever waits takes over the place.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

async function compileInWorker(
  zip: Uint8Array,
  timeoutMs: number,
  memoryMb: number,
): Promise<Compilation> {
  const entry = import.meta.url.endsWith('.ts') ? './compile-worker.ts' : './compile-worker.js';
  const worker = new Worker(new URL(entry, import.meta.url), {
    name: 'flowgate-compile',
    workerData: zip,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, stackSizeMb: 4 },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Compilation>((resolve, reject) => {
      const tooMuch = (what: string): void =>
        resolve({
          faults: [
            {
              text: `The iFlow takes too much ${what} to compile. Make it smaller.`,
              kind: 'design',
              capability: '',
            },
          ],
        });
      timer = setTimeout(() => tooMuch('time'), timeoutMs);
      worker.once('message', resolve);
      worker.once('error', (error: unknown) => {
        const code = error instanceof Error && 'code' in error ? error.code : undefined;
        if (code === 'ERR_WORKER_OUT_OF_MEMORY') tooMuch('memory');
        else reject(error instanceof Error ? error : new Error('The compiler failed.'));
      });
      worker.once('exit', () => reject(new Error('The compiler ended by itself.')));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
