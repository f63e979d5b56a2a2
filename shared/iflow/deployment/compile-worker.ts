import { parentPort, workerData } from 'node:worker_threads';
import { faultsOf } from '../design/bundle-tools.ts';
import { compileBundle } from '../compile.ts';
import { NotDeployable } from '../flow.ts';
import type { Compilation } from './compile-apart.ts';

if (parentPort === null) throw new Error('This module is the entry of a worker thread.');

parentPort.postMessage(compile(workerData as Uint8Array));

function compile(zip: Uint8Array): Compilation {
  try {
    return compileBundle(zip);
  } catch (error) {
    if (error instanceof NotDeployable) return { faults: error.details };
    const texts = faultsOf(error);
    if (texts === undefined) throw error;
    return { faults: texts.map((text) => ({ text, kind: 'design', capability: '' })) };
  }
}
