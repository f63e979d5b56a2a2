import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import { suite, test } from 'node:test';
import type { FlowServices } from '../../../shared/iflow/services/services.ts';
import { CA_PEM } from '../../x509/key-files.ts';
import { noServices } from '../running.ts';
import { failureOf, process, startEngine } from './engine.ts';

const engine = startEngine();

const material = (secret: string): FlowServices => ({
  ...noServices,
  securityMaterial: () =>
    Promise.resolve({
      userCredentials: (name) =>
        Promise.resolve({ name, user: 'u', password: secret, properties: {} }),
      oauth2ClientCredentials: () => Promise.resolve(undefined),
      secureParameter: () => Promise.resolve(undefined),
      keyPair: (alias) =>
        Promise.resolve({
          alias,
          privateKey: 'THE PRIVATE KEY',
          certificates: [CA_PEM],
          version: '1',
        }),
    }),
  valueMappings: () =>
    Promise.resolve({ mappedValue: (...values) => Promise.resolve(values.join()) }),
});
const secure =
  'com.sap.it.api.ITApiFactory.getService(com.sap.it.api.securestore.SecureStoreService, null)';
const values =
  'com.sap.it.api.ITApiFactory.getService(com.sap.it.api.mapping.ValueMappingApi, null)';

test('answers of services go to the message that has asked, however many ask at once', async () => {
  const read = `message.setBody(String(${secure}.getUserCredential("A").getPassword()));`;
  const bodies = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      process(engine, read, { services: material(`secret ${i}`) }),
    ),
  );
  assert.deepEqual(
    bodies.map(({ body }) => body),
    bodies.map((_, i) => `secret ${i}`),
  );
});

test('nothing of an answer is there for the next message', async () => {
  const keep = `globalThis.kept = ${secure}.getUserCredential("A"); Object.prototype.kept = String(globalThis.kept.getPassword());
    com.sap.it.api.securestore.UserCredential.kept = 1; message.setBody(({}).kept);`;
  assert.equal((await process(engine, keep, { services: material('first') })).body, 'first');
  const look =
    'message.setBody([typeof kept, ({}).kept, com.sap.it.api.securestore.UserCredential.kept].join());';
  for (let i = 0; i < 4; i += 1) assert.equal((await process(engine, look)).body, 'undefined,,');
});

test('a script that changes the language under the guest’s feet does not come to what it calls the host by', async () => {
  const source = `
    var captured = [];
    function wrap(object) {
      Object.getOwnPropertyNames(object).forEach(function (name) {
        var old = Object.getOwnPropertyDescriptor(object, name);
        if (!old.configurable || typeof old.value !== "function" || name === "constructor") return;
        Object.defineProperty(object, name, { configurable: true, writable: true, value: function () {
          captured.push(this); for (var i = 0; i < arguments.length; i++) captured.push(arguments[i]);
          return Reflect_apply(old.value, this, arguments);
        } });
      });
    }
    var Reflect_apply = Reflect.apply;
    [Function.prototype, String.prototype, Map.prototype, JSON, Object, Reflect].forEach(wrap);
    var iterator = Array.prototype[Symbol.iterator];
    Array.prototype[Symbol.iterator] = function () { captured.push(this); return Reflect_apply(iterator, this, []); };
    ["host", "ask", "core", "value"].forEach(function (name) {
      Object.defineProperty(Object.prototype, name, { configurable: true, get: function () { captured.push(this); }, set: function (v) { captured.push(v); } });
    });
    var got = ${values}.getMappedValue("a", "b", "c", "d", "e");
    new java.util.TreeMap({ x: 1 }).toString(); message.getAttachments().size();
    new java.text.SimpleDateFormat("yyyy").format(0);
    var names = [];
    for (var i = 0; i < captured.length; i++) {
      var value = captured[i];
      if (typeof value === "function") names[names.length] = value.name;
      else if (value !== null && typeof value === "object" && "outgoing" in value) names[names.length] = "core";
    }
    message.setBody(String(names.indexOf("host") + "," + names.indexOf("random") + "," + names.indexOf("core") + "," + (names.length > 0)));`;
  const { body } = await process(engine, source, { services: material('x') });
  assert.equal(body, '-1,-1,-1,true');
});

test('a script that is shown the stack finds no functions there', async () => {
  const source = `
    var found = [];
    Error.prepareStackTrace = function (error, sites) {
      sites.forEach(function (site) { found.push(site.getFunction()); });
      return "";
    };
    var look = { valueOf: function () { new Error("x").stack; return 1; } }, own = Number;
    Number = function () { return look; };
    java.lang.Thread.sleep(1);
    Number = own;
    message.setBody(String(found.length));`;
  assert.equal((await process(engine, source)).body, '0');
});

test('names of zones that are too long to be any are not kept', async () => {
  const before = memoryUsage().rss;
  const source = `for (var i = 0; i < 30; i++) java.util.TimeZone.getTimeZone("x".repeat(2e7) + i + message.getBody());
    message.setBody(java.util.TimeZone.getTimeZone("x".repeat(2e7)).getID());`;
  for (const body of ['a', 'b']) {
    assert.equal((await process(engine, source, { body, timeoutMs: 60_000 })).body, 'GMT');
  }
  assert.ok(memoryUsage().rss - before < 700e6, 'of 1200 MB of names');
});

suite('a forged request', () => {
  const forge = (request: unknown): string =>
    `Array.prototype.toJSON = function () { return ${JSON.stringify(request)}; };
     try { ${values}.getMappedValue("a", "b", "c", "d", "e"); } catch (e) { message.setBody(String(e)); }`;
  for (const request of [
    { evil: 1 },
    [1, 2],
    ['constructor'],
    ['__proto__', 'x'],
    ['keyPair', 'a'],
    [],
    null,
  ]) {
    test(`${JSON.stringify(request)} is refused`, async () => {
      const { body } = await process(engine, forge(request), { services: material('x') });
      assert.match(
        String(body),
        /^java\.lang\.IllegalArgumentException: What a service is asked has at most 65536 characters\.$/,
      );
    });
  }
  test('comes to nothing that the API does not give: no private key', async () => {
    const source = `Array.prototype.toJSON = function () { return ["certificates", "mine"]; };
      message.setBody(JSON.stringify({ got: ${values}.getMappedValue("a", "b", "c", "d", "e") }));`;
    const { body } = await process(engine, source, { services: material('x') });
    assert.doesNotMatch(String(body), /PRIVATE/);
  });
});

suite('classes that are used to do harm end only the run', () => {
  const cases: [statement: string, reason: RegExp][] = [
    ['"a".repeat(40).concat("!").matches("(a+)+b")', /timeout/],
    ['for (var m = message.getProperties(), i = 0; ; i++) m.put("k" + i, i)', /timeout|memory/],
    ['for (var l = new java.util.ArrayList(); ; ) l.addAll([1, 2, 3])', /timeout|memory/],
    ['for (var s = new java.lang.StringBuilder("x"); ; ) s.append(s)', /memory/],
    ['java.lang.String.format("%999999999d", 1)', /memory|thrown/],
    ['java.lang.String.format("%.999999999f", 1)', /thrown/],
    ['java.lang.reflect.Array.newInstance(java.lang.Byte.TYPE, 1e10)', /thrown|memory/],
    ['new java.math.BigDecimal("1E99999").setScale(99999)', /thrown/],
    ['java.math.BigInteger.TEN.pow(1e9)', /thrown|memory|timeout/],
    ['java.lang.Thread.sleep(Infinity)', /timeout/],
    [
      'new java.io.ByteArrayOutputStream().writeTo({ write: function (b) { for (;;); } })',
      /timeout/,
    ],
    ['for (var i = 0; ; i++) java.util.TimeZone.getTimeZone("Etc/" + i)', /timeout/],
    [
      'for (var m = new java.util.TreeMap(), i = 0; ; i++) { m.put(i, i); m.firstKey(); }',
      /timeout/,
    ],
    ['var a = new java.util.ArrayList(); a.add(a); message.setProperty("a", a)', /invalid_result/],
    ['var a = new java.util.HashMap(); a.put("a", a); message.setBody(a.toString())', /thrown/],
    [
      'for (;;) message.getAttachments().put("x", new javax.activation.DataHandler("y", "z"))',
      /timeout/,
    ],
    [
      'for (;;) messageLogFactory.getMessageLog(message).addAttachmentAsString("a", "b".repeat(1e7), null)',
      /timeout|memory/,
    ],
  ];
  for (const [statement, reason] of cases) {
    test(statement, async () => {
      const failure = await failureOf(
        process(engine, `${statement};`, { timeoutMs: 300, memoryBytes: 16 << 20 }),
      );
      assert.match(failure.reason, reason, failure.message);
      assert.equal((await process(engine, 'message.setBody("well");')).body, 'well');
    });
  }
});

test('dates and zones that are none are errors of the script, or of no consequence', async () => {
  const { body } = await process(
    engine,
    `var out = [];
     function attempt(work) { try { out.push(String(work())); } catch (e) { out.push(e.getClass().getName()); } }
     attempt(function () { return new java.text.SimpleDateFormat("yyyy").format(new java.util.Date(NaN)); });
     attempt(function () { return new java.text.SimpleDateFormat("yyyy").format(9e15); });
     attempt(function () { return new java.text.SimpleDateFormat("'open"); });
     attempt(function () { var c = java.util.Calendar.getInstance(); c.add(java.util.Calendar.DATE, 1e300); return c.getTime().getTime(); });
     attempt(function () { return java.util.TimeZone.getTimeZone("x".repeat(1e5)).getID(); });
     attempt(function () { return new java.text.SimpleDateFormat("yyyy").parse("9".repeat(400)).getTime(); });
     message.setBody(JSON.stringify(out));`,
  );
  const illegal = 'java.lang.IllegalArgumentException';
  assert.deepEqual(JSON.parse(String(body)), [
    illegal,
    illegal,
    illegal,
    'NaN',
    'GMT',
    'java.text.ParseException',
  ]);
});
