import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import type {
  RowDescription,
  StepDescription,
} from '../../shared/iflow/bundle/bundle-description.ts';
import { compileBundle } from '../../shared/iflow/compile.ts';
import { FlowFailure } from '../../shared/iflow/engine.ts';
import type { Exchange, PropertyValue, Value } from '../../shared/iflow/exchange.ts';
import { exchangeOf, run } from './running.ts';

type Modifier = Omit<Extract<StepDescription, { type: 'contentModifier' }>, 'type' | 'name'>;

async function modify(
  modifier: Modifier,
  exchange: Exchange = exchangeOf(),
  parameters: Readonly<Record<string, string>> = {},
): Promise<Exchange> {
  await run(
    {
      steps: [{ type: 'contentModifier', name: 'Set', ...modifier }],
      namespaceMapping: 'xmlns:n=urn:names',
      parameters,
    },
    exchange,
  );
  return exchange;
}

const headersOf = (exchange: Exchange): Record<string, Value> =>
  Object.fromEntries(exchange.headers);
const propertiesOf = (exchange: Exchange): Record<string, PropertyValue> =>
  Object.fromEntries(exchange.properties);

test('a content modifier without settings changes nothing', async () => {
  const exchange = exchangeOf(Buffer.from('ä'), { a: '1' }, { b: 2 });
  await modify({}, exchange);
  assert.deepEqual(exchange.body, Buffer.from('ä'));
  assert.deepEqual(headersOf(exchange), { a: '1' });
  assert.deepEqual(propertiesOf(exchange), { b: 2 });
});

const sources: readonly [row: Omit<RowDescription, 'name'>, value: Value][] = [
  [{ type: 'constant', value: 'a ${body} < & >' }, 'a ${body} < & >'],
  [{ type: 'expression', value: 'a ${body}' }, 'a <o><id>7</id></o>'],
  [{ type: 'header', value: 'HEAD' }, 'h'],
  [{ type: 'property', value: 'prop' }, 5],
  [{ type: 'xpath', value: '/o/id' }, '7'],
  [{ type: 'xpath', value: '/o/id', dataType: 'java.lang.String' }, '7'],
  [{ type: 'xpath', value: '/o/id', dataType: 'java.lang.Integer' }, 7],
  [{ type: 'xpath', value: '/o/id', dataType: 'org.w3c.dom.NodeList' }, '<id>7</id>'],
  [{ type: 'xpath', value: 'count(//id) = 1', dataType: 'java.lang.Boolean' }, true],
  [{ type: 'external parameter', value: '{{Given}}' }, 'given'],
  [{ type: 'constant', value: '12', dataType: 'java.lang.Integer' }, 12],
  [{ type: 'constant', value: '9007199254740991', dataType: 'java.lang.Long' }, 9007199254740991],
  [{ type: 'constant', value: '1.5', dataType: 'java.lang.Double' }, 1.5],
  [{ type: 'constant', value: 'TRUE', dataType: 'java.lang.Boolean' }, true],
  [{ type: 'property', value: 'prop', dataType: 'String' }, '5'],
  [{ type: 'property', value: 'prop', dataType: 'util.java.String' }, '5'],
  [{ type: 'header', value: 'missing', default: 'else' }, 'else'],
  [{ type: 'xpath', value: '/o/none', default: 'else' }, 'else'],
  [{ type: 'header', value: 'HEAD', default: 'else' }, 'h'],
];

for (const [row, value] of sources) {
  test(`a row is set from ${JSON.stringify(row)}`, async () => {
    const exchange = exchangeOf('<o><id>7</id></o>', { Head: 'h' }, { prop: 5 });
    await modify(
      { headers: [{ name: 'x', ...row }], properties: [{ name: 'y', ...row }] },
      exchange,
      { Given: 'given' },
    );
    assert.deepEqual(exchange.headers.get('x'), value);
    assert.deepEqual(exchange.properties.get('y'), value);
    assert.equal(exchange.body, '<o><id>7</id></o>');
  });
}

test('header rows come first, then property rows, then the body, each seeing those before', async () => {
  const exchange = await modify(
    {
      body: { type: 'expression', content: '${header.h2}/${property.p}/${body}' },
      properties: [{ name: 'p', type: 'expression', value: 'p${header.h2}' }],
      headers: [
        { name: 'h1', value: '1' },
        { name: 'h2', type: 'expression', value: '${header.h1}${property.p}' },
      ],
    },
    exchangeOf('before', {}, { p: 'old' }),
  );
  assert.equal(exchange.headers.get('h2'), '1old');
  assert.equal(exchange.properties.get('p'), 'p1old');
  assert.equal(exchange.body, '1old/p1old/before');
});

test('a constant body is taken as it is written', async () => {
  const exchange = await modify({ body: { type: 'constant', content: '<a>${body}\\n</a>' } });
  assert.equal(exchange.body, '<a>${body}\\n</a>');
});

test('a body expression that yields nothing empties the body', async () => {
  const exchange = await modify(
    { body: { type: 'expression', content: '${null}' } },
    exchangeOf('x'),
  );
  assert.equal(exchange.body, '');
});

const BINARY = Buffer.from([0x50, 0x4b, 0xff, 0x00, 0xe4]);

for (const dataType of ['', 'byte[]', 'java.lang.Object']) {
  test(`bytes that are no text are kept in a property of the data type “${dataType}” and come back (SAP Help, Define Content Modifier)`, async () => {
    const kept = await modify(
      { properties: [{ name: 'kept', type: 'expression', value: '${in.body}', dataType }] },
      exchangeOf(BINARY),
    );
    const copied = await modify(
      {
        body: { type: 'expression', content: '${property.kept}' },
        properties: [{ name: 'copy', type: 'property', value: 'kept', dataType }],
      },
      exchangeOf('other', {}, Object.fromEntries(kept.properties)),
    );
    assert.deepEqual(copied.body, BINARY);
    assert.deepEqual(copied.properties.get('copy'), BINARY);
  });
}

test('a property of the data type byte[] is bytes whatever it is set from; one of none is text where it can be', async () => {
  const expression = { type: 'expression', value: '${in.body}' } as const;
  const exchange = await modify(
    {
      properties: [
        { name: 'constant', dataType: 'byte[]', value: 'ä' },
        { name: 'body', dataType: 'byte[]', ...expression },
        { name: 'text', ...expression },
        { name: 'gone', dataType: 'byte[]', type: 'property', value: 'missing' },
      ],
    },
    exchangeOf(Buffer.from('ö')),
  );
  assert.deepEqual(propertiesOf(exchange), {
    constant: Buffer.from('ä'),
    body: Buffer.from('ö'),
    text: 'ö',
  });
});

test('where a text is needed, bytes are read as UTF-8', async () => {
  const exchange = await modify(
    {
      headers: [{ name: 'header', type: 'property', value: 'kept' }],
      properties: [
        { name: 'typed', type: 'property', value: 'kept', dataType: 'java.lang.String' },
        { name: 'part', type: 'expression', value: '${property.kept}!' },
        { name: 'caught', type: 'expression', value: '${exception.message}' },
      ],
    },
    exchangeOf('', {}, { kept: Buffer.from('aä\xff', 'latin1'), CamelExceptionCaught: BINARY }),
  );
  assert.equal(exchange.headers.get('header'), 'a\ufffd\ufffd');
  assert.equal(exchange.properties.get('typed'), 'a\ufffd\ufffd');
  assert.equal(exchange.properties.get('part'), 'a\ufffd\ufffd!');
});

test('a body expression of the body alone keeps bytes that are no text', async () => {
  const bytes = Buffer.from([0xff, 0x00, 0xfe]);
  const exchange = await modify(
    { body: { type: 'expression', content: '${in.body}' } },
    exchangeOf(bytes),
  );
  assert.deepEqual(exchange.body, bytes);
});

test('an absent value makes a header null and removes a property, as in Camel', async () => {
  const exchange = await modify(
    {
      headers: [{ name: 'h', type: 'expression', value: '${header.none}' }],
      properties: [{ name: 'p', type: 'expression', value: '${property.none}' }],
    },
    exchangeOf('', { h: 'x' }, { p: 'x' }),
  );
  assert.deepEqual(headersOf(exchange), { h: null });
  assert.deepEqual(propertiesOf(exchange), {});
});

const deletions: readonly [name: string, left: string[]][] = [
  ['$name=x-one', ['X-Two', 'sap_a', 'SAP_B', 'a-x']],
  ['X-ONE', ['X-Two', 'sap_a', 'SAP_B', 'a-x']],
  ['$include=x-*', ['sap_a', 'SAP_B', 'a-x']],
  ['$include=X-*', ['sap_a', 'SAP_B', 'a-x']],
  ['$include=*', []],
  ['$include=*x', ['x-one', 'X-Two', 'sap_a', 'SAP_B']],
  ['$include=*-*o*', ['sap_a', 'SAP_B', 'a-x']],
  ['$include=x-one', ['X-Two', 'sap_a', 'SAP_B', 'a-x']],
  ['$include=*,$exclude=sap_*', ['sap_a', 'SAP_B']],
  ['$include=none*', ['x-one', 'X-Two', 'sap_a', 'SAP_B', 'a-x']],
  ['$include=sap_a*a', ['x-one', 'X-Two', 'sap_a', 'SAP_B', 'a-x']],
];

for (const [name, left] of deletions) {
  test(`deleting ${name} leaves ${left.join(', ') || 'nothing'}`, async () => {
    const all = { 'x-one': 1, 'X-Two': 2, sap_a: 3, SAP_B: 4, 'a-x': 5 };
    const exchange = await modify(
      { headers: [{ action: 'Delete', name }], properties: [{ action: 'Delete', name }] },
      exchangeOf('', all, all),
    );
    assert.deepEqual(Object.keys(headersOf(exchange)), left);
    assert.deepEqual(Object.keys(propertiesOf(exchange)), left);
  });
}

const failures: readonly [why: string, row: RowDescription, message: RegExp][] = [
  [
    'a body that is no XML',
    { name: 'x', type: 'xpath', value: '/a' },
    /^The message body cannot be read as XML/,
  ],
  [
    'a value that is not of the data type',
    { name: 'x', type: 'expression', value: '${body}', dataType: 'java.lang.Integer' },
    /^The value of x is not of the data type integer: "body"\.$/,
  ],
  [
    'a number out of range',
    { name: 'x', type: 'expression', value: '2147483648', dataType: 'java.lang.Integer' },
    /not of the data type integer/,
  ],
  [
    'a place outside the text',
    { name: 'x', type: 'expression', value: '${body.substring(9)}' },
    /outside a text of 4 characters/,
  ],
];

for (const [why, row, message] of failures) {
  test(`a row fails with the step's name for ${why}, and leaves the message as it was`, async () => {
    const exchange = exchangeOf('body', { kept: '1' }, { kept: '2' });
    await assert.rejects(
      modify(
        {
          headers: [
            { name: 'before', value: '1' },
            { action: 'Delete', name: 'kept' },
          ],
          properties: [{ name: 'before', value: '1' }, row],
          body: { type: 'constant', content: 'new' },
        },
        exchange,
      ),
      (error) =>
        error instanceof FlowFailure &&
        error.stepName === 'Set' &&
        error.stepId === 'CallActivity_1' &&
        error.reason === 'expression' &&
        message.test(error.message),
    );
    assert.equal(exchange.body, 'body');
    assert.deepEqual(headersOf(exchange), { kept: '1' });
    assert.deepEqual(propertiesOf(exchange), { kept: '2' });
  });
}

test('XPath uses the prefixes of the namespace mapping', async () => {
  const exchange = exchangeOf('<m:a xmlns:m="urn:names">x</m:a>');
  await modify({ properties: [{ name: 'p', type: 'xpath', value: '/n:a' }] }, exchange);
  assert.equal(exchange.properties.get('p'), 'x');
});

test('rows in the form of old, numbered properties, are set in their order', async () => {
  const exchange = exchangeOf('body');
  await run(
    {
      steps: [
        {
          type: 'raw',
          name: 'Old',
          cname: 'Enricher',
          properties: {
            property_10:
              'Name:=:last:;Type:=:expression:;Datatype:=::;Value:=:${property.first}!:;Default:=:',
            property_2: 'Name:=:first:;Type:=:constant:;Datatype:=::;Value:=:a=b:;Default:=:',
            HEADER_0:
              'Name:=:Content-Type:;Type:=:constant:;Datatype:=::;Value:=:text/xml; charset=utf-8:;Default:=:',
            wrapContent: '<old>${in.body}</old>',
          },
        },
      ],
    },
    exchange,
  );
  assert.deepEqual(headersOf(exchange), { 'Content-Type': 'text/xml; charset=utf-8' });
  assert.deepEqual(propertiesOf(exchange), { first: 'a=b', last: 'a=b!' });
  assert.equal(exchange.body, '<old>body</old>');
});

test('a row without name and an unknown action are refused at deployment', () => {
  const zip = buildBundle({
    id: 'X',
    name: 'X',
    address: '/x',
    steps: [
      {
        type: 'raw',
        name: 'Set',
        cname: 'Enricher',
        properties: {
          headerTable: "<row><cell id='Action'>Create</cell><cell id='Type'>constant</cell></row>",
          propertyTable: "<row><cell id='Action'>Move</cell><cell id='Name'>a</cell></row>",
        },
      },
    ],
  });
  assert.throws(() => compileBundle(zip), {
    name: 'NotDeployable',
    message:
      'Step "Set" (Enricher) has a header without name.\nStep "Set" (Enricher) has the action "Move" for the property "a", which is not available yet.',
  });
});
