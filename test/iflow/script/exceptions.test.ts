import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CaughtException, Value } from '../../../shared/iflow/exchange.ts';
import { failureOf, process, startEngine } from './engine.ts';

const engine = startEngine();

const caught = {
  class: 'org.apache.camel.component.ahc.AhcOperationFailedException',
  message: 'HTTP operation failed invoking https://example.org with statusCode: 502',
  stacktrace: 'HTTP operation failed\n\tat Call',
  statusCode: 502,
  statusText: 'Bad Gateway',
  responseBody: '<down/>',
} satisfies CaughtException;

const properties = (value: Value = caught) =>
  [
    ['CamelExceptionCaught', value],
    ['other', 1],
  ] as const;

suite('what an exception subprocess has caught', () => {
  test('is the Java exception that SAP’s own example expects', async () => {
    const { body, properties: after } = await process(
      engine,
      `var ex = message.getProperties().get("CamelExceptionCaught");
       if (ex != null && ex.getClass().getCanonicalName().equals("org.apache.camel.component.ahc.AhcOperationFailedException")) {
         message.setProperty("http.StatusCode", ex.getStatusCode());
         message.setProperty("http.StatusText", ex.getStatusText());
         message.setBody(ex.getResponseBody());
       }`,
      { properties: properties() },
    );
    assert.equal(body, '<down/>');
    assert.deepEqual(after, [
      ...properties(),
      ['http.StatusCode', 502],
      ['http.StatusText', 'Bad Gateway'],
    ]);
  });
  test('has a message and a class in every way that scripts ask for them', async () => {
    const { body } = await process(
      engine,
      `var ex = message.getProperty("CamelExceptionCaught");
       message.setBody(JSON.stringify([ex.getMessage() === ex.message, ex.getClass().getSimpleName(), String(ex),
         ex.statusCode, ex.getCause(), ex instanceof java.lang.Exception, ex instanceof Error,
         ex instanceof org.apache.camel.component.ahc.AhcOperationFailedException,
         ex instanceof org.apache.camel.CamelExecutionException, ex instanceof java.lang.RuntimeException]));`,
      { properties: properties() },
    );
    assert.deepEqual(JSON.parse(String(body)), [
      true,
      'AhcOperationFailedException',
      `${caught.class}: ${caught.message}`,
      502,
      null,
      true,
      true,
      true,
      false,
      false,
    ]);
  });
  test('stays as it was found, read or not, and can be thrown on', async () => {
    for (const source of ['', 'message.getProperties();', 'message.getProperty("CamelExceptionCaught").getMessage();']) {
      const result = await process(engine, source, { properties: properties() });
      assert.deepEqual(result.properties, properties());
    }
    const thrown = await failureOf(
      process(engine, 'throw message.getProperty("CamelExceptionCaught");', { properties: properties() }),
    );
    assert.equal(thrown.message, `${caught.class}: ${caught.message} (script.js:1:46)`);
  });
  test('without an answer of a receiver has none', async () => {
    const { body } = await process(
      engine,
      'message.setBody(String(message.getProperty("CamelExceptionCaught").getStatusCode()));',
      { properties: properties({ class: 'x.Y', message: 'm', stacktrace: '' }) },
    );
    assert.equal(body, 'null');
  });
  test('is a value like others where a flow has set something else', async () => {
    for (const value of ['text', null, { a: 1 }, [1]] as const) {
      const result = await process(engine, 'message.getProperties().get("CamelExceptionCaught");', {
        properties: properties(value),
      });
      assert.deepEqual(result.properties, properties(value));
    }
  });
});

suite('Java’s exceptions', () => {
  test('are made, thrown, caught and told apart', async () => {
    const { body } = await process(
      engine,
      `var out = [];
       function attempt(work) { try { work(); } catch (e) { out.push(e); } }
       attempt(function () { throw new java.lang.IllegalArgumentException("bad", new java.lang.Exception("why")); });
       attempt(function () { java.lang.Integer.parseInt("x"); });
       attempt(function () { throw new java.io.IOException(new java.lang.Error("deep")); });
       attempt(function () { throw new com.sap.it.api.securestore.exception.SecureStoreException("Secure Parameter not available"); });
       attempt(function () { throw new java.lang.Exception(); });
       message.setBody(JSON.stringify(out.map(function (e) {
         return [e.toString(), e.getMessage(), e.getCause() === null ? null : String(e.getCause()), e instanceof java.lang.RuntimeException,
           e.javaException === e];
       })));`,
    );
    assert.deepEqual(JSON.parse(String(body)), [
      ['java.lang.IllegalArgumentException: bad', 'bad', 'java.lang.Exception: why', true, true],
      ['java.lang.NumberFormatException: For input string: "x"', 'For input string: "x"', null, true, true],
      ['java.io.IOException: java.lang.Error: deep', 'java.lang.Error: deep', 'java.lang.Error: deep', false, true],
      [
        'com.sap.it.api.securestore.exception.SecureStoreException: Secure Parameter not available',
        'Secure Parameter not available',
        null,
        false,
        true,
      ],
      ['java.lang.Exception', null, null, false, true],
    ]);
  });
  test('that nothing catches end the step, with the script’s own line', async () => {
    const source = '\n\n  throw new java.lang.RuntimeException("no order");';
    assert.equal(
      (await failureOf(process(engine, source))).message,
      'java.lang.RuntimeException: no order (script.js:3:13)',
    );
    assert.equal(
      (await failureOf(process(engine, '\n java.lang.Integer.parseInt("x");'))).message,
      'java.lang.NumberFormatException: For input string: "x" (script.js:2:20)',
    );
  });
  test('are text as the value of a header or property', async () => {
    const { properties: after } = await process(
      engine,
      'message.setProperty("e", new java.lang.Exception("x")); message.setProperty("j", new Error("y"));',
    );
    assert.deepEqual(after, [
      ['e', 'java.lang.Exception: x'],
      ['j', 'Error: y'],
    ]);
  });
});

test('what a script has told the log before it fails is in the log', async () => {
  const failure = await failureOf(
    process(
      engine,
      `var log = messageLogFactory.getMessageLog(message);
       log.addCustomHeaderProperty("order", "4711"); log.addAttachmentAsString("payload", "<a/>", null);
       throw new Error("after");`,
    ),
  );
  assert.deepEqual(failure.log, [
    { kind: 'customHeader', name: 'order', value: '4711' },
    { kind: 'attachment', name: 'payload', text: '<a/>', mediaType: 'text/plain' },
  ]);
});
