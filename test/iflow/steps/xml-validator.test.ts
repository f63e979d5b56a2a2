import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileBundle } from '../../../shared/iflow/compile.ts';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import { NotDeployable } from '../../../shared/iflow/flow.ts';
import { flowBundle, line } from '../../support/flow-bundle.ts';
import { exchangeOf, runBundle } from '../running.ts';

const XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"';
const ORDER = `<?xml version="1.0" encoding="UTF-8"?>
<xs:schema ${XS}><xs:include schemaLocation="types/amount%20type.xsd"/>
<xs:element name="order"><xs:complexType><xs:sequence>
<xs:element name="amount" type="Amount" maxOccurs="2"/></xs:sequence></xs:complexType></xs:element></xs:schema>`;
const AMOUNT = `<xs:schema ${XS}><xs:simpleType name="Amount"><xs:restriction base="xs:decimal"><xs:minInclusive value="0"/></xs:restriction></xs:simpleType></xs:schema>`;
const FILES = { 'xsd/order.xsd': ORDER, 'xsd/types/amount type.xsd': AMOUNT };

const validating = (
  properties: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = FILES,
): Uint8Array =>
  flowBundle({
    files,
    processes: [
      line({
        id: 'Check',
        cname: 'XmlValidator',
        properties: { preventException: 'false', ...properties },
      }),
    ],
  });

const faultsOf = (zip: Uint8Array): readonly string[] => {
  try {
    compileBundle(zip);
    return [];
  } catch (error) {
    assert.ok(error instanceof NotDeployable);
    return error.faults;
  }
};

test('a body that fits its schema, included files and all, goes on unchanged', async () => {
  const exchange = exchangeOf('<order><amount>1.5</amount></order>');
  await runBundle(validating({ xsd: '/xsd/order.xsd' }), exchange);
  assert.equal(exchange.body, '<order><amount>1.5</amount></order>');
  assert.ok(!exchange.properties.has('SAP_XmlValidationResult'));
});

test('one that does not fails, with what does not fit and its line', async () => {
  const exchange = exchangeOf('<order>\n<amount>-1</amount>\n<price/></order>');
  await assert.rejects(runBundle(validating({ xsd: '/xsd/order.xsd' }), exchange), (error) => {
    assert.ok(error instanceof FlowFailure);
    assert.equal(error.reason, 'validation');
    assert.match(error.message, /^The body does not fit its XML schema\.\nline 2: /);
    return true;
  });
  assert.match(
    JSON.stringify(exchange.properties.get('SAP_XmlValidationResult')),
    /line 3: .*price/,
  );
});

test('told not to fail, the step goes on and leaves what it found in a property', async () => {
  const zip = validating({ xsd: 'xsd/order.xsd', preventException: 'true' });
  for (const body of ['<order/>', 'no XML at all', '<!DOCTYPE order><order/>']) {
    const exchange = exchangeOf(body);
    await runBundle(zip, exchange);
    assert.equal(exchange.body, body);
    assert.notEqual(exchange.properties.get('SAP_XmlValidationResult') ?? '', '');
  }
});

test('a document with a hundred thousand faults is validated as fast as one without, and the first 20 are told', async () => {
  const schema = ORDER.replace('maxOccurs="2"', 'maxOccurs="unbounded"');
  const zip = validating(
    { xsd: 'xsd/order.xsd', preventException: 'true' },
    { ...FILES, 'xsd/order.xsd': schema },
  );
  const exchange = exchangeOf(`<order>${'\n<amount>-1</amount>'.repeat(100_000)}</order>`);
  const begun = performance.now();
  await runBundle(zip, exchange);
  // It takes 0.3 s, or a minute where each fault is looked up past those before it.
  assert.ok(performance.now() - begun < 5000);
  const result = exchange.properties.get('SAP_XmlValidationResult');
  assert.ok(typeof result === 'string');
  const lines = result.split('\n');
  assert.equal(lines.length, 20);
  assert.match(lines[19] ?? '', /^line 21: Element 'amount'/);
});

test('what only libxml2 has doubts about is validated like any other XML', async () => {
  const zip = validating(
    { xsd: 'xsd/any.xsd' },
    {
      'xsd/any.xsd': `<xs:schema ${XS}><xs:element name="any"/></xs:schema>`,
    },
  );
  for (const body of [
    `<any>${'a'.repeat(10_500_000)}</any>`,
    `<any name="${'a'.repeat(10_500_000)}"/>`,
    `<any><${'a'.repeat(60_000)}/></any>`,
    '<any xmlns:free="not a URI"/>',
    '<any xml:id="1 2"/>',
    '<?xml version="1.0" other=">"?><any/>',
    '<any xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://127.0.0.1/any.xsd"/>',
  ]) {
    await runBundle(zip, exchangeOf(body));
  }
});

for (const [what, properties] of [
  ['as an expression of old', { xsd: '${header.Schema}' }],
  ['by its name', { xmlSchemaSource: 'header', headerSource: 'Schema' }],
] as const) {
  test(`a header names the schema, ${what}`, async () => {
    const zip = validating(properties);
    await runBundle(
      zip,
      exchangeOf('<order><amount>1</amount></order>', { Schema: '/xsd/order.xsd' }),
    );
    await assert.rejects(
      runBundle(zip, exchangeOf('<order/>', { Schema: 'order.xsd' })),
      /does not fit its XML schema/,
    );
    for (const Schema of ['other.xsd', '../../META-INF/MANIFEST.MF', '__proto__', '']) {
      await assert.rejects(
        runBundle(zip, exchangeOf('<order/>', { Schema })),
        /which the iFlow does not have/,
      );
    }
  });
}

test('a schema that is not there, or cannot be used, is told at deployment', () => {
  assert.deepEqual(faultsOf(validating({ xsd: '/xsd/other.xsd' })), [
    'Step "Check" (XmlValidator) names the XML schema "/xsd/other.xsd", which the bundle does not have.',
  ]);
  assert.deepEqual(faultsOf(validating({ xsd: '' })), [
    'Step "Check" (XmlValidator) names no XML schema.',
  ]);
  const broken: readonly (readonly [string, RegExp])[] = [
    ['<xs:schema', /xsd\/order\.xsd cannot be read/],
    [
      `<xs:schema ${XS}><xs:element name="a" type="Missing"/></xs:schema>`,
      /no XML Schema 1\.0 .*Missing/,
    ],
    [
      `<xs:schema ${XS}><xs:element name="a"><xs:assert test="1"/></xs:element></xs:schema>`,
      /no XML Schema 1\.0/,
    ],
    [
      `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>`,
      /document type declaration/,
    ],
  ];
  for (const [schema, fault] of broken) {
    const [text = '', ...more] = faultsOf(
      validating({ xsd: 'xsd/order.xsd' }, { 'xsd/order.xsd': schema }),
    );
    assert.match(text, fault);
    assert.deepEqual(more, []);
  }
});

test('a schema reaches nothing outside its bundle', () => {
  for (const location of [
    'file:///etc/passwd',
    'http://127.0.0.1:1/x.xsd',
    '../../../../../etc/passwd',
    '%ff',
    'http://[',
  ]) {
    const schema = `<xs:schema ${XS}><xs:include schemaLocation="${location}"/><xs:element name="a" type="xs:string"/></xs:schema>`;
    const faults = faultsOf(validating({ xsd: 'xsd/order.xsd' }, { 'xsd/order.xsd': schema }));
    assert.match(faults.join(), /cannot use the XML schema/, location);
    assert.doesNotMatch(faults.join(), /root:|nologin/);
  }
});

test('hostile documents end in a failure, not in the library', async () => {
  const zip = validating({ xsd: 'xsd/order.xsd' });
  for (const body of [
    '<a>'.repeat(100_000),
    `${'<a>'.repeat(300)}${'</a>'.repeat(300)}`,
    `<order ${Array.from({ length: 5000 }, (_, i) => `a${i}=""`).join(' ')}/>`,
    '\0',
    Buffer.from([0xff, 0xfe, 0x3c]),
  ]) {
    await assert.rejects(runBundle(zip, exchangeOf(body)), FlowFailure);
  }
});

/** Each group uses the next one as often as told. */
const groups = (count: number, times: number, kind: 'group' | 'attributeGroup'): string => {
  const [open, close] = kind === 'group' ? ['<xs:sequence>', '</xs:sequence>'] : ['', ''];
  const use = (i: number) => `<xs:${kind} ref="g${i}"/>`.repeat(times);
  const define = (i: number) =>
    `<xs:${kind} name="g${i}">${open}${i + 1 < count ? use(i + 1) : ''}${close}</xs:${kind}>`;
  return `<xs:schema ${XS}>${Array.from({ length: count }, (_, i) => define(i)).join('')}<xs:element name="any"><xs:complexType><xs:${kind} ref="g0"/></xs:complexType></xs:element></xs:schema>`;
};

test('a schema that grows without end when its groups are written out is refused, others are not', () => {
  const heads = Array.from(
    { length: 1000 },
    (_, i) => `<xs:element name="e${i}" substitutionGroup="e"/>`,
  );
  const uses = `<xs:element name="any"><xs:complexType><xs:sequence>${'<xs:element ref="e"/>'.repeat(1000)}</xs:sequence></xs:complexType></xs:element>`;
  const faults = (schema: string) =>
    faultsOf(validating({ xsd: 'xsd/any.xsd' }, { 'xsd/any.xsd': schema }));
  for (const schema of [
    groups(40, 2, 'group'),
    groups(40, 2, 'attributeGroup'),
    groups(30_000, 1, 'group'),
    `<xs:schema ${XS}><xs:element name="e"/>${heads.join('')}${uses}</xs:schema>`,
  ]) {
    const [text = '', ...more] = faults(schema);
    assert.match(text, /written out where they are used, have more than 500000 parts/);
    assert.deepEqual(more, []);
  }
  for (const schema of [
    groups(8, 2, 'group'),
    groups(300, 1, 'group'),
    `<xs:schema ${XS} targetNamespace="urn:a" xmlns="urn:a"><xs:element name="e" type="T"/><xs:complexType name="T"><xs:sequence><xs:element ref="e" minOccurs="0" maxOccurs="4999"/></xs:sequence></xs:complexType></xs:schema>`,
  ]) {
    assert.deepEqual(faults(schema), []);
  }
});
