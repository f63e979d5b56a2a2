import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertFailedFlow, type RunningInstances, runInstances } from './running-instances.ts';

export const LOCAL_ONLY = 'fills the script threads that other callers wait for';

let running: RunningInstances;

before(async () => {
  running = await runInstances({ FLOWGATE_SCRIPT_TIMEOUT_MS: '500' });
});

const of = (body: string): string => `function processData(message) { ${body} }`;

/** Flows that fail, and what the log says of why. */
const failing: readonly [id: string, source: string, log: RegExp][] = [
  ['Loop', of('for (;;);'), /took longer than 500 ms/],
  [
    'LoopCaught',
    of('for (;;) try { for (;;); } catch (e) {} finally { continue; }'),
    /took longer/,
  ],
  ['Allocate', of('var s = "x"; for (;;) s += s + "y" + s.length;'), /more memory/],
  ['Recurse', of('(function f() { f(); })();'), /stack/i],
  ['Backtrack', of('/^(a+)+$/.test("a".repeat(64) + "b"); return message;'), /took longer/],
  ['ThrowText', of('throw "boom";'), /boom/],
  ['ThrowNull', of('throw null;'), /null/],
  ['ThrowNothing', of('throw undefined;'), /undefined/],
  ['ThrowTrap', of('throw { toString() { throw 1; } };'), /cannot be shown/],
  ['ThrowLong', of('throw new Error("x".repeat(1e6));'), /^Error: x{1000}/],
  ['Nothing', of(''), /returned nothing/],
  ['Number', of('return 7;'), /something else \(number\)/],
  ['Pending', of('return new Promise(function () {});'), /never settled/],
  [
    'Status',
    of('message.setHeader("CamelHttpResponseCode", 99999); return message;'),
    /200 to 599/,
  ],
  [
    'StatusText',
    of('message.setHeader("CamelHttpResponseCode", "2e2\\r\\nx: y"); return message;'),
    /200 to 599/,
  ],
  [
    'ManyHeaders',
    of('for (var i = 0; i < 9000; i++) message.setHeader("h" + i, "v"); return message;'),
    /exceed 16384/,
  ],
  [
    'Deep',
    of(
      'var v = []; for (var i = 0; i < 1e4; i++) v = [v]; message.setProperty("v", v); return message;',
    ),
    /nested/,
  ],
  ['Require', of('require("fs");'), /require/],
  ['Process', of('process.exit(1);'), /process/],
  ['Import', of('return import("node:fs").then(function () { return message; });'), /./],
  ['WebAssembly', of('WebAssembly.compile(new Uint8Array(8));'), /WebAssembly/],
  ['Shared', of('postMessage(new SharedArrayBuffer(8));'), /postMessage/],
  ['Wait', of('Atomics.wait(new Int32Array(8), 0, 0);'), /./],
  ['Fetch', of('fetch("http://127.0.0.1/");'), /fetch/],
];

for (const [id, source, log] of failing) {
  test(`a script that fails in its own way (${id}) is a failed flow, and nobody else notices`, async () => {
    await running.deployScript(id, source);
    const [first, second] = running.instances;
    for (const instance of [first, second]) {
      assertFailedFlow(await running.call(`/${id.toLowerCase()}`, { instance }));
    }
    await running.assertWell();
    const messages = await running.messagesOf(id);
    assert.ok(messages.length >= 1);
    for (const { Status, MessageGuid } of messages) {
      assert.equal(Status, 'FAILED');
      const path = `/api/v1/MessageProcessingLogs('${String(MessageGuid)}')/ErrorInformation/$value`;
      const text = await (await running.admin.send('GET', path)).text();
      assert.match(text, log);
      assert.ok(text.length <= 4000);
      assert.doesNotMatch(text, /node_modules|file:\/\/|\/shared\//);
    }
  });
}

test('a script reaches no host: what it finds is its own interpreter', async () => {
  await running.deployScript(
    'Reach',
    of(`var out = {};
      var make = message.constructor.constructor;
      ['process', 'require', 'globalThis.process', 'Buffer', 'setTimeout', 'fetch', 'Worker', 'Deno',
       'WebAssembly', 'postMessage', 'navigator', 'XMLHttpRequest', 'std', 'os', 'scriptArgs']
        .forEach(function (name) {
          try { out[name] = typeof make('return typeof ' + name + ' === "undefined" ? undefined : ' + name)(); }
          catch (e) { out[name] = 'undefined'; }
        });
      out.files = Object.getOwnPropertyNames(globalThis).filter(function (n) { return /file|read|load|open|exec/i.test(n); });
      message.setBody(JSON.stringify(out)); return message;`),
  );
  const answer = await running.call('/reach');
  assert.equal(answer.status, 200, answer.text);
  const { files, ...found } = JSON.parse(answer.text) as Record<string, unknown>;
  for (const [name, type] of Object.entries(found)) assert.equal(type, 'undefined', name);
  assert.deepEqual(files, []);
});

test('what a script pollutes is gone with the next message, on the same and on any other flow', async () => {
  await running.deployScript(
    'Pollute',
    `var count = (globalThis.count || 0) + 1; globalThis.count = count;
     function processData(message) {
       var seen = [count, ({}).polluted, [].polluted, message.secret, globalThis.kept];
       Object.prototype.polluted = 'yes'; Array.prototype.polluted = 'yes';
       message.__proto__.secret = message.getBody(java.lang.String); globalThis.kept = 1;
       message.__proto__.getBody = function () { return 'stolen'; };
       JSON.stringify = function () { return '{"polluted":true}'; };
       message.setBody(String(seen)); return message;
     }`,
  );
  await running.deployScript(
    'Clean',
    of(
      'message.setBody(String([({}).polluted, message.secret, globalThis.kept, message.getBody(java.lang.String)])); return message;',
    ),
  );
  for (let i = 0; i < 10; i += 1) {
    const body = `private ${i}`;
    const polluted = await running.call('/pollute', { method: 'POST', body });
    assert.equal(polluted.text, '1,,,,');
    assert.equal((await running.call('/clean', { method: 'POST', body: 'mine' })).text, ',,,mine');
  }
  await running.assertWell();
});

test('properties named like prototypes are properties, and reach nobody’s prototype', async () => {
  await running.deployScript(
    'Proto',
    of(`message.setProperty('__proto__', { polluted: 'yes' });
      message.setHeader('__proto__', 'yes'); message.setHeader('constructor', 'yes');
      message.setHeader('x-map', JSON.parse('{"__proto__":{"polluted":"yes"}}'));
      message.setBody('ok'); return message;`),
  );
  const answer = await running.call('/proto');
  assert.deepEqual([answer.status, answer.text], [200, 'ok']);
  assert.equal(answer.headers['constructor'], 'yes');
  await running.assertWell();
});

test('what scripts put into the message log stays within bounds, and is data wherever it is shown', async () => {
  await running.deployScript(
    'Log',
    of(`var log = messageLogFactory.getMessageLog(message), text = message.getBody(java.lang.String);
      for (var i = 0; i < 500; i++) {
        log.addCustomHeaderProperty('n' + i, '\\u0000\\r\\n<b>' + 'v'.repeat(5000));
        log.addAttachmentAsString('../' + i + '\\u0000"<b>', text, 'text/html\\r\\nx-injected: 1');
        log.setStringProperty('p' + i, text.repeat(1000));
      }
      log.addAttachmentAsString(null, null, null);
      message.setBody('logged'); return message;`),
  );
  const body = 'payload'.repeat(100);
  const answer = await running.call('/log', { method: 'POST', body });
  assert.deepEqual([answer.status, answer.text], [200, 'logged']);
  const [message] = await running.messagesOf('Log');
  const guid = String(message?.['MessageGuid']);
  const get = (path: string) => running.admin.send('GET', `/api/v1/${path}`);
  const attachments = await get(`MessageProcessingLogs('${guid}')/Attachments`);
  const { results } = ((await attachments.json()) as { d: { results: Record<string, string>[] } })
    .d;
  assert.ok(results.length > 0 && results.length <= 50);
  const content = await get(
    `MessageProcessingLogAttachments('${String(results[0]?.['Id'])}')/$value`,
  );
  assert.deepEqual([content.status, await content.text()], [200, body]);
  assert.equal(content.headers.get('x-injected'), null);
  assert.equal(content.headers.get('content-disposition'), 'attachment');
  const headers = await get(`MessageProcessingLogs('${guid}')/CustomHeaderProperties`);
  assert.ok((await headers.text()).length < 100_000);
  await running.assertWell();
});

test('headers with CR LF, NUL or signs beyond ISO-8859-1 cannot split an answer', async () => {
  await running.deployScript(
    'Split',
    of(`message.setHeader('x-split', 'a\\r\\nSet-Cookie: b=c\\r\\n\\r\\n<html>');
      message.setHeader('x-nul', 'a\\u0000b'); message.setHeader('x-emoji', 'a\\ud83d\\ude00\\ud800b');
      message.setHeader('x bad\\r\\nname: y', 'v'); message.setHeader('', 'v');
      message.setHeader('Set-Cookie', 'session=1'); message.setHeader('Transfer-Encoding', 'chunked');
      message.setHeader('Content-Length', '1'); message.setHeader('Connection', 'close');
      message.setHeader('Content-Type', 'text/html\\r\\nx-injected: 1');
      message.setHeader('x-invocation-id', 'forged'); message.setHeader('SAP_MessageProcessingLogID', 'forged');
      message.setBody('whole body'); return message;`),
  );
  const { status, headers, text } = await running.call('/split');
  assert.deepEqual([status, text], [200, 'whole body']);
  assert.equal(headers['x-split'], 'a Set-Cookie: b=c <html>');
  assert.equal(headers['x-nul'], 'a b');
  assert.match(headers['x-emoji'] as string, /^a\?+b$/);
  for (const absent of ['set-cookie', 'x-injected', 'transfer-encoding']) {
    assert.equal(headers[absent], undefined, absent);
  }
  assert.notEqual(headers['x-invocation-id'], 'forged');
  assert.notEqual(headers['sap_messageprocessinglogid'], 'forged');
  assert.equal(headers['content-length'], '10');
});

test('while scripts and XPath run wild on one instance, calm flows and health answer on both', async () => {
  const { buildBundle } = await import('../../shared/iflow/bundle/build.ts');
  const row = { name: 'x', type: 'xpath', value: 'count((1 to 1000000000)[. mod 2 = 0])' };
  const bundle = buildBundle({
    id: 'WildXPath',
    name: 'WildXPath',
    address: '/wildxpath',
    steps: [{ type: 'contentModifier', name: 'M', properties: [row] }],
  });
  assert.equal(await running.admin.deploy('WildXPath', bundle), 'SUCCESS');
  const calmXPath = buildBundle({
    id: 'CalmXPath',
    name: 'CalmXPath',
    address: '/calmxpath',
    steps: [
      {
        type: 'contentModifier',
        name: 'M',
        properties: [{ name: 'p', type: 'xpath', value: '/a/b' }],
        body: { type: 'expression', content: '${property.p}' },
      },
    ],
  });
  assert.equal(await running.admin.deploy('CalmXPath', calmXPath), 'SUCCESS');
  const xml = { method: 'POST', body: '<a><b>ok</b></a>' };
  assert.equal((await running.call('/calmxpath', xml)).text, 'ok');
  let raging = true;
  const rage = async (path: string): Promise<void> => {
    while (raging) assertFailedFlow(await running.call(path, xml));
  };
  const storm = Promise.all(['/wildxpath', '/wildxpath', '/wildxpath', '/loop'].map(rage));
  try {
    // The storm does not end before: what it holds up is refused as busy.
    for (let round = 0; round < 5; round += 1) {
      const [calm] = await Promise.all([running.call('/calmxpath', xml), running.assertWell()]);
      assert.equal(calm.text, 'ok');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    raging = false;
    await storm;
  }
});
