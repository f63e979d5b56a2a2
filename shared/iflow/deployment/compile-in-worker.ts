import { Worker } from 'node:worker_threads';
import { type ArtifactKind, KIND_NOUNS } from '../bundle/artifact-kind.ts';
import { type DeployFault, NotDeployable } from '../flow.ts';
import { watchHeap, WORKER_LIMITS } from '../worker-heap.ts';
import type { CompiledArtifact, LoadCollections } from './compile-artifact.ts';

/** What the worker is given. */
export interface CompileOrder {
  readonly kind: ArtifactKind;
  readonly zip: Uint8Array;
}

/**
 * What the worker says: what has come of it; or, before, which script collections it needs for that,
 * and what it works on that may take long.
 */
export type CompileAnswer =
  Outcome | { readonly needs: readonly string[] } | { readonly working: string };

type Outcome =
  { readonly compiled: CompiledArtifact } | { readonly faults: readonly DeployFault[] };

export interface CompileLimits {
  /** Of SAP's published flows, all but one take a few seconds, most of it for stylesheets. */
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Compilations at once; others wait. */
  readonly atOnce: number;
}

/**
 * Compiles bundles in worker threads of their own, so that a bundle made to be slow holds up neither
 * messages nor health checks, and one made to be large takes no memory but its worker's.
 * @returns what `compileArtifact` does, with {@link NotDeployable} also for a bundle that cannot be
 *   read or takes too much.
 */
export function createCompileInWorker({
  timeoutMs,
  memoryMb,
  atOnce,
}: CompileLimits): (
  kind: ArtifactKind,
  zip: Uint8Array,
  loadCollections: LoadCollections,
) => Promise<CompiledArtifact> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (kind, zip, loadCollections) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      const order = { kind, zip };
      const answer = await compileInWorker(order, loadCollections, timeoutMs, memoryMb);
      if ('compiled' in answer) return answer.compiled;
      throw new NotDeployable(answer.faults);
    } finally {
      // Whoever waits takes over the place.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

async function compileInWorker(
  order: CompileOrder,
  loadCollections: LoadCollections,
  timeoutMs: number,
  memoryMb: number,
): Promise<Outcome> {
  const entry = import.meta.url.endsWith('.ts') ? './compile-worker.ts' : './compile-worker.js';
  const worker = new Worker(new URL(entry, import.meta.url), {
    name: 'flowgate-compile',
    workerData: order,
    env: {},
    execArgv: [],
    resourceLimits: WORKER_LIMITS,
  });
  watchHeap(worker, memoryMb);
  let timer: NodeJS.Timeout | undefined;
  let subject = '';
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      const tooMuch = (what: string): void =>
        resolve({
          faults: [
            {
              text: `${subject || `The ${KIND_NOUNS[order.kind]}`} takes too much ${what} to compile. Make it smaller.`,
              kind: 'design',
              capability: '',
            },
          ],
        });
      timer = setTimeout(() => tooMuch('time'), timeoutMs);
      worker.on('message', (answer: CompileAnswer) => {
        if ('working' in answer) subject = answer.working;
        else if (!('needs' in answer)) resolve(answer);
        else loadCollections(answer.needs).then((zips) => worker.postMessage(zips), reject);
      });
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
