import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { failureOf, process, scriptCall, startEngine } from './engine.ts';

const engine = startEngine();

async function fails(source: string, reason: string, message: string): Promise<void> {
  const failure = await failureOf(engine.run(scriptCall(source)));
  assert.deepEqual([failure.reason, failure.message], [reason, message]);
}

suite('a script that cannot be parsed fails with file, line and column', () => {
  test('a syntax error', () =>
    fails(
      'function f() {}\n  var = 1;',
      'syntax',
      'SyntaxError: variable name expected (script.js:2:7)',
    ));
  test('Rhino’s conditional catch', () =>
    fails(
      'function processData(message) {\n  try {} catch (e if e.x) {}\n}',
      'syntax',
      "SyntaxError: Unexpected token 'if' (script.js:2:19)",
    ));
  test('E4X', async () => {
    const failure = await failureOf(engine.run(scriptCall('var x =\n <a>{b}</a>;')));
    assert.equal(failure.reason, 'syntax');
    assert.match(failure.message, /\(script\.js:2:\d+\)$/);
  });
});

test('a missing function is named', () =>
  fails(
    'function other() {}',
    'missing_function',
    'The script script.js has no function processData.',
  ));

test('an empty script has no function either', () =>
  fails('', 'missing_function', 'The script script.js has no function processData.'));

test('a function name that is code is not run', async () => {
  const call = scriptCall('var ran = 0;', {
    functionName: '(globalThis.ran = 1, function (m) { return m; })',
  });
  assert.equal((await failureOf(engine.run(call))).reason, 'missing_function');
});

suite('what a script throws is named with its place in the script', () => {
  const throws: [source: string, message: string][] = [
    ['null.x;', "TypeError: cannot read property 'x' of null (script.js:2:5)"],
    ['throw new Error("bad");', 'Error: bad (script.js:2:15)'],
    [
      'throw new java.lang.IllegalStateException("no");',
      'java.lang.IllegalStateException: no (script.js:2:15)',
    ],
    [
      'message.getBody("java.util.List");',
      'TypeError: getBody cannot give the body as java.util.List; Flowgate gives java.lang.String, byte[], java.io.InputStream and java.io.Reader. (script.js:2:13)',
    ],
    [
      'new java.sql.Timestamp(0);',
      'Error: The Java class java.sql.Timestamp is not available in Flowgate scripts. (script.js:2:9)',
    ],
    [
      'com.google.gson.JsonParser;',
      'Error: The Java class com.google.gson.JsonParser is not available in Flowgate scripts. (script.js:2:5)',
    ],
    ['throw "text";', 'text (script.js)'],
    ['throw null;', 'null (script.js)'],
    ['throw undefined;', 'undefined (script.js)'],
    ['throw { code: 7 };', '{"code":7} (script.js)'],
    ['throw Symbol("s");', 'Symbol(s) (script.js)'],
    ['throw { toString() { throw 1; } };', 'a value that cannot be shown (script.js)'],
    ['throw Object.create(null);', 'a value that cannot be shown (script.js)'],
    [
      'throw Object.defineProperty(new Error(), "message", { get() { throw 1; } });',
      'an error that cannot be shown (script.js)',
    ],
  ];
  for (const [statement, message] of throws) {
    test(statement, () =>
      fails(`function processData(message) {\n    ${statement}\n}`, 'thrown', message),
    );
  }
  test('at the top level', () =>
    fails('\nfoo();', 'thrown', 'ReferenceError: foo is not defined (script.js:2:1)'));
  test('by a rejected promise', () =>
    fails(
      'async function processData() {\n throw new Error("late"); }',
      'thrown',
      'Error: late (script.js:2:12)',
    ));
  test('by recursion without end', async () => {
    const failure = await failureOf(process(engine, 'return processData(message) + 1;'));
    assert.equal(failure.reason, 'thrown');
    assert.match(
      failure.message,
      /^RangeError: Maximum call stack size exceeded \(script\.js:1:\d+\)$/,
    );
  });
  test('cut where it is long', async () => {
    const failure = await failureOf(process(engine, 'throw new Error("x".repeat(1e6));'));
    assert.ok(failure.message.length < 2000);
    assert.match(failure.message, /\(script\.js:1:\d+\)$/);
  });
});

suite('a result that is not the message is refused', () => {
  for (const [value, found] of [
    ['', 'nothing'],
    ['null', 'null'],
    ['"text"', 'something else (string)'],
    ['{ getBody() {} }', 'something else (object)'],
    ['Promise.resolve(1)', 'something else (number)'],
  ]) {
    test(`return ${value}`, () =>
      fails(
        `function processData(message) { return ${value}; }`,
        'invalid_result',
        `The function processData returned ${found} instead of the message: end it with "return message;".`,
      ));
  }
  test('a promise that is never settled', () =>
    fails(
      'function processData(message) { return new Promise(function () {}); }',
      'invalid_result',
      'The promise that the function processData returned is never settled: nothing that it waits for will happen.',
    ));
  test('a value nested without end', async () => {
    const failure = await failureOf(
      process(engine, 'var a = []; a.push(a); message.setHeader("a", a);'),
    );
    assert.deepEqual(
      [failure.reason, failure.message],
      ['invalid_result', 'A header or property is nested more than 16 levels deep.'],
    );
  });
  test('more headers than there may be', async () => {
    const failure = await failureOf(process(engine, 'message.setHeader("a", "x".repeat(2e6));'));
    assert.equal(failure.reason, 'invalid_result');
  });
  for (const json of ['5', '{ message: 7 }', '{ reason: "busy", message: "" }', '"x{"', '[]']) {
    test(`a failure that a script makes into ${json}`, async () => {
      const source = `Object.prototype.toJSON = function () { return ${json}; }; throw 1;`;
      const failure = await failureOf(process(engine, source));
      assert.equal(failure.reason, 'invalid_result');
      assert.match(failure.message, /^The script has changed what JavaScript itself works with/);
    });
  }
  test('a script that changes the language under its own feet', async () => {
    const failure = await failureOf(
      process(
        engine,
        'Array.prototype.toJSON = function () { return 1; }; message.setHeader("a", "b");',
      ),
    );
    assert.equal(failure.reason, 'invalid_result');
  });
});

test('a failed script leaves the caller’s message as it was', async () => {
  const headers: [string, string[]][] = [['a', ['1']]];
  const call = scriptCall(
    'function processData(m) { m.getHeaders().get("a").push("2"); throw 1; }',
    { headers },
  );
  assert.equal((await failureOf(engine.run(call))).reason, 'thrown');
  assert.deepEqual(call.message.headers, [['a', ['1']]]);
});
