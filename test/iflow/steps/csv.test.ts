import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeOf } from '../running.ts';
import { faultsOf, runStep } from './one-step.ts';

type Settings = Readonly<Record<string, string>>;
const DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>";

const field = (name: string): string => `<xs:element name="${name}" type="xs:string"/>`;
const schemaOf = (fields: string, attributes = ''): string =>
  `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" ${attributes}><xs:element name="Products"><xs:complexType><xs:sequence><xs:element name="Product" maxOccurs="unbounded"><xs:complexType><xs:sequence>${fields}</xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>`;
const SCHEMA = schemaOf(['ProductId', 'Name', 'Category'].map(field).join(''));

const TO_XML: Settings = {
  XML_Schema_File_Path: '/xsd/Products.xsd',
  XPath_Field_Location: 'Products/Product',
  Field_Separator_in_CSV: ';',
};
const BY_NAME: Settings = {
  ...TO_XML,
  ignoreFirstLineAsHeader: 'true',
  headerMapping: 'mapHeadersToXSD',
};
const FILES = { files: { 'xsd/Products.xsd': SCHEMA } };

const toXml: readonly [what: string, settings: Settings, csv: string, xml: string][] = [
  [
    'values by position where no line is a header',
    TO_XML,
    '1;A;x\r\n2;B;y\r\n',
    '<Product><ProductId>1</ProductId><Name>A</Name><Category>x</Category></Product><Product><ProductId>2</ProductId><Name>B</Name><Category>y</Category></Product>',
  ],
  [
    'values by the names of the first line, in the order of the schema (SAP Help, Use the CSV to XML Converter)',
    { ...BY_NAME, Record_Identifier_in_CSV: 'Notebooks' },
    'Category;ProductId;Price;Name\nNotebooks;HT-1000;1;Basic\nScanners;HT-1081;2;Scan\n',
    '<Product><ProductId>HT-1000</ProductId><Name>Basic</Name><Category>Notebooks</Category></Product>',
  ],
  [
    'a marker in a column of its own',
    { ...BY_NAME, Record_Identifier_in_CSV: 'Yes' },
    'Marker;Name\nYes;A\nNo;B',
    '<Product><Name>A</Name></Product>',
  ],
  [
    'a marker that is worked out for each message',
    { ...BY_NAME, Record_Identifier_in_CSV: '${header.marker}' },
    'Marker;Name\nYes;A\nNo;B',
    '<Product><Name>B</Name></Product>',
  ],
  [
    'values by position behind a marker, the first line left out',
    {
      ...TO_XML,
      ignoreFirstLineAsHeader: 'true',
      headerMapping: 'mapHeadersToCSV',
      Record_Identifier_in_CSV: 'Yes',
    },
    'M;a;b;c\nYes;1;A;x\nNo;2;B;y',
    '<Product><ProductId>1</ProductId><Name>A</Name><Category>x</Category></Product>',
  ],
  [
    'quotes, separators and line ends in quotes (RFC 4180)',
    TO_XML,
    '"a;b";"c ""d""";"e\nf"',
    '<Product><ProductId>a;b</ProductId><Name>c "d"</Name><Category>e\nf</Category></Product>',
  ],
  [
    'a quote within a value',
    TO_XML,
    '5" pipe;<&>;\'',
    '<Product><ProductId>5" pipe</ProductId><Name>&lt;&amp;&gt;</Name><Category>\'</Category></Product>',
  ],
  [
    'fewer values than fields, more, and empty ones',
    TO_XML,
    '1\n\n;;x;y;z\n',
    '<Product><ProductId>1</ProductId></Product><Product><ProductId/><Name/><Category>x</Category></Product>',
  ],
  ['no line at all', TO_XML, '', ''],
  [
    'what a spreadsheet would take for a formula',
    TO_XML,
    '=1+1',
    '<Product><ProductId>=1+1</ProductId></Product>',
  ],
];

for (const [what, settings, csv, xml] of toXml) {
  test(`CSV to XML: ${what}`, async () => {
    const exchange = exchangeOf(csv, { marker: 'No' });
    await runStep('CsvToXmlConverter', settings, exchange, FILES);
    assert.equal(exchange.body, `${DECLARATION}<Products>${xml}</Products>`);
  });
}

test('CSV to XML: elements are in the namespaces that the schema gives them', async () => {
  for (const [attributes, settings, xml] of [
    [
      'targetNamespace="urn:p" elementFormDefault="qualified"',
      TO_XML,
      '<Products xmlns="urn:p"><Product><a>1</a></Product></Products>',
    ],
    [
      'targetNamespace="urn:p"',
      { ...TO_XML, XPath_Field_Location: '/q:Products/Product' },
      '<ns0:Products xmlns:ns0="urn:p"><Product><a>1</a></Product></ns0:Products>',
    ],
  ] as const) {
    const flow = {
      files: { 'xsd/Products.xsd': schemaOf(field('a'), attributes) },
      settings: { namespaceMapping: 'xmlns:q=urn:p' },
    };
    const { body } = await runStep('CsvToXmlConverter', settings, exchangeOf('1'), flow);
    assert.equal(body, DECLARATION + xml);
  }
});

test('CSV to XML: the schema may use named types, groups, references, extensions and other files', async () => {
  const main = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">
    <xs:include schemaLocation="sub/types.xsd"/>
    <xs:element name="Products"><xs:complexType><xs:all><xs:element name="Product" type="t:Product"/></xs:all></xs:complexType></xs:element>
    <xs:element name="Named" type="xs:string"/>
  </xs:schema>`;
  const types = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
    <xs:include schemaLocation="../Products.xsd"/>
    <xs:complexType name="Base"><xs:sequence><xs:element name="a"/></xs:sequence></xs:complexType>
    <xs:complexType name="Product"><xs:complexContent><xs:extension base="Base">
      <xs:choice><xs:group ref="Group"/><xs:element ref="Named"/></xs:choice>
    </xs:extension></xs:complexContent></xs:complexType>
    <xs:group name="Group"><xs:sequence><xs:element name="b" form="unqualified"/></xs:sequence></xs:group>
  </xs:schema>`;
  const files = { 'xsd/Products.xsd': main, 'xsd/sub/types.xsd': types };
  const { body } = await runStep('CsvToXmlConverter', TO_XML, exchangeOf('1;2;3'), { files });
  assert.equal(
    body,
    `${DECLARATION}<ns0:Products xmlns:ns0="urn:t"><ns0:Product><ns0:a>1</ns0:a><b>2</b><ns0:Named>3</ns0:Named></ns0:Product></ns0:Products>`,
  );
});

const notXml: readonly [what: string, settings: Settings, csv: string, message: RegExp][] = [
  ['a quote that is not closed', TO_XML, '1;"2', /a value in quotes is not closed/],
  [
    'a first line that names nothing of the schema',
    BY_NAME,
    'x;y\n1;2',
    /names none of the elements/,
  ],
  ['a column that is named twice', BY_NAME, 'Name;Name\n1;2', /names the column "Name" twice/],
  ['a control character', TO_XML, '1;\u0001', /character that XML does not allow/],
];

for (const [what, settings, csv, message] of notXml) {
  test(`CSV to XML fails on ${what}, and the body stays`, async () => {
    const exchange = exchangeOf(csv);
    await assert.rejects(runStep('CsvToXmlConverter', settings, exchange, FILES), message);
    assert.equal(exchange.body, csv);
  });
}

const recursive = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Products"><xs:complexType><xs:sequence><xs:element name="Product"><xs:complexType><xs:group ref="g0"/></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>${Array.from({ length: 40 }, (_, i) => `<xs:group name="g${i}"><xs:sequence><xs:group ref="g${i + 1}"/><xs:group ref="g${i + 1}"/></xs:sequence></xs:group>`).join('')}</xs:schema>`;

const notDeployed: readonly [
  what: string,
  settings: Settings,
  schema: string,
  kind: string,
  message: RegExp,
][] = [
  ['no schema', { ...TO_XML, XML_Schema_File_Path: '' }, SCHEMA, 'design', /names no XML schema/],
  [
    'an absent schema',
    { ...TO_XML, XML_Schema_File_Path: '/xsd/No.xsd' },
    SCHEMA,
    'reference',
    /"\/xsd\/No.xsd", which the bundle does not have/,
  ],
  [
    'a schema outside the bundle',
    { ...TO_XML, XML_Schema_File_Path: '/../../../etc/passwd' },
    SCHEMA,
    'reference',
    /which the bundle does not have/,
  ],
  [
    'a schema by expression',
    { ...TO_XML, XML_Schema_File_Path: '${property.x}' },
    SCHEMA,
    'missing',
    /partner directory, which is not available yet/,
  ],
  ['a schema that is no XML', TO_XML, '<xs:schema', 'design', /which is no XML/],
  [
    'a schema with entities',
    TO_XML,
    '<!DOCTYPE a [<!ENTITY b "c">]><a/>',
    'design',
    /document type declaration/,
  ],
  ['a file that is no schema', TO_XML, '<a/>', 'design', /which is no XML schema/],
  ['a schema whose groups grow without end', TO_XML, recursive, 'design', /too many parts/],
  [
    'a schema whose groups use each other',
    TO_XML,
    recursive.replace('ref="g1"', 'ref="g0"'),
    'design',
    /too many parts/,
  ],
  [
    'a path that the schema does not have',
    { ...TO_XML, XPath_Field_Location: 'Products/Other' },
    SCHEMA,
    'design',
    /element "Other" the schema does not have/,
  ],
  [
    'a path of the root',
    { ...TO_XML, XPath_Field_Location: '/Products' },
    SCHEMA,
    'design',
    /has the root element as its target/,
  ],
  [
    'a path to a field',
    { ...TO_XML, XPath_Field_Location: 'Products/Product/Name' },
    SCHEMA,
    'design',
    /holds no other elements/,
  ],
  [
    'a path that is an XPath',
    { ...TO_XML, XPath_Field_Location: '//Product[1]' },
    SCHEMA,
    'design',
    /must be the path of an element/,
  ],
  [
    'a path by expression',
    { ...TO_XML, XPath_Field_Location: 'pd:a:b' },
    SCHEMA,
    'missing',
    /path to its target element from/,
  ],
  [
    'an element whose name has a space',
    TO_XML,
    schemaOf(field('Main Title')),
    'design',
    /"Main Title", which is no XML name/,
  ],
  [
    'a schema of 2001 fields',
    TO_XML,
    schemaOf(Array.from({ length: 2001 }, (_, i) => field(`f${i}`)).join('')),
    'design',
    /more than 2000 fields/,
  ],
  [
    'a separator of two characters',
    { ...TO_XML, Field_Separator_in_CSV: '::' },
    SCHEMA,
    'design',
    /separates fields by "::"/,
  ],
  [
    'a quote as separator',
    { ...TO_XML, Field_Separator_in_CSV: '"' },
    SCHEMA,
    'design',
    /separates fields by/,
  ],
  [
    'a marker of the partner directory',
    { ...TO_XML, Record_Identifier_in_CSV: 'pd:a:b' },
    SCHEMA,
    'missing',
    /record marker from the partner/,
  ],
];

for (const [what, settings, schema, kind, message] of notDeployed) {
  test(`CSV to XML is not deployed with ${what}`, () => {
    const files = { 'xsd/Products.xsd': schema };
    const [fault, ...others] = faultsOf('CsvToXmlConverter', settings, { files });
    assert.match(fault?.text ?? '', message);
    assert.equal(fault?.kind, kind);
    assert.equal(others.length, 0);
  });
}

const TO_CSV: Settings = {
  XPath_Field_Location: '/root/Products/Product',
  Field_Separator_in_CSV: ';',
};
const PARENT: Settings = {
  ...TO_CSV,
  Include_Header: 'true',
  Include_Attribute: 'true',
  Include_Master: 'true',
  Master_XPath_Field_Location: 'root',
};
const PRODUCTS =
  '<root Category="Scanners">\n<Type>Source Data</Type><Source>ERP</Source>\n<Products>\n<Product><W>0.34</W><U>KG</U></Product>\n<Product><W>0.31</W><U>KG</U></Product>\n</Products></root>';
const one = (product: string): string => `<root><Products>${product}</Products></root>`;

const toCsv: readonly [what: string, settings: Settings, xml: string, csv: string][] = [
  ['a line for each element of the path', TO_CSV, PRODUCTS, '0.34;KG\n0.31;KG'],
  [
    'names as the first line',
    { ...TO_CSV, Include_Header: 'true' },
    PRODUCTS,
    'W;U\n0.34;KG\n0.31;KG',
  ],
  [
    'names as the first line, by the setting of later versions',
    { ...TO_CSV, CSV_Header: 'xml' },
    PRODUCTS,
    'W;U\n0.34;KG\n0.31;KG',
  ],
  [
    'no names, by the setting of later versions',
    { ...TO_CSV, CSV_Header: 'none' },
    PRODUCTS,
    '0.34;KG\n0.31;KG',
  ],
  [
    "a parent's fields before its lines (SAP Help, Use the XML to CSV Converter)",
    PARENT,
    PRODUCTS,
    'Category;Type;Source\nScanners;Source Data;ERP\n\nW;U\n0.34;KG\n0.31;KG',
  ],
  [
    'optional fields are lined up by their names, in the order in which they appear',
    { ...TO_CSV, Include_Header: 'true' },
    one(
      '<Product><a>1</a></Product><Product><b>2</b></Product><Product><b>4</b><a>3</a></Product>',
    ),
    'a;b\n1;\n;2\n3;4',
  ],
  [
    'a field that comes again has a further column',
    TO_CSV,
    one('<Product><a>1</a><a>2</a></Product><Product><a>3</a></Product>'),
    '1;2\n3;',
  ],
  [
    'separators, quotes and line ends are put in quotes (RFC 4180)',
    TO_CSV,
    one('<Product><a>x;y</a><b>"q"</b><c>1\n2</c><d>a, b</d><e>=1+1</e></Product>'),
    '"x;y";"""q""";"1\n2";a, b;=1+1',
  ],
  [
    'attributes of a line, not those of its fields',
    { ...TO_CSV, Include_Attribute: 'true' },
    one('<Product id="7" xmlns:p="urn:p"><a unit="kg">1</a></Product>'),
    '7;1',
  ],
  [
    'an element with a text and no fields',
    TO_CSV,
    one('<Product>x</Product><Product>y</Product>'),
    'x\ny',
  ],
  [
    'a tab as separator',
    { ...TO_CSV, Field_Separator_in_CSV: '\\t' },
    PRODUCTS,
    '0.34\tKG\n0.31\tKG',
  ],
  [
    'a sign of regular expressions as separator',
    { ...TO_CSV, Field_Separator_in_CSV: '^' },
    one('<Product><a>1^</a><b>2</b></Product>'),
    '"1^"^2',
  ],
  [
    'no element at the end of the path',
    { ...TO_CSV, Include_Header: 'true' },
    '<root><Product/></root>',
    '',
  ],
];

for (const [what, settings, xml, csv] of toCsv) {
  test(`XML to CSV: ${what}`, async () => {
    const { body } = await runStep('XmlToCsvConverter', settings, exchangeOf(xml));
    assert.equal(body, csv);
  });
}

test('XML to CSV: prefixes of the path are those of the flow, and names without are in no namespace', async () => {
  const xml = '<p:root xmlns:p="urn:p"><p:a><p:x>1</p:x></p:a><a><x>2</x></a></p:root>';
  const flow = { settings: { namespaceMapping: 'xmlns:q=urn:p' } };
  for (const [path, csv] of [
    ['/q:root/q:a', '1'],
    ['/q:root/a', '2'],
    ['/root/a', ''],
  ] as const) {
    const settings = { XPath_Field_Location: path };
    const { body } = await runStep('XmlToCsvConverter', settings, exchangeOf(xml), flow);
    assert.equal(body, csv);
  }
});

test('XML to CSV: each parent has its lines below it', async () => {
  const settings = {
    ...PARENT,
    Master_XPath_Field_Location: '/r/o',
    XPath_Field_Location: '/r/o/i',
  };
  const xml = '<r><o n="1"><i><a>1</a></i></o><o n="2"><i><b>2</b></i></o></r>';
  const { body } = await runStep('XmlToCsvConverter', settings, exchangeOf(xml));
  assert.equal(body, 'n\n1\n\na\n1\n\nn\n2\n\nb\n2');
});

const annotated = (name: string, text: string): string =>
  `<xs:element name="${name}"><xs:annotation><xs:documentation> ${text}\n</xs:documentation></xs:annotation></xs:element>`;
const ANNOTATED: Settings = {
  CSV_Header: 'xsd',
  XML_Schema_File_Path: '/xsd/Long.xsd',
  XPath_Field_Location: '/Products/Product',
};

test('XML to CSV: the first line may be what the schema says of the elements', async () => {
  const settings = {
    CSV_Header: 'xsd',
    XML_Schema_File_Path: '/xsd/Products.xsd',
    XPath_Field_Location: '/Products/Product',
  };
  const files = {
    'xsd/Products.xsd': schemaOf(annotated('a', 'The id, a number') + field('b')),
  };
  const xml = '<Products><Product><a>1</a><b>2</b></Product></Products>';
  const { body } = await runStep('XmlToCsvConverter', settings, exchangeOf(xml), { files });
  assert.equal(body, '"The id, a number",b\n1,2');
});

test('XML to CSV fails on what a line cannot hold, and the body stays', async () => {
  const many = Array.from({ length: 2001 }, (_, i) => `<Product><f${i}/></Product>`).join('');
  for (const [xml, message] of [
    [one('<Product><a><b/></a></Product>'), /<a> has elements in it/],
    [one('<Product>text<a/></Product>'), /<Product> has text beside its fields/],
    [one(many), /more fields than a table can have/],
    ['<root', /XML to CSV: /],
  ] as const) {
    const exchange = exchangeOf(xml);
    await assert.rejects(runStep('XmlToCsvConverter', TO_CSV, exchange), message);
    assert.equal(exchange.body, xml);
  }
});

test('XML to CSV is not deployed with settings that it cannot have', () => {
  for (const [settings, kind, message] of [
    [{}, 'design', /names no element/],
    [{ XPath_Field_Location: '/a/*' }, 'design', /must be the path of an element/],
    [{ XPath_Field_Location: '/p:a' }, 'design', /prefixes of the iFlow's Namespace Mapping/],
    [
      { ...PARENT, Master_XPath_Field_Location: '/other' },
      'design',
      /not on the path to its source/,
    ],
    [
      { ...PARENT, Master_XPath_Field_Location: TO_CSV['XPath_Field_Location'] ?? '' },
      'design',
      /not on the path/,
    ],
    [{ ...TO_CSV, CSV_Header: 'other' }, 'missing', /the CSV header "other"/],
    [{ ...TO_CSV, CSV_Header: 'xsd' }, 'design', /names no XML schema/],
    [ANNOTATED, 'design', /documents "a" with more than the 1000 characters/],
  ] as const) {
    const [fault, ...others] = faultsOf('XmlToCsvConverter', settings, {
      files: { 'xsd/Long.xsd': schemaOf(annotated('a', 'x'.repeat(1001))) },
    });
    assert.match(fault?.text ?? '', message);
    assert.equal(fault?.kind, kind);
    assert.equal(others.length, 0);
  }
});
