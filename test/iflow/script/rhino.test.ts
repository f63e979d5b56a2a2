import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { codeOf } from '../../../shared/iflow/script/javascript/code-of.ts';
import { rewrite } from '../../../shared/iflow/script/javascript/rewrite.ts';
import { failureOf, process, scriptCall, startEngine } from './engine.ts';

const engine = startEngine();

test('importClass, importPackage and JavaImporter bring classes under their names', async () => {
  const source = `
    importClass(java.util.LinkedHashMap, java.text.SimpleDateFormat);
    importPackage(java.util);
    importPackage(Packages.java.io);
    var gui = new JavaImporter(java.lang.StringBuilder, java.util.concurrent);
    gui.importClass(java.math.BigDecimal);
    function processData(message) {
      var out = [new LinkedHashMap().size(), new TreeMap().size(), new SimpleDateFormat("yyyy").format(0),
        new StringReader("r").readLine(), typeof BigDecimal];
      with (gui) { out.push(new StringBuilder("s").append(new BigDecimal("1.5")).toString(), new ConcurrentHashMap().size()); }
      message.setBody(out.join());
      return message;
    }`;
  assert.equal((await engine.run(scriptCall(source))).body, '0,0,1970,r,undefined,s1.5,0');
});

test('what JavaScript itself defines is not replaced by an import, but by a JavaImporter', async () => {
  const source = `
    importClass(java.util.Date); importPackage(java.lang); importPackage(java.util);
    function processData(message) {
      var out = [new Date(0).toISOString(), typeof String, Math.max(1, 2), typeof StringBuilder];
      with (new JavaImporter(java.util.Date)) { out.push(new Date(0).toString()); }
      message.setBody(out.join("|"));
      return message;
    }`;
  assert.equal(
    (await engine.run(scriptCall(source))).body,
    '1970-01-01T00:00:00.000Z|function|2|function|Thu Jan 01 00:00:00 UTC 1970',
  );
});

test('a class that is missing is named, however it is asked for', async () => {
  for (const [statement, name] of [
    ['new java.sql.Timestamp(0)', 'java.sql.Timestamp'],
    ['importClass(com.google.gson.JsonParser)', 'com.google.gson.JsonParser'],
    ['new Packages.org.apache.http.HttpGet("x")', 'org.apache.http.HttpGet'],
    ['java.util["Ra" + "ndom"]', 'java.util.Random'],
    ['new JavaImporter(javax.xml.parsers.DocumentBuilderFactory)', 'javax.xml.parsers.DocumentBuilderFactory'],
  ]) {
    const { message } = await failureOf(process(engine, `${statement ?? ''};`));
    assert.match(
      message,
      new RegExp(`^Error: The Java class ${name ?? ''} is not available in Flowgate scripts\\. `),
    );
  }
});

test('a class is there also where its name is put together', async () => {
  const { body } = await process(
    engine,
    'message.setBody(String(new java.util["Tree" + "Map"]({ b: 1, a: 2 }).firstKey()));',
  );
  assert.equal(body, 'a');
});

suite('what ECMAScript does not have', () => {
  test('text.length() is the length, of whatever has one', async () => {
    const { body } = await process(
      engine,
      `var text = message.getBody(java.lang.String), own = { length: function () { return 9; } };
       if (text != null && text.length() > 0 && text.trim().length( ) == 2)
         message.setBody([text.length(), own.length(), [1].length(), "x.length()"].join());`,
      { body: ' ab' },
    );
    assert.equal(body, '3,9,1,x.length()');
  });
  test('for each goes through values', async () => {
    const { body } = await process(
      engine,
      `var out = [], value;
       for each (var item in { a: 1, b: 2 }) out.push(item);
       for each (value in [3, [4][0]]) out.push(value);
       for each (var key in message.getProperties().keySet()) out.push(key); // for each (x in y)
       for each (var none in null) out.push(none);
       message.setBody(out.join());`,
      { properties: [['p', 1]] },
    );
    assert.equal(body, '1,2,3,4,p');
  });
  test('nothing moves to another line, and errors keep their columns', async () => {
    const failure = await failureOf(process(engine, '"a".length(); for each (x in []) {}\n  null.x;'));
    assert.match(failure.message, /\(script\.js:2:3\)$/);
    const column = await failureOf(process(engine, '"a".length() > 0 && null.x;'));
    assert.match(column.message, /\(script\.js:1:\d+\)$/);
    assert.equal(rewrite('a.length() + b').length, 'a.length() + b'.length);
  });
  test('strings, comments, templates and regular expressions are not code', () => {
    const cases: [source: string, code: string][] = [
      ['a = "x.length()"; // b', 'a =             ;     '],
      ["'it\\'s' + 1 /* c\n */", '        + 1     \n   '],
      ['`a ${b + `${c}` + {d: 1}.d} e` + f', '     b +    c   + {d: 1}.d     + f'],
      ['x = /[/"]\\/y/g.test(s)', 'x =           .test(s)'],
      ['q = a / b / c', 'q = a / b / c'],
      ['return /"/', 'return    '],
      ['(a) / 2 + "/"', '(a) / 2 +    '],
      ["'open\nnext", '     \nnext'],
      ['`open ${', '        '],
    ];
    for (const [source, code] of cases) assert.equal(codeOf(source), code);
    assert.equal(rewrite('"a.length()"'), '"a.length()"');
  });
  test('source that is made to be slow to read is read in time', () => {
    for (const part of ['`${', '/', '(/[', '"\\', 'for each (', '/*', 'a.length(', 'for each (x in ', '}']) {
      const started = performance.now();
      rewrite(`${part.repeat(100_000)}.length()`);
      assert.ok(performance.now() - started < 5000, part);
    }
  });
});

test('what is in both languages is JavaScript’s: typeof, === and the length of a header’s text', async () => {
  const { body } = await process(
    engine,
    `var method = message.getHeaders().get("m"), out = [typeof method, method === "GET", method.length];
     switch (method) { case "GET": out.push("switched"); }
     message.setBody(out.join());`,
    { headers: [['M', 'GET']] },
  );
  assert.equal(body, 'string,true,3,switched');
});
