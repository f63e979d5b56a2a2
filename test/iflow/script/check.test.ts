import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkScript } from '../../../shared/iflow/script/check.ts';

const check = (source: string, functionName = 'processData') =>
  checkScript('JavaScript', 's.js', source, functionName);
const processData = (body: string) => `function processData(message) { ${body} return message; }`;

test('a script without a flaw has none', () => {
  const source = `importClass(com.sap.gateway.ip.core.customdev.util.Message);
    importPackage(java.util); importPackage(Packages.org.example);
    ${processData('new java.util.HashMap(); Packages.java.lang.System.currentTimeMillis(); "java.sql.Date"; // java.sql.Date\n')}`;
  assert.deepEqual(check(source), {
    syntax: undefined,
    missingClasses: [],
    missingMethods: [],
    namesFunction: true,
  });
});

suite('what cannot be parsed is said with its place', () => {
  test('a syntax error', () => {
    assert.equal(
      check('function processData(m) {\n  var = 1 }').syntax,
      'SyntaxError: variable name expected (s.js:2:7)',
    );
  });
  test('code that nests too deeply for the parser', () => {
    assert.match(check('('.repeat(100_000)).syntax ?? '', /nests calls or code too deeply/);
  });
});

test('a function whose name the script does not say is not there', () => {
  assert.equal(check('function other() {}').namesFunction, false);
  assert.equal(check('"processData" // processData').namesFunction, false);
  assert.equal(check('var processData = function (m) { return m; }').namesFunction, true);
  // A name may be made at run time.
  assert.equal(check('this["process" + "Data"] = function (m) { return m; }').namesFunction, true);
  assert.equal(check('eval(x)').namesFunction, true);
});

test('a method of a service that is missing is found, and no other of its name', () => {
  const get = (service: string) =>
    `var s = com.sap.it.api.ITApiFactory.getApi(com.sap.it.api.${service}, null);`;
  const keystore = get('keystore.KeystoreService');
  for (const [body, missing] of [
    [`${keystore} s.getKeyPair("a");`, ['KeystoreService.getKeyPair']],
    [`${keystore} s . getKey ( alias );`, ['KeystoreService.getKey']],
    [`${keystore} s.getCertificate("a"); entry.getKey();`, []],
    [`${keystore} try { s.getKey("a"); } catch (e) {}`, []],
    ['own.getAuthorizedUsers("p");', []],
    [
      `${get('pd.PartnerDirectoryService')} s.getAuthorizedUsers("p"); s.getCertificateParameter("i", "p");`,
      [
        'PartnerDirectoryService.getAuthorizedUsers',
        'PartnerDirectoryService.getCertificateParameter',
      ],
    ],
  ] as const) {
    assert.deepEqual(check(processData(body)).missingMethods, missing, body);
  }
});

suite('a Java class that is missing is found', () => {
  const cases: [name: string, source: string, missing: string[]][] = [
    [
      'at the top level',
      `importClass(com.google.gson.JsonParser); ${processData('')}`,
      ['com.google.gson.JsonParser'],
    ],
    ['in the function', processData('new java.sql.Timestamp(0);'), ['java.sql.Timestamp']],
    [
      'behind Packages',
      processData('new Packages.org.apache.http.HttpGet();'),
      ['org.apache.http.HttpGet'],
    ],
    ['over several lines', processData('java\n .sql\n .Date;'), ['java.sql.Date']],
    [
      'in functions that are called',
      `${processData('first();')} function first() { second(); } var second = function () { java.sql.Date; }; const third = (x) => { java.sql.Time; };`,
      ['java.sql.Date'],
    ],
    [
      'under its outer name',
      processData('java.util.Locale.Builder; javax.xml.Foo.Bar;'),
      ['javax.xml.Foo'],
    ],
  ];
  for (const [name, source, missing] of cases) {
    test(name, () => assert.deepEqual(check(source).missingClasses, missing));
  }
});

suite('a script is not refused for', () => {
  const cases: [name: string, source: string][] = [
    [
      'a function that nothing calls',
      `${processData('')} function unused() { new java.sql.Date(0); }`,
    ],
    ['a class that it is prepared to miss', processData('try { java.sql.Date; } catch (e) {}')],
    ['a variable with the name of a package', processData('var com = { x: {} }; com.x.Y; ')],
    [
      'a parameter with the name of a package',
      'function processData(m, org) { org.x.Y; return m; }',
    ],
    ['a member with the name of a package', processData('message.java.sql.Date;')],
    ['a package', processData('java.sql;')],
  ];
  for (const [name, source] of cases) {
    test(name, () => assert.deepEqual(check(source).missingClasses, []));
  }
});

test('a script that is made to be slow to check is checked in time', () => {
  const parts = [
    'function a(){ b() }\n',
    '{ function a(){} ',
    'try{',
    'com.',
    'x = (',
    'com.a.B; ',
    'a = async ',
    'a = function ',
    'a$a$a$a$',
    '}',
    '(((',
  ];
  const sources = parts.map((part) => part.repeat(50_000));
  sources.push(`function${' '.repeat(500_000)}`, `${'function f()'.repeat(50_000)}{`);
  for (const source of sources) {
    const started = performance.now();
    check(source);
    assert.ok(performance.now() - started < 10_000, source.slice(0, 20));
  }
});
