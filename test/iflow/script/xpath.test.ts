import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TaskFailure } from '../../../shared/iflow/tasks/task.ts';
import type { XPathCall, XPathQuery } from '../../../shared/iflow/expressions/xpath.ts';
import { ScriptFailure } from '../../../shared/iflow/script/engine.ts';
import { failureOf, process, startEngine } from './engine.ts';

const engine = startEngine(3);

const evaluate = (call: XPathCall, timeoutMs = 5000): Promise<readonly string[]> =>
  engine.tasks.run('xpath', call, { key: call.queries[0]?.source ?? '', timeoutMs });

function callOf(source: string, given: Partial<XPathCall> = {}): XPathCall {
  const queries = [{ source, variables: {}, result: 'text' as const }];
  return {
    body: '<a><b>1</b></a>',
    namespaces: {},
    queries,
    ...given,
  };
}

test('XPath is evaluated in a worker, query by query', async () => {
  const queries: XPathQuery[] = [
    { source: '//b', variables: {}, result: 'node' },
    { source: '//b + $more', variables: { more: 2 }, result: 'text' },
  ];
  assert.deepEqual(await evaluate(callOf('two', { queries })), ['<b>1</b>', '3']);
});

test('an expression that does not fit the message fails with its sentence', async () => {
  await assert.rejects(evaluate(callOf('error()')), (error) => {
    assert.ok(error instanceof TaskFailure);
    assert.equal(error.message, 'The XPath error() cannot be evaluated on this message.');
    return true;
  });
});

const wide = `<a>${'<b/>'.repeat(20_000)}</a>`;
for (const [source, body] of [
  ['count((1 to 1000000000)[. mod 2 = 0])', '<a/>'],
  ['count(//b[count(//b) = count(preceding::b)])', wide],
  ['count(//b[//b[//b[. = "x"]]])', wide],
] as const) {
  test(`XPath that takes too long is ended, and scripts run on: ${source}`, async () => {
    const call = callOf(source, { body });
    const wild = [1, 2, 3].map(() =>
      evaluate(call, 1000).then(
        () => 'answered',
        (error: unknown) => (error instanceof ScriptFailure ? error.message : String(error)),
      ),
    );
    let ended = false;
    const all = Promise.all(wild).finally(() => (ended = true));
    let answered = 0;
    while (!ended) {
      await process(engine, 'message.setBody("calm");');
      await evaluate(callOf('//b'));
      answered += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const text of await all) {
      assert.equal(text, 'The work of the step took longer than 1000 ms.');
    }
    // Held up, the first of them would have waited for the end of all.
    assert.ok(answered >= 2, `${answered} calm runs were answered`);
  });
}

test('the first XPath of a worker does not wait for a wild script, though its code is loaded first', async () => {
  const isAnsweredMeanwhile = async (): Promise<boolean> => {
    const own = startEngine(2);
    const wild = failureOf(process(own, 'for (;;);', { timeoutMs: 120_000 }));
    // With two workers there is one long run at a time: from here on, the wild script is it.
    await new Promise((resolve) => setTimeout(resolve, 400));
    const found = own.tasks.run('xpath', callOf('//b'), { key: '//b', timeoutMs: 5000 }).then(
      (texts) => texts[0] === '1',
      (error: unknown) => {
        if (error instanceof ScriptFailure && error.reason === 'busy') return false;
        throw error;
      },
    );
    const isAnswered = await found;
    await own.close();
    assert.equal((await wild).reason, 'busy', 'it has run wild for all of that time');
    return isAnswered;
  };
  // On a machine that has other work the XPath itself may take long, and wait; not each time.
  let tries = 1;
  while (!(await isAnsweredMeanwhile())) assert.ok((tries += 1) <= 5);
});

test('XPath that takes too much memory ends its worker only', async () => {
  const call = callOf('array:size(array { 1 to 30000000 })');
  await assert.rejects(evaluate(call, 60_000), (error) => {
    assert.ok(error instanceof ScriptFailure);
    assert.equal(error.reason, 'memory');
    return true;
  });
  assert.deepEqual(await evaluate(callOf('//b')), ['1']);
});

test('the largest XML that may be read fits into a worker', async () => {
  const body = `<a>${'<b c="1">xxxxxxx</b>'.repeat(166_000)}</a>`;
  const counted = await evaluate(callOf('count(//b[@c = 1])', { body }), 60_000);
  assert.deepEqual(counted, ['166000']);
});

test('an expression cannot reach files, the network or the environment', async () => {
  for (const source of [
    "doc('file:///etc/passwd')",
    "unparsed-text('/etc/passwd')",
    "environment-variable('PATH')",
    "fontoxpath:fetch('http://127.0.0.1/')",
    "fontoxpath:evaluate('doc(''/etc/passwd'')', map{})",
  ]) {
    await assert.rejects(evaluate(callOf(source)), TaskFailure, source);
  }
});
