import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import type { StepDescription } from '../../shared/iflow/bundle/bundle-description.ts';
import { compileBundle } from '../../shared/iflow/compile.ts';
import { helloWorldBundle } from '../../shared/iflow/design/hello-world.ts';
import { FlowFailure } from '../../shared/iflow/engine.ts';
import { runFlow } from '../../shared/iflow/run.ts';
import {
  type ScriptCall,
  type ScriptEngine,
  ScriptFailure,
  type ScriptResult,
} from '../../shared/iflow/script/engine.ts';
import { environmentOf, exchangeOf, noServices, NOW, run } from './running.ts';

/** An engine that records its calls and answers with what the test says. */
function engineOf(
  answer: (call: ScriptCall) => ScriptResult,
): ScriptEngine & { calls: ScriptCall[] } {
  const calls: ScriptCall[] = [];
  return {
    calls,
    run(call) {
      calls.push(call);
      return Promise.resolve().then(() => answer(call));
    },
    close: () => Promise.resolve(),
  };
}

const script: StepDescription = {
  type: 'script',
  name: 'Greet',
  fileName: 'greet.js',
  source: 'function processData(message) { return message; }',
};

test('the walk-through flow hands its message to its script and takes the result', async () => {
  const engine = engineOf(({ message }) => ({
    ...message,
    body: 'Hello world from IFlow',
    log: [],
  }));
  const { flow } = compileBundle(helloWorldBundle());
  const [sender] = flow.senders;
  assert.ok(sender);
  const exchange = exchangeOf('in');
  await runFlow(flow, sender, exchange, environmentOf(engine), NOW + 1000, []);
  assert.equal(exchange.body, 'Hello world from IFlow');
});

test('a script is given the message, its source, function, limits and a key of its deployment', async () => {
  const engine = engineOf(({ message }) => ({ ...message, log: [] }));
  const exchange = exchangeOf(Buffer.from('b'), { A: '1', b: null }, { p: [1, true] });
  const source = 'const other = (message) => message;';
  const step = { ...script, source, functionName: 'other' };
  await run({ steps: [step] }, exchange, environmentOf(engine));
  assert.deepEqual(engine.calls, [
    {
      key: 'revision-1/greet.js',
      fileName: 'greet.js',
      source,
      functionName: 'other',
      message: {
        body: Buffer.from('b'),
        headers: [
          ['A', '1'],
          ['b', null],
        ],
        properties: [['p', [1, true]]],
        attachments: [],
      },
      services: noServices,
      limits: { timeoutMs: 5000, memoryBytes: 64 * 1024 * 1024 },
    },
  ]);
});

test('what a script returns takes the place of body, headers, properties and attachments', async () => {
  const attachment = { contentType: 'text/plain', headers: {}, body: 'a' };
  const engine = engineOf(() => ({
    body: 'new',
    headers: [['new', 'h']],
    properties: [['new', 1]],
    attachments: [['new', attachment]],
    log: [{ kind: 'customHeader', name: 'seen', value: 'yes' }],
  }));
  const exchange = exchangeOf('old', { old: '1' }, { old: '2' });
  exchange.attachments.set('old', attachment);
  const outcome = await run(
    { steps: [script, { ...script, name: 'Again' }] },
    exchange,
    environmentOf(engine),
  );
  assert.equal(exchange.body, 'new');
  assert.deepEqual([...exchange.headers], [['new', 'h']]);
  assert.deepEqual([...exchange.properties], [['new', 1]]);
  assert.deepEqual([...exchange.attachments], [['new', attachment]]);
  assert.deepEqual(outcome.log, [
    { kind: 'customHeader', name: 'seen', value: 'yes' },
    { kind: 'customHeader', name: 'seen', value: 'yes' },
  ]);
});

test('steps run in the order of the line, not of the file', async () => {
  const seen: string[] = [];
  const engine = engineOf(({ fileName, message }) => {
    seen.push(fileName);
    return { ...message, log: [] };
  });
  const steps = ['a.js', 'b.js', 'c.js'].map((fileName) => ({ ...script, fileName }));
  await run({ steps }, exchangeOf(), environmentOf(engine));
  assert.deepEqual(seen, ['a.js', 'b.js', 'c.js']);
});

test('a script that fails ends the flow with its step, and leaves the message as it was given', async () => {
  const engine = engineOf(() => {
    throw new ScriptFailure('thrown', 'greet.js:1: no greeting');
  });
  const exchange = exchangeOf('body', { h: '1' }, { p: '2' });
  await assert.rejects(
    run(
      {
        steps: [
          { type: 'contentModifier', name: 'Set', properties: [{ name: 'p', value: 'set' }] },
          script,
          { type: 'contentModifier', name: 'Never', body: { type: 'constant', content: 'never' } },
        ],
      },
      exchange,
      environmentOf(engine),
    ),
    (error) =>
      error instanceof FlowFailure &&
      error.stepId === 'CallActivity_2' &&
      error.stepName === 'Greet' &&
      error.reason === 'script_thrown' &&
      error.message === 'greet.js:1: no greeting',
  );
  assert.equal(exchange.body, 'body');
  assert.deepEqual([...exchange.headers], [['h', '1']]);
  assert.deepEqual([...exchange.properties], [['p', 'set']]);
});

test('no room for another script is told apart from a script that fails', async () => {
  const engine = engineOf(() => {
    throw new ScriptFailure('busy', 'Too many scripts are running: try again later.');
  });
  await assert.rejects(run({ steps: [script] }, exchangeOf(), environmentOf(engine)), {
    name: 'FlowFailure',
    reason: 'busy',
  });
});

test('steps that wait for nothing let others on between them', async () => {
  let now = NOW;
  const modifier = { type: 'contentModifier' as const, name: 'Set', properties: [] };
  let turns = 0;
  const turn = setInterval(() => (turns += 1), 0);
  await run(
    { steps: Array<typeof modifier>(50).fill(modifier) },
    exchangeOf(),
    environmentOf(undefined, () => (now += 15)),
  );
  clearInterval(turn);
  assert.ok(turns > 0);
});

test('a failure of the engine itself is not taken for one of the flow', async () => {
  const engine = engineOf(() => {
    throw new TypeError('a bug');
  });
  await assert.rejects(run({ steps: [script] }, exchangeOf(), environmentOf(engine)), TypeError);
});

test('no step begins after the deadline', async () => {
  let now = NOW;
  const engine = engineOf(({ message }) => {
    now += 210_001;
    return { ...message, log: [] };
  });
  await assert.rejects(
    run(
      { steps: [script, { ...script, name: 'Late' }] },
      exchangeOf(),
      environmentOf(engine, () => now),
    ),
    (error) =>
      error instanceof FlowFailure &&
      error.reason === 'timeout' &&
      error.stepName === 'Late' &&
      error.message === 'The flow ran out of time before the step "Late".',
  );
  assert.equal(engine.calls.length, 1);
});

test('a script has no more time than its flow', async () => {
  let now = NOW;
  const engine = engineOf(({ message }) => {
    now = NOW + 209_000;
    return { ...message, log: [] };
  });
  const environment = environmentOf(engine, () => now);
  await run({ steps: [script, script] }, exchangeOf(), environment);
  assert.deepEqual(
    engine.calls.map((call) => call.limits.timeoutMs),
    [5000, 1000],
  );
});

test('a flow of content modifiers needs no script engine', async () => {
  const exchange = exchangeOf('x');
  await run(
    {
      steps: [
        { type: 'contentModifier', name: 'One', body: { type: 'expression', content: '${body}1' } },
        { type: 'contentModifier', name: 'Two', body: { type: 'expression', content: '${body}2' } },
      ],
    },
    exchange,
  );
  assert.equal(exchange.body, 'x12');
});

test('a compiled flow of a step that is gone fails as a mistake of ours', async () => {
  const { flow } = compileBundle(helloWorldBundle());
  const [sender] = flow.senders;
  assert.ok(sender);
  await assert.rejects(
    runFlow({ ...flow, processes: {} }, sender, exchangeOf(), environmentOf(), NOW + 1, []),
    /has no process Process_1/,
  );
});

test('running a flow loads neither zip nor XML code before an XPath needs it', async () => {
  const { metafile } = await build({
    entryPoints: ['shared/iflow/run.ts'],
    absWorkingDir: join(import.meta.dirname, '../..'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outdir: 'unused',
    write: false,
    metafile: true,
  });
  const outputs = Object.entries(metafile.outputs);
  const entry = outputs.find(([, output]) => output.entryPoint === 'shared/iflow/run.ts');
  const atOnce = [
    entry?.[0],
    ...(entry?.[1].imports ?? []).filter((i) => i.kind === 'import-statement').map((i) => i.path),
  ];
  const files = outputs
    .filter(([path]) => atOnce.includes(path))
    .flatMap(([, output]) => Object.keys(output.inputs));
  assert.ok(files.includes('shared/iflow/steps/transformers/content-modifier.ts'));
  assert.deepEqual(
    files.filter((file) => /iflow\/(bundle|xml|json|convert)\/|xpath-engine|compile/.test(file)),
    [],
  );
  assert.ok(!atOnce.includes('fontoxpath'));
});
