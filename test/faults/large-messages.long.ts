/** Messages that are all a worker can bear, for `npm run faults`. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { createCompileInWorker } from '../../shared/iflow/deployment/compile-in-worker.ts';
import {
  JSON_TO_XML,
  CSV_TO_XML,
  MI,
  refusalOf,
  run,
  XML_TO_CSV,
  XML_TO_JSON,
} from '../iflow/tasks/large.ts';
import { mappingBundle, stylesheet } from '../iflow/xslt/stylesheets.ts';

test('XML to JSON: 56 million signs of which one needs two bytes, every second one an escape', async () => {
  const signs = '"x'.repeat(28_000_000);
  const json = await run('xmlToJson', { body: `<a>ж${signs}</a>`, ...XML_TO_JSON });
  assert.equal(json.length, 84_000_003);
  assert.match(String(json.slice(0, 7)), /^"ж\\"x\\"$/);
});

test('XML to JSON: 8 million references, and 4 million CDATA sections', async () => {
  const count = 8_000_000;
  const json = await run('xmlToJson', { body: `<a>${'&gt;'.repeat(count)}</a>`, ...XML_TO_JSON });
  assert.ok(json === `"${'>'.repeat(count)}"`);
  const sections = '<![CDATA[x]]>'.repeat(4_000_000);
  const ofSections = await run('xmlToJson', { body: `<a>${sections}</a>`, ...XML_TO_JSON });
  assert.ok(ofSections === `"${'x'.repeat(4_000_000)}"`);
});

test('a fault behind 40 million line ends is told with its line', async () => {
  const lines = '\n'.repeat(40_000_000);
  assert.match(
    await refusalOf('xmlToJson', { body: `<a>${lines}</b>`, ...XML_TO_JSON }),
    /^conversion: .*<\/b> closes nothing that is open \(line 40000001\)/,
  );
  assert.match(
    await refusalOf('jsonToXml', { body: `{"a":1${lines}!`, ...JSON_TO_XML }),
    /^conversion: .*a comma or } is missing \(line 40000001\)/,
  );
});

test('JSON to XML: 2 million escapes in a text, and 10 million in an attribute', async () => {
  const escapes = '\\u0416'.repeat(2_000_000);
  const plain = 'Ж'.repeat(2_000_000);
  const xml = await run('jsonToXml', { body: `{"a":"${escapes}"}`, ...JSON_TO_XML });
  assert.ok(xml.endsWith(`<a>${plain}</a>`));
  const quotes = '\\"'.repeat(10_000_000);
  const attribute = await run('jsonToXml', { body: `{"a":{"@b":"${quotes}"}}`, ...JSON_TO_XML });
  assert.ok(attribute.endsWith(`<a b="${'&quot;'.repeat(10_000_000)}"/>`));
});

test('CSV to XML: a line of 40 million values is refused', async () => {
  assert.match(
    await refusalOf('csvToXml', { body: ','.repeat(40_000_000), ...CSV_TO_XML }),
    /^conversion: .*a line has more than 1000000 values/,
  );
  const many = 'a,'.repeat(11_000_000).replace(/.{20}/g, '$&\n');
  const xml = await run('csvToXml', { body: many, ...CSV_TO_XML });
  assert.ok(xml.endsWith('<e><a>a</a></e></r>'));
});

test('XML to CSV: a value of 45 Mi quotes; a million lines are taken and one more is refused', async () => {
  const count = 45 * MI;
  const csv = await run('xmlToCsv', { body: `<a>${'"'.repeat(count)}</a>`, settings: XML_TO_CSV });
  assert.ok(csv === `"${'""'.repeat(count)}"`);
  const settings = { ...XML_TO_CSV, path: [...XML_TO_CSV.path, { localName: 'b', namespace: '' }] };
  const lines = (many: number): string => `<a>${'<b><c>1</c></b>'.repeat(many)}</a>`;
  assert.equal((await run('xmlToCsv', { body: lines(1_000_000), settings })).length, 1_999_999);
  assert.match(
    await refusalOf('xmlToCsv', { body: lines(1_000_001), settings }),
    /^conversion: .*more lines than a table can have/,
  );
});

test('XML Modifier: 12 million forbidden characters, in XML 1.0 and 1.1; pairs of surrogates stay', async () => {
  const settings = {
    removeDeclaration: true,
    removeExternalDtd: true,
    characters: 'substitute',
  } as const;
  const count = 12_000_000;
  const controls = '\x01'.repeat(count);
  const body = `<?xml version="1.1"?>${controls}`;
  assert.ok((await run('modifyXml', { body, settings })) === '&#x1;'.repeat(count));
  assert.ok((await run('modifyXml', { body: controls, settings })) === '#'.repeat(count));
  const pairs = `x${'😀'.repeat(100_000)}`;
  assert.equal(await run('modifyXml', { body: pairs, settings }), pairs);
});

test('MIME: a body of 40 million signs in Base64, 10 million escapes in quoted-printable', async () => {
  const multipart = await run('mimeEncode', {
    body: 'ABC'.repeat(13_000_000),
    contentType: 'application/octet-stream',
    attachments: [],
    boundary: 'b',
    inline: null,
  });
  const decoded = await run('mimeDecode', {
    body: multipart,
    contentType: 'multipart/mixed; boundary=b',
  });
  assert.ok(Buffer.from(decoded?.body ?? []).equals(Buffer.alloc(39_000_000, 'ABC')));
  const escapes = await run('mimeDecode', {
    body: `--b\nContent-Transfer-Encoding: quoted-printable\n\n${'=41'.repeat(10_000_000)}\n--b--`,
    contentType: 'multipart/mixed; boundary=b',
  });
  assert.ok(Buffer.from(escapes?.body ?? []).equals(Buffer.alloc(10_000_000, 'A')));
});

test('XML signer: a text that grows when it is canonical', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const method = {
    uri: 'http://www.w3.org/2001/10/xml-exc-c14n#',
    mode: 1,
    withComments: false,
  } as const;
  const signed = await run('signXml', {
    body: `<a>ж${'>'.repeat(14_000_000)}</a>`,
    settings: {
      algorithm: {
        uri: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
        hash: 'sha256',
        keyType: 'ec',
      },
      digest: 'sha256',
      type: { kind: 'enveloped', parent: '/*' },
      signedInfoMethod: method,
      contentMethod: method,
      keyInfo: { chain: false, certificate: false, issuerSerial: false, keyValue: false },
      signsKeyInfo: false,
      prefix: 'ds',
      signatureId: '',
      contentReferenceType: '',
      omitXmlDeclaration: true,
    },
    xades: undefined,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificates: [],
    namespaces: {},
    now: 0,
    offsetMinutes: 0,
    seed: 'abc',
  });
  assert.ok(signed.startsWith('<a>ж&gt;&gt;') && signed.endsWith('</ds:Signature></a>'));
});

test('a stylesheet that makes a huge text while it is compiled takes too much memory, at deployment', async () => {
  const compile = createCompileInWorker({ timeoutMs: 60_000, memoryMb: 512, atOnce: 1 });
  const twice = Array.from({ length: 26 }, (_, i) =>
    i === 0 ? `$x0 := 'жжжжжжжж'` : `$x${i} := concat($x${i - 1}, $x${i - 1})`,
  );
  const top = `<xsl:variable name="v" static="yes" select="let ${twice.join(', ')} return contains($x25, 'q')"/>`;
  const bundle = mappingBundle(stylesheet('<x/>', { version: '3.0', top }));
  await assert.rejects(
    compile('IntegrationFlow', bundle, () => Promise.resolve(new Map())),
    /The stylesheet "Map\.xsl" takes too much memory to compile\. Make it smaller\./,
  );
});
