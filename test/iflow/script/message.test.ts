import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptFailure } from '../../../shared/iflow/script/engine.ts';
import { WALK_THROUGH, process, scriptCall, startEngine } from './engine.ts';

const engine = startEngine();

test('the walk-through’s script answers Hello world from IFlow and leaves the rest alone', async () => {
  const headers = [['CamelHttpMethod', 'GET']] as const;
  const properties = [['SAP_MessageProcessingLogID', 'AGpy']] as const;
  const result = await engine.run(scriptCall(WALK_THROUGH, { headers, properties }));
  assert.deepEqual(result, {
    body: 'Hello world from IFlow',
    headers,
    properties,
    attachments: [],
    log: [],
  });
});

test('the idioms of SAP’s script template run unchanged', async () => {
  const source = `
    importClass(com.sap.gateway.ip.core.customdev.util.Message);
    importClass(java.util.HashMap);
    importPackage(java.util);
    function processData(message) {
      var body = String(message.getBody(new java.lang.String().getClass()));
      let text = message.getBody(java.lang.String);
      const named = message.getBody("java.lang.String");
      var headers = message.getHeaders();
      message.getProperties().put("url", headers.get("CamelHttpUrl"));
      message.getProperties().put("same", body.equals(text) && text.equalsIgnoreCase(named.toUpperCase()));
      var map = new HashMap();
      map.put("x", new ArrayList(["1", "2"]));
      message.setProperty("map", map);
      message.setHeader("Content-Type", "text/plain");
      message.setBody(body.split(",")[1]);
      return message;
    }`;
  const result = await engine.run(
    scriptCall(source, { body: 'a,b', headers: [['camelhttpurl', 'http://x/http/a']] }),
  );
  assert.equal(result.body, 'b');
  assert.deepEqual(result.headers, [
    ['camelhttpurl', 'http://x/http/a'],
    ['Content-Type', 'text/plain'],
  ]);
  assert.deepEqual(result.properties, [
    ['url', 'http://x/http/a'],
    ['same', true],
    ['map', { x: ['1', '2'] }],
  ]);
});

test('a step may name another function, also one declared with const', async () => {
  const source = 'const other = (message) => { message.setBody("other"); return message; };';
  const result = await engine.run(scriptCall(source, { functionName: 'other' }));
  assert.equal(result.body, 'other');
});

test('a new Message takes the place of the given one', async () => {
  const result = await process(
    engine,
    `var made = new com.sap.gateway.ip.core.customdev.util.Message();
     made.setBody("made"); made.setHeader("A", "1"); return made;`,
    { body: 'given', headers: [['B', '2']], properties: [['p', 1]] },
  );
  assert.deepEqual(result, {
    body: 'made',
    headers: [['A', '1']],
    properties: [],
    attachments: [],
    log: [],
  });
});

test('header names ignore case and keep their first spelling; property names are exact', async () => {
  const result = await process(
    engine,
    `message.setHeader("x-one", 2); message.setProperty("One", 2);
     message.getHeaders().remove("X-TWO");`,
    {
      headers: [
        ['X-One', '1'],
        ['X-Two', '2'],
      ],
      properties: [['one', 1]],
    },
  );
  assert.deepEqual(result.headers, [['X-One', 2]]);
  assert.deepEqual(result.properties, [
    ['one', 1],
    ['One', 2],
  ]);
});

test('the maps are java.util.Maps', async () => {
  const result = await process(
    engine,
    `var m = message.getProperties(), out = [];
     out.push(m.size(), m.isEmpty(), m.containsKey("a"), m.containsValue(2), m.get("none"));
     for (var it = m.keySet().iterator(); it.hasNext(); ) out.push(it.next());
     for (var e of m.entrySet()) out.push(e.getKey() + ":" + e.getValue());
     m.forEach(function (k, v) { out.push(k + v); });
     out.push(m.toString(), m.values().toString(), m.put("a", 3));
     m.clear(); m.putAll({ z: out });`,
    {
      properties: [
        ['a', 1],
        ['b', 2],
      ],
    },
  );
  assert.deepEqual(result.properties, [
    [
      'z',
      [2, false, true, true, null, 'a', 'b', 'a:1', 'b:2', 'a1', 'b2', '{a=1, b=2}', '[1, 2]', 1],
    ],
  ]);
});

test('values come out as plain data', async () => {
  const result = await process(
    engine,
    `message.setProperty("v", [NaN, undefined, new Date(0), new String("s"), 10n, new java.util.TreeMap({ b: 1, a: 2 }),
       JSON.parse('{"__proto__":1}'), "\\ud800\\0😀"]);`,
  );
  assert.deepEqual(result.properties, [
    [
      'v',
      [
        'NaN',
        null,
        '1970-01-01T00:00:00.000Z',
        's',
        '10',
        { a: 2, b: 1 },
        JSON.parse('{"__proto__":1}'),
        '\ud800\0😀',
      ],
    ],
  ]);
});

test('text survives the round trip: lone surrogates, NUL, emoji, line ends, BOM', async () => {
  const text = '\ufeffa\r\n\0\ud800 😀 \udc00\u2028';
  const result = await process(engine, 'message.setBody(message.getBody() + "!");', { body: text });
  assert.equal(result.body, `${text}!`);
});

test('bytes that are not UTF-8 survive, read or unread', async () => {
  const body = Uint8Array.from([0xff, 0, 0x80, 0xc3]);
  assert.deepEqual((await process(engine, '', { body })).body, body);
  const result = await process(engine, 'message.setBody(message.getBody());', { body });
  assert.deepEqual(result.body, body);
  const stream = await process(
    engine,
    'var s = message.getBody(java.io.InputStream), b; var n = []; while ((b = s.read()) >= 0) n.push(b); message.setBody(n.join());',
    { body },
  );
  assert.equal(stream.body, '255,0,128,195');
});

test('properties of bytes survive, read or unread, changed or made', async () => {
  const bytes = Uint8Array.of(0x50, 0xff, 0x00, 0xe4);
  const text = Uint8Array.of(0x61, 0xc3, 0xa4);
  const given = {
    properties: [
      ['a', 'x'],
      ['b', bytes],
      ['c', text],
    ],
    attachments: [['n', { contentType: 'text/plain', body: 'attached', headers: {} }]],
  } as const;
  const unread = await process(engine, 'message.setHeader("h", "1");', given);
  assert.deepEqual(unread.properties, given.properties);
  const { properties, attachments } = await process(
    engine,
    `var m = message.getProperties(), b = m.get("b"), a = message.getAttachments().get("n");
     m.put("is", b.getClass().getName() + b.length + (m.get("c") instanceof Uint8Array));
     m.put("text", new java.lang.String(m.get("c"), "UTF-8") + a.getContent());
     m.get("c")[0] = 0x62;
     message.setProperty("made", "ü".getBytes("ISO-8859-1"));
     message.setHeader("bytes", "ü".getBytes("UTF-8"));`,
    given,
  );
  assert.deepEqual(properties, [
    ['a', 'x'],
    ['b', bytes],
    ['c', Uint8Array.of(0x62, 0xc3, 0xa4)],
    ['is', '[B4true'],
    ['text', 'aäattached'],
    ['made', Uint8Array.of(0xfc)],
  ]);
  assert.deepEqual(attachments, given.attachments);
});

test('a script may look at the properties of a message that keeps a large payload in one', async () => {
  const payload = 'ä"\n'.repeat(1_000_000);
  const properties = [['payload', payload]] as const;
  const source = 'message.setProperty("n", message.getProperty("payload").length());';
  const result = await process(engine, source, { properties });
  assert.deepEqual(result.properties.at(-1), ['n', 3_000_000]);
  assert.ok(result.properties[0]?.[1] === payload);
  const changed = 'message.setProperty("payload", message.getProperty("payload") + "!");';
  await assert.rejects(process(engine, changed, { properties }), /exceed 1048576 characters/);
  const hostile = 'Array.from = function () { return [["none"]]; }; message.setProperty("x", 1);';
  await assert.rejects(process(engine, hostile), ScriptFailure);
});

test('what only looks like bytes, or is too many, is no property', async () => {
  for (const source of [
    'message.setProperty("x", Object.create(Uint8Array.prototype));',
    'for (var i = 0; i < 101; i++) message.setProperty("x" + i, new Uint8Array(1));',
    'Array.from = function () { return [["x", null, 5]]; }; message.setProperty("x", 1);',
    'Array.from = function () { return [["x", null, "0"]]; }; message.setProperty("x", new Uint8Array(1));',
  ]) {
    await assert.rejects(process(engine, source), (error) => error instanceof ScriptFailure);
  }
  const { properties } = await process(engine, 'message.setProperty("x", 1);');
  assert.deepEqual(properties, [['x', 1]]);
});

test('bytes that are UTF-8 are text to the script', async () => {
  const body = Buffer.from('Grüße 😀');
  const source =
    'message.setBody(typeof message.getBody() + message.getBody() + message.getBodySize());';
  assert.equal((await process(engine, source, { body })).body, `stringGrüße 😀${body.length}`);
});

test('setBody takes text and bytes as they are and prints anything else', async () => {
  const bodies = ['1', 'true', '', '[object Object]', 'abc', 'hé'];
  const values = [
    '1',
    'true',
    'null',
    '{}',
    'new java.lang.StringBuilder("a").append("bc")',
    'new java.lang.String("hé".getBytes("UTF-8"))',
  ];
  for (const [index, value] of values.entries()) {
    assert.equal((await process(engine, `message.setBody(${value});`)).body, bodies[index]);
  }
  const bytes = await process(engine, 'message.setBody(new java.lang.String("hé").getBytes());');
  assert.deepEqual(bytes.body, new Uint8Array(Buffer.from('hé')));
});

test('the message processing log gets what the script says, in order', async () => {
  const { log } = await process(
    engine,
    `var l = messageLogFactory.getMessageLog(message);
     l.setStringProperty("s", "t"); l.setIntegerProperty("i", 1.9); l.setBooleanProperty("b", true);
     l.setDateProperty("d", new java.util.Date(0));
     l.addCustomHeaderProperty("order", 4711); l.addAttachmentAsString("payload", message.getBody(), null);`,
    { body: '<a/>' },
  );
  assert.deepEqual(log, [
    { kind: 'customHeader', name: 'order', value: '4711' },
    { kind: 'attachment', name: 'payload', text: '<a/>', mediaType: 'text/plain' },
  ]);
});

test('a script that asks for the log level is told Info, and nothing of it is in the properties', async () => {
  const { body, properties } = await process(
    engine,
    `var name = "SAP_MessageProcessingLogConfiguration", p = message.getProperties();
     message.setBody([p.get(name).logLevel, message.getProperty(name).getLogLevel(), p.size(), p.containsKey(name),
       message.getHeaders().get(name)].join());`,
  );
  assert.equal(body, 'INFO,INFO,0,false,');
  assert.deepEqual(properties, []);
});

test('Base64, UUID and the number classes do as in Java', async () => {
  const { body } = await process(
    engine,
    `var B = java.util.Base64, text = "Grüße??>>";
     var coded = B.getEncoder().encodeToString(text.getBytes("UTF-8"));
     message.setBody([coded, new java.lang.String(B.getDecoder().decode(coded), "UTF-8").equals(text),
       B.getUrlEncoder().withoutPadding().encodeToString([255, 254]), java.util.UUID.randomUUID(),
       java.lang.Integer.parseInt("42") + 1, "a.b".replaceAll("\\\\.", "-"), "Java".hashCode()].join(" "));`,
  );
  assert.match(
    String(body),
    /^R3LDvMOfZT8\/Pj4= true __4 [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12} 43 a-b 2301506$/,
  );
});

test('an async function’s message is taken when its promise is settled', async () => {
  const source =
    'async function processData(message) { await null; message.setBody("later"); return message; }';
  assert.equal((await engine.run(scriptCall(source))).body, 'later');
});
