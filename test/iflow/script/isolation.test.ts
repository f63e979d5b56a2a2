import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { QuickJsMachine } from '../../../shared/iflow/script/javascript/quickjs.ts';
import { failureOf, process, scriptCall, startEngine } from './engine.ts';

const engine = startEngine();
const binary = readFileSync(new URL(import.meta.resolve('quickjs-wasi/quickjs.wasm')));

/** Counts in every place that a script could leave something in. */
const COUNTER = `
  globalThis.count = (globalThis.count || 0) + 1;
  Object.prototype.leaked = (Object.prototype.leaked || 0) + 1;
  String.prototype.count = (String.prototype.count || 0) + 1;
  java.util.HashMap.prototype.count = (java.util.HashMap.prototype.count || 0) + 1;
  java.lang.System.count = (java.lang.System.count || 0) + 1;
  messageLogFactory.count = (messageLogFactory.count || 0) + 1;
  Math.count = (Math.count || 0) + 1;
  processData.count = (processData.count || 0) + 1;
  Promise.resolve().then(function () { globalThis.count += 100; });
  var seen = [globalThis.count, ({}).leaked, "".count, java.util.HashMap.prototype.count,
    java.lang.System.count, messageLogFactory.count, Math.count, processData.count].join();
`;
const counter = `var top = 0; function processData(message) { top++; ${COUNTER}
  if (message.getBody() === "throw") throw seen;
  if (message.getBody() === "loop") for (;;);
  if (message.getBody() === "recurse") return processData(message) + 1;
  if (message.getBody() === "fill") for (var all = [];;) all.push("x".repeat(9999) + all.length);
  if (message.getBody() === "never") return new Promise(function () {});
  message.setBody(top + "," + seen); return message; }`;

test('nothing that a script leaves behind is there for the next message, however it ended', async () => {
  for (const body of ['', 'throw', '', 'loop', '', 'recurse', '', 'fill', '', 'never', '']) {
    const run = engine.run(
      scriptCall(counter, { key: 'counter', body, timeoutMs: 250, memoryBytes: 8 << 20 }),
    );
    if (body === '') assert.equal((await run).body, '1,1,1,1,1,1,1,1,1');
    else await failureOf(run);
    const other = await process(
      engine,
      'message.setBody([typeof count, ({}).leaked, "".count].join());',
    );
    assert.equal(other.body, 'undefined,,');
  }
});

test('the top level runs anew for every message', async () => {
  const source =
    'var id = java.util.UUID.randomUUID(); function processData(m) { m.setBody(id); return m; }';
  const bodies = await Promise.all(
    Array.from({ length: 20 }, () => engine.run(scriptCall(source))),
  );
  assert.equal(new Set(bodies.map(({ body }) => body)).size, 20);
});

suite('the machine', () => {
  const machine = () =>
    new QuickJsMachine(
      new WebAssembly.Module(binary),
      () => false,
      () => 0,
    );

  test('has no state but its memory, its stack pointer and a table that code cannot change', () => {
    const sections = sectionsOf(binary);
    // One global: i32, mutable, i32.const 1048576; the stack pointer that every reset sets.
    assert.equal(sections.get(6)?.toString('hex'), '017f01418080c0000b');
    const exports = WebAssembly.Module.exports(new WebAssembly.Module(binary));
    assert.deepEqual(
      exports.filter(({ kind }) => kind === 'global' || kind === 'memory').map(({ name }) => name),
      ['memory', '__stack_pointer'],
    );
    // One table, one memory, both of its own.
    assert.equal(sections.get(4)?.[0], 1);
    assert.equal(sections.get(5)?.[0], 1);
    assert.ok(
      WebAssembly.Module.imports(new WebAssembly.Module(binary)).every(
        ({ kind }) => kind === 'function',
      ),
    );
  });

  test('is the same to the byte after a reset', () => {
    const guest = machine();
    const source =
      'globalThis.n = (globalThis.n || 0) + 1; globalThis.all = "x".repeat(5e5); throw n;';
    const compiled = guest.compile(source, 'a.js', 0);
    assert.ok(typeof compiled !== 'number');
    const loaded = guest.load(compiled);
    const image = guest.takeImage();
    for (let run = 0; run < 5; run++) {
      guest.reset(image);
      assert.deepEqual(guest.takeImage(), image);
      const thrown = guest.evaluate(loaded);
      assert.ok(thrown !== undefined);
      assert.equal(guest.readText(thrown), '1');
    }
    assert.ok(guest.memoryBytes > image.size);
    guest.reset(image);
    assert.equal(guest.memoryBytes, image.size);
  });
});

test('scripts reach nothing of the host', async () => {
  const names = [
    'process',
    'require',
    'module',
    'global',
    'Buffer',
    'fetch',
    'XMLHttpRequest',
    'WebSocket',
    'std',
    'os',
    'scriptArgs',
    'setTimeout',
    'WebAssembly',
    'Worker',
    'performance',
    'navigator',
    'load',
    'read',
    'quit',
  ];
  const source = `message.setBody(${JSON.stringify(names)}.filter(function (n) { return n in globalThis; }).join());`;
  assert.equal((await process(engine, source)).body, '');
});

test('there is no module to import', async () => {
  for (const name of ['std', 'os', 'fs', './worker.ts', 'file:///etc/passwd']) {
    const source = `async function processData(m) { await import(${JSON.stringify(name)}); return m; }`;
    assert.equal((await failureOf(engine.run(scriptCall(source)))).reason, 'thrown');
  }
  assert.equal(
    (await failureOf(engine.run(scriptCall('import * as os from "os";')))).reason,
    'syntax',
  );
});

test('Atomics.wait does not hold a worker up', async () => {
  const source = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';
  assert.equal((await failureOf(process(engine, source))).reason, 'thrown');
});

test('the clock goes on and is in UTC; random numbers differ between messages', async () => {
  const source =
    'message.setBody([Date.now(), new Date(0).getHours(), Math.random(), Math.random()].join());';
  const before = Date.now();
  const first = String((await process(engine, source)).body)
    .split(',')
    .map(Number);
  const second = String((await process(engine, source)).body)
    .split(',')
    .map(Number);
  assert.ok((first[0] ?? 0) >= before && (second[0] ?? 0) >= (first[0] ?? Infinity));
  assert.deepEqual([first[1], second[1]], [0, 0]);
  assert.equal(new Set([first[2], first[3], second[2], second[3]]).size, 4);
});

/** The bodies of a WebAssembly binary's sections by their id. */
function sectionsOf(bytes: Buffer): Map<number, Buffer> {
  const sections = new Map<number, Buffer>();
  for (let at = 8; at < bytes.length;) {
    const id = bytes[at++] ?? 0;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    sections.set(id, bytes.subarray(at, at + length));
    at += length;
  }
  return sections;
}
