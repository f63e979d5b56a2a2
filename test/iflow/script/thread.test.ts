import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { compileBinary } from '../../../shared/iflow/script/javascript/binary.ts';
import type { Outcome } from '../../../shared/iflow/script/workers/protocol.ts';
import { RunAsks } from '../../../shared/iflow/script/javascript/run-asks.ts';
import { type Run, ScriptThread } from '../../../shared/iflow/script/workers/thread.ts';
import { noServices } from '../running.ts';

const LIMITS = { timeoutMs: 5000, memoryBytes: 64 * 1024 * 1024 };

let drawn = 0;
const services = {
  ...noServices,
  numberRanges: () => Promise.resolve({ next: () => Promise.resolve(String((drawn += 1))) }),
};

function runOf(body: string): Run {
  const source = `function processData(message) { ${body} return message; }`;
  return {
    call: { key: source, fileName: 's.js', source, limits: LIMITS },
    task: {
      language: 'JavaScript',
      key: source,
      envelope: 'processData\n[]\n[]',
      body: '',
      limits: LIMITS,
    },
    asks: new RunAsks(services),
    resolve: () => undefined,
    reject: () => undefined,
    since: 0,
    kind: 'short',
  };
}

test('a run that was taken back when it had begun gets no answer, and holds up nobody', async () => {
  const answered: [Run, Outcome | 'skipped'][] = [];
  let onAnswer = (): void => undefined;
  let onReady = (): void => undefined;
  const thread = new ScriptThread(await compileBinary(), undefined, {
    answered: (run, outcome) => {
      answered.push([run, outcome]);
      onAnswer();
    },
    idle: () => undefined,
    ready: () => onReady(),
    ended: (_, error) => {
      throw error;
    },
  });
  after(() => thread.end());
  await new Promise<void>((resolve) => (onReady = resolve));
  const answers = (count: number): Promise<void> =>
    new Promise((resolve) => {
      onAnswer = () => {
        if (answered.length >= count) resolve();
      };
    });

  const ask =
    'message.setBody(com.sap.it.api.ITApiFactory.getService(com.sap.it.api.nrc.NumberRangeConfigurationService, null).getNextValuefromNumberRange("N", null));';
  const [first, second, third] = [runOf('message.setBody("first");'), runOf(ask), runOf(ask)];
  thread.post(first);
  thread.post(second);
  // Until the worker has come to what the second asks, nothing of it is heard on this thread.
  for (const end = performance.now() + 1500; performance.now() < end;);
  assert.deepEqual(thread.takeBehindHead(), [second]);
  const started = performance.now();
  thread.post(third);
  await answers(2);
  assert.deepEqual(
    answered.map(([run]) => run),
    [first, third],
  );
  const [, outcome] = answered[1] ?? [];
  assert.ok(typeof outcome === 'object' && 'body' in outcome);
  assert.equal(outcome.body, '1');
  assert.equal(drawn, 1, 'the run that was taken back has drawn nothing');
  assert.ok(performance.now() - started < 4000);
});
