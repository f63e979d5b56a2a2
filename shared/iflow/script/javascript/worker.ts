import { parentPort, workerData } from 'node:worker_threads';
import { ApartTasks } from '../../apart/worker-tasks.ts';
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

const apart = new ApartTasks();

// One at a time, in order: loading what a task needs takes a while.
let handled: Promise<void> = Promise.resolve();
port.on('message', (request: Request) => {
  handled = handled.then(() => handle(request));
});
reply({ ready: guest });

async function handle({ sequence, load, drop, task }: Request): Promise<void> {
  if (drop !== undefined) {
    sandbox.drop(drop);
    apart.drop(drop);
  }
  if (load !== undefined) {
    if (task.language === 'apart') apart.load(task.key, load.source);
    else sandbox.load(task.key, load.fileName, load.source);
  }
  if (((sequence - Atomics.load(control, Control.skipBefore)) | 0) < 0) {
    reply({ sequence, outcome: 'skipped' });
    return;
  }
  running = sequence;
  const outcome = task.language === 'apart' ? await apart.run(task) : sandbox.run(task);
  reply({ sequence, outcome });
}

function reply(message: Reply): void {
  port.postMessage(message);
}
