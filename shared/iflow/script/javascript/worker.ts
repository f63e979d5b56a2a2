import { parentPort, workerData } from 'node:worker_threads';
import { Control } from './protocol.ts';
import type { Reply, Request, WorkerData } from './protocol.ts';
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

port.on('message', (request: Request) => {
  const { sequence, load, drop } = request;
  if (drop !== undefined) sandbox.drop(drop);
  if (load !== undefined) sandbox.load(request.key, load.fileName, load.source);
  if (((sequence - Atomics.load(control, Control.skipBefore)) | 0) < 0) {
    reply({ sequence, outcome: 'skipped' });
    return;
  }
  running = sequence;
  reply({ sequence, outcome: sandbox.run(request) });
});
reply({ ready: guest });

function reply(message: Reply): void {
  port.postMessage(message);
}
