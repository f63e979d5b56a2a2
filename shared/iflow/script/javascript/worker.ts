import { parentPort, workerData } from 'node:worker_threads';
import { Control } from './protocol.ts';
import type { Outcome, Reply, Request, WorkerData, XPathTask } from './protocol.ts';
import { Sandbox, compileGuest } from './sandbox.ts';

if (parentPort === null) throw new Error('This module is the entry of a worker thread.');
const port = parentPort;
const { module, control, guest = compileGuest(module) } = workerData as WorkerData;

let running: number | undefined;
const sandbox = new Sandbox(
  module,
  guest,
  () => Date.now(),
  () => performance.now(),
  () => Atomics.load(control, Control.abort) === running,
);

// One at a time, in order: loading the XPath engine takes a while.
let handled: Promise<void> = Promise.resolve();
port.on('message', (request: Request) => {
  handled = handled.then(() => handle(request));
});
reply({ ready: guest });

async function handle({ sequence, load, drop, task }: Request): Promise<void> {
  if (drop !== undefined) sandbox.drop(drop);
  if (load !== undefined) sandbox.load(task.key, load.fileName, load.source);
  if (((sequence - Atomics.load(control, Control.skipBefore)) | 0) < 0) {
    reply({ sequence, outcome: 'skipped' });
    return;
  }
  running = sequence;
  const outcome = task.language === 'XPath' ? await evaluateXPath(task) : sandbox.run(task);
  reply({ sequence, outcome });
}

async function evaluateXPath(task: XPathTask): Promise<Outcome> {
  const { evaluateQueries, ExpressionFailure } = await import('../../expressions/xpath-engine.ts');
  try {
    return { texts: evaluateQueries(task) };
  } catch (error) {
    if (!(error instanceof ExpressionFailure)) throw error;
    return { reason: 'thrown', message: error.message };
  }
}

function reply(message: Reply): void {
  port.postMessage(message);
}
