import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { faultsOf } from '../design/bundle-tools.ts';
import { NotDeployable } from '../flow.ts';
import { compileArtifact, type LoadCollections } from './compile-artifact.ts';
import type { CompileAnswer, CompileOrder } from './compile-in-worker.ts';

if (parentPort === null) throw new Error('This module is the entry of a worker thread.');
const port = parentPort;

const askForCollections: LoadCollections = async (needs) => {
  const answer = once(port, 'message');
  port.postMessage({ needs } satisfies CompileAnswer);
  const [zips] = (await answer) as [ReadonlyMap<string, Uint8Array>];
  return zips;
};

const working = (on: string): void => port.postMessage({ working: on } satisfies CompileAnswer);

port.postMessage(await compile(workerData as CompileOrder));

async function compile({ kind, zip }: CompileOrder): Promise<CompileAnswer> {
  try {
    return { compiled: await compileArtifact(kind, zip, askForCollections, working) };
  } catch (error) {
    if (error instanceof NotDeployable) return { faults: error.details };
    const texts = faultsOf(error);
    if (texts === undefined) throw error;
    return { faults: texts.map((text) => ({ text, kind: 'design', capability: '' })) };
  }
}
