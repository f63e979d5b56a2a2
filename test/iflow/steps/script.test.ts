import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { compileBundle } from '../../../shared/iflow/compile.ts';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import { NotDeployable } from '../../../shared/iflow/flow.ts';
import { createWorkerPool } from '../../../shared/iflow/script/workers/pool.ts';
import { buildBundle } from '../../../shared/iflow/bundle/build.ts';
import { environmentOf, exchangeOf, noServices, run } from '../running.ts';

const engine = createWorkerPool({ workers: 2 });
after(() => engine.close());

let deployments = 0;
const deployed = () => ({ ...environmentOf(engine), revision: `deployment-${(deployments += 1)}` });

const step = (source: string, functionName?: string) => ({
  type: 'script' as const,
  name: 'Script',
  fileName: 's.js',
  source,
  ...(functionName === undefined ? {} : { functionName }),
});
const processData = (body: string) => `function processData(message) { ${body} return message; }`;

function detailsOf(source: string, functionName?: string) {
  const steps = [step(source, functionName)];
  try {
    compileBundle(buildBundle({ id: 'F', name: 'F', address: '/f', steps }));
    return [];
  } catch (error) {
    if (!(error instanceof NotDeployable)) throw error;
    return error.details;
  }
}

suite('a deployment names what a script needs and does not get', () => {
  test('a Java class, as a capability', () => {
    assert.deepEqual(detailsOf(`importClass(com.google.gson.JsonParser); ${processData('')}`), [
      {
        text: 'Step "Script" (JavaScript) names the script "s.js", which needs the Java class com.google.gson.JsonParser, which Flowgate does not have.',
        kind: 'missing',
        capability: 'script class com.google.gson.JsonParser',
      },
    ]);
  });
  test('a method of a service, as a capability', () => {
    const calls =
      'com.sap.it.api.ITApiFactory.getApi(com.sap.it.api.keystore.KeystoreService, null).getKey("a");';
    assert.deepEqual(detailsOf(processData(calls)), [
      {
        text: 'Step "Script" (JavaScript) names the script "s.js", which calls the method KeystoreService.getKey, which Flowgate does not have.',
        kind: 'missing',
        capability: 'script method KeystoreService.getKey',
      },
    ]);
  });
  test('code that can be parsed, with line and column', () => {
    const [fault] = detailsOf('function processData(m) {\n  var = 1;\n}');
    assert.equal(
      fault?.text,
      'Step "Script" (JavaScript) names the script "s.js", which cannot be parsed: SyntaxError: variable name expected (s.js:2:7).',
    );
    assert.equal(fault.kind, 'design');
  });
  test('the function', () => {
    const [fault] = detailsOf(processData(''), 'convert');
    assert.match(fault?.text ?? '', /which has no function convert\.$/);
  });
  test('and nothing for one that has all', () => {
    assert.deepEqual(detailsOf(processData('new java.util.TreeMap();')), []);
  });
  test('once more for each step that names it, looked at once', () => {
    const source = `importClass(com.google.gson.Gson); ${processData('')}\n//${'x'.repeat(1_000_000)}`;
    const steps = Array.from({ length: 100 }, (_, i) => ({ ...step(source), name: `S${i}` }));
    const started = performance.now();
    assert.throws(
      () => compileBundle(buildBundle({ id: 'F', name: 'F', address: '/f', steps })),
      (error) => error instanceof NotDeployable && error.details.length === 100,
    );
    assert.ok(performance.now() - started < 10_000);
  });
});

test('attachments go from script to script, and log entries are kept of each', async () => {
  const exchange = exchangeOf('<a/>');
  const make = processData(`
    message.getAttachments().put("copy", new javax.activation.DataHandler(message.getBody(), "text/xml"));
    messageLogFactory.getMessageLog(message).addAttachmentAsString("Payload", message.getBody(java.lang.String), "text/xml");`);
  const read = processData(
    'message.setBody(message.getAttachments().get("copy").getContent() + message.getAttachmentsSize());',
  );
  const steps = [step(make), { ...step(read), fileName: 'read.js', name: 'Read' }];
  const { log } = await run({ steps }, exchange, deployed());
  assert.equal(exchange.body, '<a/>4');
  assert.deepEqual(
    [...exchange.attachments],
    [['copy', { contentType: 'text/xml', headers: {}, body: '<a/>' }]],
  );
  assert.deepEqual(log, [
    { kind: 'attachment', name: 'Payload', text: '<a/>', mediaType: 'text/xml' },
  ]);
});

test('a script that fails leaves message and attachments, and what it has told the log', async () => {
  const exchange = exchangeOf('in');
  const attachment = { contentType: 'text/plain', headers: {}, body: 'a' };
  exchange.attachments.set('a', attachment);
  const steps = [
    step(
      processData(`message.getAttachments().clear(); message.setBody("changed");
        messageLogFactory.getMessageLog(message).addCustomHeaderProperty("order", "1");
        throw new java.lang.IllegalStateException("no");`),
    ),
  ];
  await assert.rejects(run({ steps }, exchange, deployed()), (error) => {
    assert.ok(error instanceof FlowFailure);
    assert.deepEqual(
      [error.reason, error.message],
      ['script_thrown', 'java.lang.IllegalStateException: no (s.js:3:19)'],
    );
    return true;
  });
  assert.equal(exchange.body, 'in');
  assert.deepEqual([...exchange.attachments], [['a', attachment]]);
});

test('the log of a message has a bounded number of attachments, of a bounded length', async () => {
  const source = processData(`var log = messageLogFactory.getMessageLog(message);
    for (var i = 0; i < 200; i++) { log.addAttachmentAsString("a" + i, "x".repeat(100), null); }`);
  const many = await run({ steps: [step(source)] }, exchangeOf(), deployed());
  assert.equal(many.log.length, 50);
  const large = processData(`var log = messageLogFactory.getMessageLog(message);
    for (var i = 0; i < 4; i++) log.addAttachmentAsString("a" + i, "x".repeat(5 * 1024 * 1024), null);
    log.addCustomHeaderProperty("after", "all");`);
  const cut = await run({ steps: [step(large)] }, exchangeOf(), deployed());
  assert.deepEqual(
    cut.log.map((entry) => (entry.kind === 'attachment' ? entry.text.length : entry.value)),
    [4 * 1024 * 1024, 4 * 1024 * 1024, 'all'],
  );
});

test('a service of the environment is what the script asks', async () => {
  const exchange = exchangeOf();
  const services = {
    ...noServices,
    numberRanges: () => Promise.resolve({ next: (name: string) => Promise.resolve(`${name}-1`) }),
  };
  const source = processData(`
    var numbers = com.sap.it.api.ITApiFactory.getService(com.sap.it.api.nrc.NumberRangeConfigurationService, null);
    message.setBody(numbers.getNextValuefromNumberRange("Orders", null));`);
  await run({ steps: [step(source)] }, exchange, { ...deployed(), services });
  assert.equal(exchange.body, 'Orders-1');
});
