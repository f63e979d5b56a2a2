import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileBundle } from '../../../shared/iflow/compile.ts';
import type { TaskRunner } from '../../../shared/iflow/tasks/task-runner.ts';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import { NotDeployable } from '../../../shared/iflow/flow.ts';
import type { PartnerDirectory } from '../../../shared/iflow/services/partner-directory.ts';
import { environmentOf, exchangeOf, noServices, onThisThread, runBundle } from '../running.ts';
import { map, mappingBundle, stylesheet } from '../xslt/stylesheets.ts';

const ORDERS = `<Orders><Order id="1"><Customer>B</Customer><Item price="1.50" qty="2"/></Order><Order id="2"><Customer>A</Customer><Item price="10" qty="1"/></Order><Order id="3"><Customer>B</Customer><Item price="0.25" qty="4"/></Order></Orders>`;
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

test('a stylesheet of XSLT 1.0 is run with the rules of 1.0', async () => {
  const source = `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="@*|node()"><xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy></xsl:template><xsl:template match="Item"><Sum><xsl:value-of select="@price * @qty"/></Sum></xsl:template><xsl:template match="Orders"><First><xsl:value-of select="Order/Customer"/></First></xsl:template></xsl:stylesheet>`;
  const { body } = await map(source, { body: ORDERS });
  // 1.0 takes the first of several nodes, where 2.0 takes all of them.
  assert.equal(body, `${DECLARATION}<First>B</First>`);
});

test('a stylesheet of XSLT 2.0 groups, sorts, formats and calls its own functions', async () => {
  const source = stylesheet(
    `<Invoices><xsl:for-each-group select="Orders/Order" group-by="Customer"><xsl:sort select="current-grouping-key()"/><Invoice to="{current-grouping-key()}"><xsl:value-of select="f:money(sum(current-group()/Item/(xs:decimal(@price) * xs:decimal(@qty))))"/></Invoice></xsl:for-each-group></Invoices>`,
    {
      namespaces: 'xmlns:f="urn:f"',
      top: `<xsl:function name="f:money" as="xs:string"><xsl:param name="value" as="xs:decimal"/><xsl:sequence select="format-number($value, '#,##0.00')"/></xsl:function>`,
    },
  );
  const { body } = await map(source, { body: ORDERS });
  assert.equal(
    body,
    `${DECLARATION}<Invoices><Invoice to="A">10.00</Invoice><Invoice to="B">4.00</Invoice></Invoices>`,
  );
});

test('a stylesheet of XSLT 3.0 has maps, JSON, iteration, text value templates and xsl:try', async () => {
  const source = stylesheet(
    `<out xsl:expand-text="yes"><xsl:variable name="json" select="parse-json(//json)"/><xsl:iterate select="$json?items?*"><xsl:param name="sum" select="0"/><xsl:on-completion><sum>{$sum}</sum></xsl:on-completion><xsl:next-iteration><xsl:with-param name="sum" select="$sum + ."/></xsl:next-iteration></xsl:iterate><xsl:try select="xs:date(//json)"><xsl:catch><none/></xsl:catch></xsl:try></out>`,
    { version: '3.0' },
  );
  const { body } = await map(source, { body: '<a><json>{"items":[1,2,3.5]}</json></a>' });
  assert.equal(body, `${DECLARATION}<out><sum>6.5</sum><none/></out>`);
});

test('a simplified stylesheet is one as well', async () => {
  const source =
    '<out xsl:version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:value-of select="order/@id"/></out>';
  assert.equal((await map(source)).body, `${DECLARATION}<out>7</out>`);
});

test('headers and properties are the values of parameters of the same name, a header first (SAP Help, "Access Header and Properties in XSLT Mapping")', async () => {
  const source = stylesheet(
    '<Price both="{$both}" absent="{$absent}" int="{$number instance of xs:integer}" bool="{$flag}"><xsl:value-of select="order/@id * $quantity"/></Price>',
    {
      top: '<xsl:param name="quantity"/><xsl:param name="both"/><xsl:param name="absent" select="\'its default\'"/><xsl:param name="number"/><xsl:param name="flag" as="xs:boolean"/>',
    },
  );
  const { body } = await map(source, {
    headers: { Quantity: '6', both: 'header' },
    properties: { both: 'property', number: 5, flag: true, undeclared: 'unseen' },
  });
  assert.equal(
    body,
    `${DECLARATION}<Price both="header" absent="its default" int="true" bool="true">42</Price>`,
  );
});

test('setHeader and setProperty change the message, getHeader and getProperty read it', async () => {
  const source = stylesheet(
    `<xsl:variable name="tree"><xsl:value-of select="order/@id"/></xsl:variable>
    <xsl:value-of select="cpi:setHeader($exchange, 'content-type', 'application/xml')"/>
    <xsl:value-of select="cpi:setProperty($exchange, 'OrderId', $tree)"/>
    <xsl:value-of select="cpi:setProperty($exchange, 'all', (1, 2))"/>
    <xsl:value-of select="cpi:setProperty($exchange, 'none', ())"/>
    <out><xsl:value-of select="cpi:getHeader($exchange, 'FROM'), cpi:getProperty($exchange, 'p'), count(cpi:getProperty($exchange, 'P')), cpi:getHeader($exchange, 'Content-Type')" separator="|"/></out>`,
    { namespaces: 'xmlns:cpi="http://sap.com/it/"', top: '<xsl:param name="exchange"/>' },
  );
  const exchange = await map(source, {
    headers: { From: 'a', 'Content-Type': 'text/plain' },
    properties: { p: 'b' },
  });
  assert.equal(exchange.body, `${DECLARATION}<out>a|b|0|application/xml</out>`);
  assert.deepEqual(
    [...exchange.headers],
    [
      ['From', 'a'],
      ['Content-Type', 'application/xml'],
    ],
  );
  assert.deepEqual(Object.fromEntries(exchange.properties), {
    p: 'b',
    OrderId: '7',
    all: '1 2',
    none: '',
  });
});

test('what is included and imported is found in the bundle', async () => {
  const source = stylesheet('<out><xsl:call-template name="shared"/><xsl:apply-templates/></out>', {
    top: '<xsl:import href="lib/base%20rules.xsl"/><xsl:include href="../mapping/shared.xsl"/>',
  });
  const template = (attribute: string, content: string): string =>
    `<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template ${attribute}>${content}</xsl:template></xsl:stylesheet>`;
  const { body } = await map(source, {
    files: {
      'mapping/lib/base rules.xsl': template('match="order"', '<base/>'),
      'mapping/shared.xsl': template('name="shared"', '<shared/>'),
    },
  });
  assert.equal(body, `${DECLARATION}<out><shared/><base/></out>`);
});

for (const [what, output, content, expected] of [
  ['text', 'method="text"', '<x>a&lt;</x><y>b</y>', 'a<b'],
  ['no declaration', 'omit-xml-declaration="yes"', '<a/>', '<a/>'],
  [
    'HTML',
    'method="html" indent="no"',
    '<html><body><br/>x</body></html>',
    '<!DOCTYPE html>\n<html><body><br>x</body></html>',
  ],
  [
    'a CDATA section and a document type',
    'cdata-section-elements="a" doctype-system="a.dtd"',
    '<a>&lt;</a>',
    `${DECLARATION}\n<!DOCTYPE a\n SYSTEM "a.dtd">\n<a><![CDATA[<]]></a>`,
  ],
  ['JSON', 'method="json"', '<xsl:sequence select="map{\'a\':[1,true()]}"/>', '{"a":[1,true]}'],
] as const) {
  test(`xsl:output is followed: ${what}`, async () => {
    const source = stylesheet(content, { version: '3.0', top: `<xsl:output ${output}/>` });
    assert.equal((await map(source)).body, expected);
  });
}

test('a result of nothing is an empty document, and disabled escaping is kept', async () => {
  assert.equal((await map(stylesheet(''))).body, DECLARATION);
  const source = stylesheet('<a><xsl:text disable-output-escaping="yes">&lt;b/&gt;</xsl:text></a>');
  assert.equal((await map(source)).body, `${DECLARATION}<a><b/></a>`);
});

test('the output format Bytes gives bytes in the encoding of xsl:output', async () => {
  const settings = { mappingoutputformat: 'Bytes' };
  const source = (encoding: string): string =>
    stylesheet('<a>é€</a>', { top: `<xsl:output encoding="${encoding}"/>` });
  const latin = await map(source('ISO-8859-1'), { settings });
  assert.equal(
    Buffer.from(latin.body).toString('latin1'),
    '<?xml version="1.0" encoding="ISO-8859-1"?><a>é&#8364;</a>',
  );
  const utf8 = await map(source('utf-8'), { settings });
  assert.equal(Buffer.from(utf8.body).toString(), `${DECLARATION.toLowerCase()}<a>é€</a>`);
  const utf16 = await map(source('UTF-16'), { settings });
  const bytes = Buffer.from(utf16.body as Uint8Array);
  assert.equal(bytes.subarray(0, 2).toString('hex'), 'feff');
  assert.match(bytes.swap16().toString('utf16le'), /encoding="UTF-16"\?><a>é€<\/a>$/);
});

test('a body of bytes is read in the encoding that it names', async () => {
  const body = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><order id="é"/>', 'latin1');
  const source = stylesheet('<a><xsl:value-of select="order/@id"/></a>');
  assert.equal((await map(source, { body })).body, `${DECLARATION}<a>é</a>`);
});

for (const [what, content, reason, message] of [
  [
    'xsl:message',
    '<xsl:message terminate="yes">No <b>customer</b></xsl:message>',
    'xslt_message',
    'The stylesheet Map.xsl has ended the transformation near line 3: No customer',
  ],
  [
    'error()',
    "<a><xsl:sequence select=\"error(xs:QName('xs:e'), 'no customer')\"/></a>",
    'xslt_error',
    'The stylesheet Map.xsl has reported an error near line 4: no customer',
  ],
  [
    'a wrong value',
    '<a><xsl:sequence select="xs:integer(string(order/@name))"/></a>',
    'xslt_error',
    'The stylesheet Map.xsl has met an error near line 4: FORG0001, a value that cannot be converted to the type that is asked for.',
  ],
] as const) {
  test(`a transformation that ends in ${what} fails the message and leaves it as it was`, async () => {
    const zip = mappingBundle(stylesheet(content));
    const exchange = exchangeOf('<order id="7"/>', { h: 'h' });
    await assert.rejects(runBundle(zip, exchange), (error) => {
      assert.ok(error instanceof FlowFailure);
      assert.deepEqual([error.stepName, error.reason, error.message], ['Map', reason, message]);
      return true;
    });
    assert.equal(exchange.body, '<order id="7"/>');
    assert.deepEqual([...exchange.headers], [['h', 'h']]);
  });
}

test('a message of xsl:message that ends nothing is nobody’s, and the result is whole', async () => {
  const { body } = await map(stylesheet('<xsl:message>note</xsl:message><a/>'));
  assert.equal(body, `${DECLARATION}<a/>`);
});

test('a required parameter without a value fails the message and names it', async () => {
  const top = '<xsl:param name="Customer" required="yes"/>';
  await assert.rejects(map(stylesheet('<a b="{$Customer}"/>', { top })), {
    message:
      'The stylesheet Map.xsl needs a header or property "Customer", which the message does not have.',
  });
});

test('more text in headers and properties than the processor can hold is refused before it goes to a worker, which would end the process', async () => {
  const sheets = {
    'a parameter': stylesheet('<a/>', { top: '<xsl:param name="large"/>' }),
    'all properties': stylesheet('<a b="{cpi:getProperty($exchange, \'p\')}"/>', {
      namespaces: 'xmlns:cpi="http://sap.com/it/"',
      top: '<xsl:param name="exchange"/>',
    }),
  };
  const limit = 10 * 1024 * 1024;
  for (const [what, sheet] of Object.entries(sheets)) {
    await assert.rejects(
      map(sheet, { properties: { large: '\x01'.repeat(limit) } }),
      {
        reason: 'too_large',
        message: `The headers and properties that the stylesheet is given have more than ${limit} characters.`,
      },
      what,
    );
  }
  const { body } = await map(stylesheet('<a/>'), { properties: { large: 'x'.repeat(limit) } });
  assert.equal(body, `${DECLARATION}<a/>`, 'what it is not given counts for nothing');
});

for (const [what, body] of [
  ['empty', ''],
  ['no XML', 'hello'],
  ['cut off', '<a><b></a>'],
  ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
] as const) {
  test(`a body that is ${what} fails the message before the processor sees it`, async () => {
    await assert.rejects(map(stylesheet('<a/>'), { body }), {
      reason: 'xslt_input',
      message: /^The message body cannot be read as XML, which an XSLT mapping needs: /,
    });
  });
}

/** The texts of the faults of a bundle. */
function faultsOf(zip: Uint8Array): readonly string[] {
  try {
    compileBundle(zip);
    return [];
  } catch (error) {
    assert.ok(error instanceof NotDeployable);
    return error.faults;
  }
}

test('what a step says that is not there is refused at deployment, by name', () => {
  const step = 'Step "Map" (XSLTMapping)';
  const faults = (properties: Record<string, string>): readonly string[] =>
    faultsOf(mappingBundle(stylesheet('<a/>'), properties));
  assert.deepEqual(faults({ mappinguri: '' }), [`${step} names no stylesheet.`]);
  assert.deepEqual(faults({ mappinguri: 'dir://mmap/src/main/resources/mapping/A.mmap' }), [
    `${step} names the stylesheet "dir://mmap/src/main/resources/mapping/A.mmap", which is not one of the iFlow's mappings.`,
  ]);
  assert.deepEqual(
    faults({ mappinguri: 'dir://mapping/xslt/src/main/resources/mapping/Other.xsl' }),
    [`${step} has the stylesheet "Other.xsl", which is not in the bundle.`],
  );
  assert.deepEqual(faults({ mappingoutputformat: 'DOM' }), [
    `${step} has the output format "DOM"; it is Bytes or String.`,
  ]);
  assert.deepEqual(faults({ mappingSource: 'mappingSrcHeader' }), [
    `${step} names no header that is to name the stylesheet.`,
  ]);
  assert.deepEqual(faults({ mappingSource: 'elsewhere' }), [
    `${step} takes its stylesheet from "elsewhere", which is unknown.`,
  ]);
});

test('a stylesheet that several steps use is compiled into the flow once', () => {
  const properties = { mappinguri: 'dir://mapping/xslt/src/main/resources/mapping/Map.xsl' };
  const { flow } = compileBundle(mappingBundle(stylesheet('<a/>'), properties));
  assert.deepEqual(Object.keys(flow.resources), ['src/main/resources/mapping/Map.xsl']);
});

const HEADER = { mappingSource: 'mappingSrcHeader', mappingHeaderNameKey: 'XSLT', mappinguri: '' };

function directoryOf(
  stylesheets: Readonly<Record<string, string>>,
): PartnerDirectory & { readonly asked: string[] } {
  const asked: string[] = [];
  const nobody = (): Promise<undefined> => Promise.resolve(undefined);
  return {
    asked,
    parameter(partner, parameter) {
      asked.push(`${partner} ${parameter}`);
      const found = stylesheets[`${partner} ${parameter}`];
      return Promise.resolve(found === undefined ? undefined : Buffer.from(found));
    },
    partnerId: nobody,
    partnerIdOfUser: nobody,
  };
}

const NOTHING = { headers: [], properties: [] };

/** Maps by the stylesheet of the Partner Directory that the header names. */
async function mapByHeader(
  directory: PartnerDirectory,
  header?: string,
  tasks = onThisThread,
): Promise<unknown> {
  const exchange = exchangeOf('<order id="7"/>', header === undefined ? {} : { xslt: header });
  await runBundle(mappingBundle('', HEADER), exchange, {
    ...environmentOf(),
    tasks: () => Promise.resolve(tasks),
    services: { ...noServices, partnerDirectory: () => Promise.resolve(directory) },
  });
  return exchange.body;
}

test('a header names a stylesheet of the Partner Directory (SAP Help, "Dynamically Reading XSLT Mappings from the Partner Directory")', async () => {
  const stylesheets = { 'Partner A map': stylesheet('<a><xsl:value-of select="order/@id"/></a>') };
  const directory = directoryOf(stylesheets);
  const both = Promise.all([1, 2].map(() => mapByHeader(directory, 'pd:Partner A:map:Binary')));
  assert.deepEqual(await both, Array(2).fill(`${DECLARATION}<a>7</a>`));
  // What is put into the directory counts from the next message on.
  stylesheets['Partner A map'] = stylesheet('<b/>');
  assert.equal(await mapByHeader(directory, 'pd:Partner A:map:binary'), `${DECLARATION}<b/>`);
});

test('a header that names no stylesheet of the Partner Directory fails the message', async () => {
  const directory = directoryOf({ 'A hostile': stylesheet('<a b="{unparsed-text(\'x\')}"/>') });
  for (const [header, message] of [
    [undefined, 'The header XSLT, which is to name the stylesheet, is not there or empty.'],
    [
      'file:///etc/passwd',
      'The header XSLT names the stylesheet "file:///etc/passwd"; the form is pd:<Partner ID>:<Parameter ID>:Binary.',
    ],
    ['pd:A:none:Binary', 'The Partner Directory has no parameter "none" of the partner "A".'],
    [
      'pd:A:hostile:Binary',
      'The stylesheet hostile of the partner A calls unparsed-text(), which is not available (near line 4).',
    ],
  ] as const) {
    await assert.rejects(mapByHeader(directory, header), { reason: 'xslt_reference', message });
  }
  assert.deepEqual(directory.asked, ['A none', 'A hostile']);
});

test('stylesheets of the Partner Directory are kept compiled up to 16 Mi characters, the oldest dropped first', async () => {
  const names = ['big 0', 'big 1', 'big 2', 'big 3', 'big 4'];
  const directory = directoryOf(Object.fromEntries(names.map((name) => [name, name])));
  const compiled: string[] = [];
  const tasks: TaskRunner = {
    run(task, input) {
      if (task !== 'xsltCompile') return Promise.resolve({ ...NOTHING, body: '' }) as never;
      compiled.push((input as { name: string }).name);
      const facts = { name: '', parameters: [], readsExchange: false, encoding: 'utf-8' };
      const text = 'x'.repeat(4 * 1024 * 1024);
      return Promise.resolve({ compiled: { facts, text }, faults: [] }) as never;
    },
  };
  for (const name of [0, 1, 2, 3, 0, 4, 0, 1]) {
    await mapByHeader(directory, `pd:big:${name}:Binary`, tasks);
  }
  assert.deepEqual(compiled, ['0', '1', '2', '3', '4', '1']);
});

test('a failure names the stylesheet that the header names, also where another has the same text', async () => {
  const text = stylesheet('<a><xsl:message terminate="yes">No</xsl:message></a>');
  const directory = directoryOf({ 'A one': text, 'A two': text });
  for (const name of ['one', 'two']) {
    await assert.rejects(mapByHeader(directory, `pd:A:${name}:Binary`), {
      message: new RegExp(`^The stylesheet ${name} has ended`),
    });
  }
});
