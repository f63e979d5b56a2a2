import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type Task, TaskFailure } from '../../shared/iflow/tasks/task.ts';
import { type TaskInput, type TaskName, tasks } from '../../shared/iflow/tasks/tasks.ts';
import { deflateEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';
import { csvToXml } from '../../shared/iflow/steps/converters/convert/csv-to-xml.ts';
import { jsonToXml } from '../../shared/iflow/steps/converters/convert/json-to-xml.ts';
import { modifyXml } from '../../shared/iflow/steps/converters/convert/modify-xml.ts';
import { xmlToCsv } from '../../shared/iflow/steps/converters/convert/xml-to-csv.ts';
import { xmlToJson } from '../../shared/iflow/steps/converters/convert/xml-to-json.ts';
import type { Body } from '../../shared/iflow/exchange.ts';
import { joinBodies } from '../../shared/iflow/steps/routing/gathering/joined-bodies.ts';
import { JsonError, JsonReader } from '../../shared/iflow/steps/converters/json/json-reader.ts';
import {
  canonicalizationOf,
  SIGNATURES,
} from '../../shared/iflow/steps/security/signature/algorithms.ts';
import type { SignatureType } from '../../shared/iflow/steps/security/signature/settings.ts';
import { readXml } from '../../shared/iflow/xml/read-xml.ts';
import { check, textOf } from './check.ts';

const toXml = { root: null, declarations: {}, prefixes: null, separator: ':' };
const toJson = { prefixes: null, separator: ':', suppressRoot: false };
const LIMITS = { maxCharacters: 1e6, maxDepth: 500, maxNodes: 1e5 };

const name = fc.constantFrom('a', 'B', 'cd', '_e', 'é');
/** Text that XML can hold, and that is more than white space. */
const text = fc
  .string({
    unit: fc.constantFrom('x', ' ', '<', '&', '"', ']]>', '\t', '\n', 'ä', '😀', '\\', '1'),
  })
  .map((written) => `x${written}`);

/** JSON of which the rules of both directions say that it comes back: texts, one or several of a name. */
const { element } = fc.letrec<{ element: unknown; value: unknown }>((tie) => ({
  element: fc
    .tuple(
      fc.dictionary(name, text, { maxKeys: 2 }),
      fc.option(text, { nil: undefined }),
      fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 3 }),
    )
    .map(([attributes, own, members]) => ({
      ...Object.fromEntries(Object.entries(attributes).map(([key, value]) => [`@${key}`, value])),
      ...members,
      ...(own === undefined ? {} : { $: own }),
    })),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    tie('element'),
    fc.array(fc.oneof(text, tie('element')), { minLength: 2, maxLength: 3 }),
  ),
}));

test('JSON of elements, attributes, texts and arrays comes back from XML as it was', async () => {
  await check(
    fc.property(element, (root) => {
      const json = JSON.stringify({ root });
      assert.deepEqual(JSON.parse(xmlToJson(jsonToXml(json, toXml), toJson)), { root });
    }),
  );
});

test('streaming every element into arrays loses nothing that the other way keeps', async () => {
  await check(
    fc.property(element, (root) => {
      const xml = jsonToXml(JSON.stringify({ root }), toXml);
      const all = xmlToJson(xml, { ...toJson, arrays: 'all' });
      // Siblings of one name stand together, so that no member comes twice.
      assert.deepEqual(JSON.parse(xmlToJson(jsonToXml(all, toXml), toJson)), { root });
    }),
  );
});

test('the JSON reader takes and refuses what JSON.parse does', async () => {
  const parts = [
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ':',
    ',',
    '"a"',
    '1',
    '-',
    '0',
    '.5',
    'e+3',
    'true',
    'null',
    ' ',
    '\\u00',
    '\n',
  ];
  const json = fc.oneof(
    textOf(...parts),
    fc.json(),
    fc
      .json()
      .chain((whole) => fc.nat(whole.length).map((at) => whole.slice(0, at) + whole.slice(at + 1))),
  );
  await check(
    fc.property(json, (written) => {
      const events: string[] = [];
      let refused = false;
      try {
        const reader = new JsonReader(written, 500);
        for (let token = reader.next(); token !== 'end'; token = reader.next()) events.push(token);
      } catch (error) {
        assert.ok(error instanceof JsonError);
        refused = true;
      }
      let value: unknown;
      try {
        value = JSON.parse(written.replace(/^\uFEFF/, ''));
      } catch {
        assert.ok(refused, `JSON.parse refuses ${JSON.stringify(written)}`);
        return;
      }
      assert.ok(!refused, `JSON.parse takes ${JSON.stringify(value)}`);
    }),
  );
});

test('the text of each string and number is what was written', async () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
  await check(
    fc.property(fc.string({ unit: 'binary' }), number, (written, digits) => {
      const reader = new JsonReader(`[${JSON.stringify(written)},${digits}]`, 5);
      reader.next();
      assert.equal(reader.next(), 'string');
      assert.equal(reader.text, written);
      assert.equal(reader.next(), 'number');
      assert.equal(reader.text, digits);
    }),
  );
});

const csvSettings = {
  separator: ';',
  header: 'none',
  marker: '',
  before: '<r>',
  after: '</r>',
  record: 'l',
  fields: ['a', 'b', 'c'].map((field) => ({ name: field, tag: field })),
} as const;
const fromXml = {
  path: ['r', 'l'].map((localName) => ({ localName, namespace: '' })),
  parentDepth: 0,
  separator: ';',
  includeAttributes: false,
  headers: null,
};

test('lines of CSV come back from XML as they were', async () => {
  const cell = fc.string({
    unit: fc.constantFrom('x', ';', '"', ' ', '\n', ',', '<', '&', '=', '😀'),
    maxLength: 6,
  });
  const line = fc.tuple(cell, cell, cell).filter((cells) => cells.some((value) => value !== ''));
  await check(
    fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
      const quote = (value: string): string =>
        /[";\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
      const csv = lines.map((cells) => cells.map(quote).join(';')).join('\n');
      assert.equal(xmlToCsv(csvToXml(csv, csvSettings), fromXml), csv);
    }),
  );
});

/** Bodies that are nearly what a task takes. */
const bodies: fc.Arbitrary<Body> = fc.oneof(
  textOf(
    '<a',
    '>',
    '</a>',
    '/>',
    ' b="',
    '"',
    '<![CDATA[',
    ']]>',
    '<!--',
    '<?xml version="1.0"?>',
    '<!DOCTYPE a [',
    '<!ENTITY',
    ' SYSTEM "x"',
    '&#0;',
    'xmlns:p="u"',
    'p:',
  ),
  fc
    .tuple(
      fc.constantFrom('<a/>', '<a b="i">1</a>', '<p:a xmlns:p="u" b="x"><a/>t<a b="1"/></p:a>'),
      fc.option(fc.nat(40), { nil: undefined }),
    )
    .map(([xml, at]) => (at === undefined ? xml : xml.slice(0, at) + xml.slice(at + 1))),
  textOf('{', '}', '[', ']', '"a":', '"@b":', '"$":', '1', 'null', ',', '"', '\\ud800'),
  textOf('a', ';', '"', '\n', '\r\n', '""', '\u0000'),
  textOf(
    '--b',
    '--b--',
    '\r\n',
    '\n',
    'Content-Type: multipart/mixed; boundary=b',
    'Content-Transfer-Encoding: base64',
    'X:',
    ' ',
    '=?utf-8?q?=41?=',
  ),
  fc.uint8Array({ maxLength: 200 }),
  fc
    .tuple(
      fc.constantFrom(gzipSync('text'), writeZip([deflateEntry('a', 'text')])),
      fc.nat(200),
      fc.nat(255),
    )
    .map(([packed, at, byte]) => {
      const damaged = Buffer.from(packed);
      damaged[at % damaged.length] = byte;
      return damaged;
    }),
);

const NONE = { uri: '' };
const queryFor = (source: string, result: 'node' | 'nodes') => ({ source, variables: {}, result });

const SIGNATURE_TYPES: readonly SignatureType[] = [
  { kind: 'enveloped', parent: '/a' },
  { kind: 'enveloping' },
  { kind: 'detached', ids: ['//@b'] },
];
const C14N = canonicalizationOf('http://www.w3.org/TR/2001/REC-xml-c14n-20010315');

const signing = {
  settings: {
    algorithm: SIGNATURES['SHA256/ECDSA'] ?? assert.fail(),
    digest: 'sha256' as const,
    signedInfoMethod: C14N ?? assert.fail(),
    contentMethod: undefined,
    keyInfo: { chain: false, certificate: false, issuerSerial: false, keyValue: true },
    signsKeyInfo: false,
    prefix: 'ds',
    signatureId: '',
    contentReferenceType: '',
    omitXmlDeclaration: true,
  },
  xades: undefined,
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
  certificates: [],
  namespaces: {},
  now: 0,
  offsetMinutes: 0,
  seed: 'seed',
};

/** What tasks have prepared of the bundle. */
const resources: { readonly [N in TaskName]?: string } = {
  schema: JSON.stringify({
    main: 'a.xsd',
    files: {
      'a.xsd':
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="xs:int"/></xs:schema>',
    },
  }),
};

const inputs: { readonly [N in TaskName]?: (body: Body) => TaskInput<N>[] } = {
  jsonToXml: (body) =>
    [null, 'root'].map((root) => ({
      body,
      charset: 'UTF-8',
      settings: { ...toXml, root, prefixes: ['p'] },
    })),
  xmlToJson: (body) =>
    [undefined, 'all' as const, ['a']].map((arrays) => ({
      body,
      charset: 'UTF-8',
      settings: { ...toJson, prefixes: {}, ...(arrays === undefined ? {} : { arrays }) },
    })),
  csvToXml: (body) =>
    (['none', 'names'] as const).map((header) => ({
      body,
      charset: 'UTF-8',
      settings: { ...csvSettings, header },
    })),
  xmlToCsv: (body) => [
    { body, settings: { ...fromXml, path: [{ localName: 'a', namespace: '' }], headers: {} } },
  ],
  modifyXml: (body) => [
    { body, settings: { removeDeclaration: true, removeExternalDtd: true, characters: 'remove' } },
  ],
  base64: (body) => [
    { body, direction: 'decode' },
    { body, direction: 'encode' },
  ],
  compress: (body) => [{ body, as: { format: 'zip', fileName: 'a' } }],
  decompress: (body) => [
    { body, format: 'gzip' },
    { body, format: 'zip' },
  ],
  xpath: (body) =>
    (['text', 'node', 'nodes', 'boolean'] as const).map((result) => ({
      body,
      namespaces: { p: 'u' },
      queries: ['//a', '/p:a/@b', 'count(//*)', '. < $v'].map((source) => ({
        source,
        variables: { v: 1 },
        result,
      })),
    })),
  split: (body) => [
    { body, envelope: true, at: { path: [{ anywhere: true, localName: 'a', namespace: NONE }] } },
    { body, envelope: false, at: { path: [{ anywhere: false, localName: 'a', namespace: NONE }] } },
    { body, envelope: false, at: { token: 'a' } },
    { body, envelope: true, at: { lines: true } },
  ],
  gather: (body) =>
    (['same', 'different'] as const).flatMap((format) => [
      { ...joinBodies([body]), format },
      { ...joinBodies(['<a/>', body, '<b/>']), format },
    ]),
  enrich: (body) => {
    const steps = [{ localName: 'a', namespace: undefined }];
    const path = { node: steps, key: steps };
    const enrich = { strategy: 'enrich', original: path, lookup: path } as const;
    return [enrich, { strategy: 'combine' } as const].flatMap((aggregation) => [
      { ...joinBodies([body, '<a><a>1</a></a>']), aggregation },
      { ...joinBodies(['<a><a>1</a></a>', body]), aggregation },
      { ...joinBodies([body, body]), aggregation },
    ]);
  },
  merge: (body) => [
    { ...joinBodies([body, body]), namespaces: {}, source: queryFor('//a', 'nodes') },
    {
      ...joinBodies(['<r><a/></r>', body]),
      namespaces: {},
      source: queryFor('//a', 'nodes'),
      target: queryFor('/r', 'node'),
    },
  ],
  signXml: (body) =>
    SIGNATURE_TYPES.map((type) => ({ ...signing, body, settings: { ...signing.settings, type } })),
  schema: (body) => [{ body }],
  mimeDecode: (body) => [
    { body, contentType: null },
    { body, contentType: 'multipart/mixed; boundary="b"' },
  ],
  mimeEncode: (body) => [
    {
      body,
      contentType: 'text/plain',
      attachments: [],
      boundary: 'b',
      inline: { headers: [], include: '.*', ofExchange: [[body.length.toString(), 'x']] },
    },
  ],
};

for (const [task, inputsOf] of Object.entries(inputs)) {
  test(`the task ${task} says what is wrong with any body, or takes it`, async () => {
    const loaded = (await tasks[task as TaskName].load()) as Task<never, unknown, unknown>;
    const resource = resources[task as TaskName];
    const prepared = resource === undefined ? undefined : await loaded.prepare?.(resource);
    await check(
      fc.asyncProperty(bodies, async (body) => {
        for (const input of inputsOf(body)) {
          try {
            await loaded.run(input as never, prepared);
          } catch (error) {
            if (!(error instanceof TaskFailure)) throw error;
            assert.match(error.message, /^[A-Z].*\.$/s);
          }
        }
      }),
    );
  });
}

test('XML that a converter has made can be read', async () => {
  const json = fc.json({ maxDepth: 3 }).map((value) => `{"a":${value}}`);
  await check(
    fc.property(json, (written) => {
      let xml: string;
      try {
        xml = jsonToXml(written, { ...toXml, root: 'root' });
      } catch (error) {
        if (error instanceof JsonError) return;
        throw error;
      }
      readXml(xml, LIMITS);
    }),
  );
});

test('a DTD is taken out up to its end, whatever its declarations hold', async () => {
  const declaration = fc.constantFrom(
    '<!ENTITY a "]>">',
    "<!ENTITY b SYSTEM '>'>",
    '<!-- ]> -->',
    '<?p ]>?>',
    '<!ATTLIST a b CDATA "<!--">',
    ' %c; ',
  );
  const settings = {
    removeDeclaration: true,
    removeExternalDtd: true,
    characters: 'none',
  } as const;
  await check(
    fc.property(fc.array(declaration), (declarations) => {
      const xml = `<!DOCTYPE a SYSTEM "x" [${declarations.join('')}] ><a/>`;
      assert.equal(modifyXml(xml, settings), '<a/>');
    }),
  );
});

/** Milliseconds of this process. */
function costOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const deep = (count: number, leaf: string): string =>
  '<a>'.repeat(400) + leaf.repeat(count) + '</a>'.repeat(400);
const growing: readonly [what: string, work: (size: number) => unknown][] = [
  [
    'a wide JSON',
    (n) => jsonToXml(`{"a":[${'{"b":1,"c":"x"},'.repeat(n)}1]}`, { ...toXml, root: 'r' }),
  ],
  [
    'a JSON of different names',
    (n) =>
      jsonToXml(`{${Array.from({ length: n }, (_, i) => `"n${i}":1`).join(',')}}`, {
        ...toXml,
        root: 'r',
      }),
  ],
  ['a JSON of escapes', (n) => jsonToXml(`{"a":"${'\\n\\u0041'.repeat(n)}"}`, toXml)],
  ['a wide XML', (n) => xmlToJson(`<r>${'<b>1</b><c x="y"/>'.repeat(n)}</r>`, toJson)],
  ['a wide XML below deep elements', (n) => xmlToJson(deep(n, '<b>1</b>'), toJson)],
  [
    'an XML of different names',
    (n) => xmlToJson(`<r>${Array.from({ length: n }, (_, i) => `<n${i}/>`).join('')}</r>`, toJson),
  ],
  [
    'an XML of comments in a text',
    (n) => xmlToJson(`<r>${'x<!-- -->'.repeat(n)}</r>`, { ...toJson, arrays: 'all' }),
  ],
  ['lines of quotes', (n) => csvToXml('"a""b";c\n'.repeat(n), csvSettings)],
  [
    'a declaration of entities',
    (n) =>
      modifyXml(`<!DOCTYPE a [${'<!ENTITY b "c">'.repeat(n)}]><a/>`, {
        removeDeclaration: true,
        removeExternalDtd: true,
        characters: 'remove',
      }),
  ],
];

for (const [what, work] of growing) {
  test(`the time for ${what} grows with its size`, () => {
    const small = 4000;
    work(small);
    const once = Math.min(...[1, 2, 3].map(() => costOf(() => work(small))));
    const much = Math.min(...[1, 2].map(() => costOf(() => work(small * 16))));
    // Sixteen times as much; squared, it would be 256 times.
    assert.ok(much < Math.max(once, 2) * 80, `${once} ms became ${much} ms`);
  });
}
