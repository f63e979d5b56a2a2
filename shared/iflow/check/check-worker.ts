import { parentPort, workerData } from 'node:worker_threads';
import { BundleFault } from '../bundle/fault.ts';
import type { CheckAnswer } from './check-in-worker.ts';
import { checkContents, collectionsOf, readContents } from './check-content.ts';

if (parentPort === null) throw new Error('This module is the entry of a worker thread.');

parentPort.postMessage(await check(workerData as Uint8Array));

async function check(zip: Uint8Array): Promise<CheckAnswer> {
  try {
    const contents = await readContents(zip);
    const collections = collectionsOf(contents);
    return { reports: await checkContents(contents, { collections }) };
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    return { faults: error.faults };
  }
}
