import { getHeapStatistics } from 'node:v8';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type TaskOutcome, type TaskRun, LoadedTasks } from '../../tasks/loaded-tasks.ts';
import { packTexts, unpackTexts } from '../../large-text.ts';
import { compileGuest } from '../javascript/compile-script.ts';
import type { Outside } from '../javascript/host-functions.ts';
import { Control, MIB } from './protocol.ts';
import type { Answer, Outcome, Reply, Request, Requests, WorkerData } from './protocol.ts';
import { Sandbox } from '../javascript/sandbox.ts';

if (parentPort === null) throw new Error('This module is the entry of a worker thread.');
const port = parentPort;
const { module, control, answers, guest = compileGuest(module) } = workerData as WorkerData;

let running: number | undefined;
let asked = 0;
const sandbox = new Sandbox(
  module,
  guest,
  () => Date.now(),
  () => performance.now(),
  () => Atomics.load(control, Control.abort) === running,
  outside,
);

const tasks = new LoadedTasks();

// One at a time, in order: loading what a task needs takes a while.
let handled: Promise<void> = Promise.resolve();
port.on('message', (requests: Requests) => {
  for (const request of requests) handled = handled.then(() => handle(request));
});
reply({ ready: guest });

async function handle({ sequence, load, drop, task: packed }: Request): Promise<void> {
  const task = unpackTexts(packed);
  if (drop !== undefined) {
    sandbox.drop(drop);
    tasks.drop(drop);
  }
  if (load !== undefined) {
    if (task.language === 'task') tasks.load(task.key, load.source);
    else sandbox.load(task.key, load.fileName, load.source);
  }
  if (((sequence - Atomics.load(control, Control.skipBefore)) | 0) < 0) {
    answer(sequence, 'skipped', 0);
    return;
  }
  running = sequence;
  const fault = task.language === 'task' ? await makeReady(sequence, task) : undefined;
  const began = performance.now();
  const outcome = fault ?? (task.language === 'task' ? await tasks.run(task) : sandbox.run(task));
  const tookMs = performance.now() - began;
  if (task.language === 'task') {
    Atomics.store(control, Control.heapLeft, getHeapStatistics().used_heap_size / MIB);
  }
  answer(sequence, outcome, tookMs);
}

/** Loads what a task needs. @returns what is wrong with it, if anything is. */
async function makeReady(sequence: number, task: TaskRun): Promise<TaskOutcome | undefined> {
  if (tasks.isReady(task)) return undefined;
  reply({ sequence, loading: true });
  const fault = await tasks.makeReady(task);
  reply({ sequence, loading: false });
  return fault;
}

/** The run stands still while it waits: it waits no longer than it may take. */
function outside(timeLeft: () => number): Outside {
  return {
    ask(request) {
      const ask = (asked += 1);
      reply({ ask, sequence: running ?? 0, request });
      for (;;) {
        const news = Atomics.load(control, Control.news);
        const received = takeAnswer(ask);
        if (received !== undefined) return received.answer;
        const left = timeLeft();
        if (left <= 0) return undefined;
        Atomics.wait(control, Control.news, news, left);
      }
    },
    sleep(ms) {
      const end = performance.now() + ms;
      for (;;) {
        const news = Atomics.load(control, Control.news);
        const left = timeLeft();
        if (left <= 0) return false;
        const rest = end - performance.now();
        if (!(rest > 0)) return true;
        Atomics.wait(control, Control.news, news, Math.min(left, rest));
      }
    },
  };
}

/** Answers to what runs have asked that were ended meanwhile are passed over. */
function takeAnswer(ask: number): Answer | undefined {
  for (;;) {
    const received: { readonly message: Answer } | undefined = receiveMessageOnPort(answers);
    if (received === undefined || received.message.ask === ask) return received?.message;
  }
}

function answer(sequence: number, outcome: Outcome | 'skipped', tookMs: number): void {
  const transfer: ArrayBuffer[] = [];
  reply({ sequence, outcome: packTexts(outcome, transfer), tookMs }, transfer);
}

function reply(message: Reply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}
