import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { WALK_THROUGH, failureOf, process, scriptCall, startEngine } from './engine.ts';

const MIB = 1024 * 1024;

suite('a script that takes too long is ended', () => {
  const engine = startEngine(3);
  const wild = [
    'for (;;);',
    'for (;;) try { for (;;); } catch (e) {} finally { continue; }',
    '/^(a+)+$/.test("a".repeat(64) + "b");',
    'new Array(2e8).join("x");',
    '[1, 2, 3].sort(function () { for (;;); });',
    'throw { toString() { for (;;); } };',
    'throw Object.defineProperty(new Error(), "stack", { get() { for (;;); } });',
    'message.setHeader("a", { get b() { for (;;); } });',
    'return new Promise(function (done) { (function again() { Promise.resolve().then(again); })(); });',
    'return { then: 1, __proto__: new Proxy({}, { getPrototypeOf() { for (;;); } }) };',
    'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);',
    'eval("for (;;);");',
  ];
  for (const statement of wild) {
    test(statement, async () => {
      const failure = await failureOf(process(engine, statement, { timeoutMs: 100 }));
      assert.deepEqual(
        [failure.reason, failure.message],
        ['timeout', 'The script took longer than 100 ms.'],
      );
    });
  }
  test('at its top level', async () => {
    assert.equal(
      (await failureOf(engine.run(scriptCall('for (;;);', { timeoutMs: 100 })))).reason,
      'timeout',
    );
  });
});

suite('a script that takes too much memory is ended', () => {
  const engine = startEngine();
  const greedy = [
    'for (var all = [];;) all.push("x".repeat(10000) + all.length);',
    'var s = "x"; for (;;) s += s + "y" + s.length;',
    'message.setBody("x".repeat(2 ** 29));',
    'new Uint8Array(2 ** 30);',
    'new Uint32Array(1e6 * 64).fill(7);',
    'var o = []; for (var i = 0; i < 1e5; i++) o.push("k".repeat(1000) + i); JSON.stringify([o, o, o, o, o, o, o, o]);',
  ];
  for (const statement of greedy) {
    test(statement, async () => {
      const failure = await failureOf(process(engine, statement, { memoryBytes: 16 * MIB }));
      assert.deepEqual(
        [failure.reason, failure.message],
        ['memory', 'The script used more memory than its 16384 KiB.'],
      );
    });
  }
  test('a crash of the interpreter is a failure of that run only', async () => {
    const crashes = [
      'eval("(".repeat(1e5));',
      'new Function("return " + "[".repeat(5000) + "]".repeat(5000))();',
    ];
    for (const statement of crashes) {
      const failure = await failureOf(process(engine, statement));
      assert.deepEqual(
        [failure.reason, failure.message],
        ['memory', 'The script nests calls or code too deeply for the interpreter’s stack.'],
      );
      assert.equal((await engine.run(scriptCall(WALK_THROUGH))).body, 'Hello world from IFlow');
    }
  });
  test('a body that does not fit into it', async () => {
    const body = 'x'.repeat(20 * MIB);
    assert.equal(
      (await failureOf(process(engine, '', { body, memoryBytes: 16 * MIB }))).reason,
      'memory',
    );
  });
  test('a body of 20 MiB passes within 64 MiB', async () => {
    const body = 'x'.repeat(20 * MIB);
    const result = await process(engine, 'message.setBody(message.getBody() + "!");', { body });
    assert.equal(result.body.length, body.length + 1);
  });
  test('the next message has all of it again', async () => {
    const source = 'new Uint8Array(10 * 1024 * 1024).fill(1);';
    for (let run = 0; run < 5; run++) await process(engine, source, { memoryBytes: 16 * MIB });
  });
});

test('while scripts run wild, also several at once and inside built-ins, others answer', async () => {
  const engine = startEngine(2);
  await engine.run(scriptCall(WALK_THROUGH));
  let wildRuns = 3;
  const wild = ['for (;;);', 'new Array(2e8).join("x");', 'for (;;) 1;'].map(async (statement) => {
    const failure = await failureOf(process(engine, statement, { timeoutMs: 4000 }));
    wildRuns -= 1;
    return failure.reason;
  });
  let answered = 0;
  while (wildRuns === 3) {
    const { body } = await engine.run(scriptCall(WALK_THROUGH));
    assert.equal(body, 'Hello world from IFlow');
    answered += 1;
  }
  // Had they waited for the wild ones, there would be one.
  assert.ok(answered > 1, `${answered} answers`);
  // One has had its time, mostly; the others had to wait for it.
  await engine.close();
  for (const reason of await Promise.all(wild)) assert.match(reason, /^(?:busy|timeout)$/);
});

test('calls behind a wild script are answered before it ends, none lost', async () => {
  const engine = startEngine(2);
  await engine.run(scriptCall(WALK_THROUGH));
  const order: string[] = [];
  const wild = failureOf(process(engine, 'for (;;);', { timeoutMs: 120_000 })).then(() =>
    order.push('wild'),
  );
  const others = Array.from({ length: 100 }, () =>
    engine.run(scriptCall(WALK_THROUGH)).then(({ body }) => order.push(String(body))),
  );
  await Promise.all(others);
  assert.deepEqual(order, Array<string>(100).fill('Hello world from IFlow'));
  await engine.close();
  await wild;
});

test('a short script that takes long once does not wait for a wild one', async () => {
  const source = 'while (Date.now() < Number(message.getBody()));';
  const isAnsweredMeanwhile = async (): Promise<boolean> => {
    const engine = startEngine(2);
    await process(engine, source, { body: '0' });
    let ended = false;
    const wild = failureOf(process(engine, 'for (;;);', { timeoutMs: 2500 })).then(() => {
      ended = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await process(engine, source, { body: '0' });
    await process(engine, source, { body: String(Date.now() + 75) });
    const isAnswered = !ended;
    await wild;
    await engine.close();
    return isAnswered;
  };
  // A machine that has other work may hold it up twice; not each time.
  let tries = 1;
  while (!(await isAnsweredMeanwhile())) assert.ok((tries += 1) <= 5);
});

test('beyond the queue a run fails at once as busy', async () => {
  const engine = startEngine(2, 3);
  await engine.run(scriptCall(WALK_THROUGH));
  const runs = Array.from({ length: 40 }, (_, index) =>
    process(engine, `var i = ${index}; while (i !== -1);`, { timeoutMs: 150 }),
  );
  const reasons = await Promise.all(runs.map(async (run) => (await failureOf(run)).reason));
  assert.ok(reasons.filter((reason) => reason === 'busy').length >= 30);
  assert.ok(reasons.includes('timeout'));
  assert.equal((await engine.run(scriptCall(WALK_THROUGH))).body, 'Hello world from IFlow');
});

test('a closed engine answers what waited and takes nothing more', async () => {
  const engine = startEngine(2);
  await engine.run(scriptCall(WALK_THROUGH));
  const running = failureOf(process(engine, 'for (;;);'));
  await new Promise((resolve) => setImmediate(resolve));
  await engine.close();
  assert.equal((await running).reason, 'busy');
  assert.equal((await failureOf(engine.run(scriptCall(WALK_THROUGH)))).reason, 'busy');
});
