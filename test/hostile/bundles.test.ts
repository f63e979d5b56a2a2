import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { readZip, type ZipEntry } from '../../shared/iflow/bundle/unzip.ts';
import { deflateEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';
import { type RunningInstances, runInstances } from './running-instances.ts';

export const LOCAL_ONLY = 'sends bundles that are made to exhaust an instance';

let running: RunningInstances;

before(async () => {
  running = await runInstances();
  const made = { Id: 'Hostile', Name: 'Hostile', ShortText: 'x' };
  const response = await running.admin.send('POST', '/api/v1/IntegrationPackages', made);
  assert.equal(response.status, 201);
});

const MANIFEST = 'META-INF/MANIFEST.MF';
const SCRIPT = 'src/main/resources/script/s.js';
const steps = [
  {
    type: 'script' as const,
    name: 'S',
    fileName: 's.js',
    source: 'function processData(m) { return m; }',
  },
];
const good = buildBundle({ id: 'H', name: 'H', address: '/hostile', steps });

/** The good bundle with entries replaced, added or (undefined) left out. */
function bundleWith(changes: Readonly<Record<string, string | Buffer | undefined>>): Buffer {
  const entries = new Map(readZip(good));
  for (const [path, content] of Object.entries(changes)) {
    if (content === undefined) entries.delete(path);
    else entries.set(path, deflateEntry(path, content));
  }
  return Buffer.from(writeZip(entries.values()));
}

function flowPath(): string {
  return [...readZip(good).keys()].find((path) => path.endsWith('.iflw')) ?? '';
}

function manifestWith(edit: (text: string) => string): Buffer {
  const before = buildManifest();
  const after = edit(before);
  assert.notEqual(after, before);
  return bundleWith({ [MANIFEST]: after });
}

const buildManifest = (): string =>
  [
    'Manifest-Version: 1.0',
    'Bundle-SymbolicName: H',
    'Bundle-Name: H',
    'Bundle-Version: 1.0.0',
    'SAP-BundleType: IntegrationFlow',
    '',
    '',
  ].join('\r\n');

/** The zip with the figures of one entry changed in the central directory. */
function lying(path: string, offset: number, value: number): Buffer {
  const zip = Buffer.from(good);
  const name = Buffer.from(path);
  for (let at = zip.length - 22; at >= 0; at--) {
    if (zip.readUInt32LE(at) === 0x02014b50 && zip.subarray(at + 46).indexOf(name) === 0) {
      zip.writeUInt32LE(value, at + offset);
      return zip;
    }
  }
  throw new Error(`There is no ${path} in the bundle.`);
}

/** Many entries of the directory that all point at one file's data. */
function overlapping(): Buffer {
  const entries = readZip(good);
  const bomb: ZipEntry = deflateEntry(SCRIPT, Buffer.alloc(30 * 1024 * 1024));
  const zip = Buffer.from(writeZip([...entries.values(), { ...bomb, name: 'bomb' }]));
  const end = zip.length - 22;
  const start = zip.readUInt32LE(end + 16);
  let last = start;
  for (let at = start; at < end;) {
    last = at;
    at += 46 + zip.readUInt16LE(at + 28);
  }
  const record = zip.subarray(last, end);
  const copies = Array.from({ length: 20 }, (_, i) => {
    const copy = Buffer.from(record);
    copy.write(`bom${String.fromCharCode(99 + i)}`, 46);
    return copy;
  });
  const tail = Buffer.from(zip.subarray(end));
  const count = tail.readUInt16LE(8) + copies.length;
  tail.writeUInt16LE(count, 8);
  tail.writeUInt16LE(count, 10);
  tail.writeUInt32LE(end - start + record.length * copies.length, 12);
  return Buffer.concat([zip.subarray(0, end), ...copies, tail]);
}

const nested = (): Buffer => {
  let zip: Uint8Array = Buffer.alloc(1024 * 1024);
  for (let i = 0; i < 8; i += 1) zip = writeZip([deflateEntry('inner.zip', zip)]);
  return bundleWith({ 'inner.zip': Buffer.from(zip) });
};

/** Refused when they are uploaded (400): nothing is stored. */
const refused: readonly [what: string, zip: () => Buffer, text: RegExp][] = [
  ['no zip', () => Buffer.from('PK but no zip'), /not a zip/],
  ['half a zip', () => Buffer.from(good.subarray(0, good.length / 2)), /not a zip|damaged/],
  ['an empty zip', () => Buffer.from(writeZip([])), /no META-INF/],
  [
    'a zip bomb by ratio',
    () => bundleWith({ bomb: Buffer.alloc(201 * 1024 * 1024) }),
    /unpacks to more than 200 MB/,
  ],
  [
    'a zip bomb by count',
    () =>
      Buffer.from(writeZip(Array.from({ length: 10_001 }, (_, i) => deflateEntry(`f${i}`, '')))),
    /more than 10000 files/,
  ],
  ['overlapping entries', overlapping, /unpacks to more than 200 MB/],
  ['a directory that lies about a size, upwards', () => lying(MANIFEST, 24, 1_000_000), /damaged/],
  ['a directory that lies about a size, downwards', () => lying(MANIFEST, 24, 5), /damaged/],
  ['a directory that lies about the packed size', () => lying(MANIFEST, 20, 0x7fffffff), /damaged/],
  ['a wrong checksum', () => lying(MANIFEST, 16, 1), /damaged/],
  ['an entry at no place', () => lying(MANIFEST, 42, 0x7ffffff0), /damaged/],
  ...['../evil', '/etc/passwd', 'a/../../b', 'C:evil', 'a\\..\\b', 'a\0b', './a'].map(
    (name): [string, () => Buffer, RegExp] => [
      `the name ${JSON.stringify(name)}`,
      () => Buffer.from(writeZip([...readZip(good).values(), { ...deflateEntry('x', ''), name }])),
      /unsafe name/,
    ],
  ),
  ['no manifest', () => bundleWith({ [MANIFEST]: undefined }), /no META-INF\/MANIFEST\.MF/],
  ['a manifest of 5 MB', () => bundleWith({ [MANIFEST]: 'x'.repeat(5_000_000) }), /too large/],
  [
    'another kind of bundle',
    () => manifestWith((text) => text.replace('IntegrationFlow', 'ValueMapping')),
    /is a ValueMapping/,
  ],
  [
    'a version that is none',
    () => manifestWith((text) => text.replace('1.0.0', '1.0.0"onload=x')),
    /form 1\.0\.0/,
  ],
  [
    'a name of a megabyte',
    () =>
      manifestWith((text) =>
        text.replace('Bundle-Name: H\r', `Bundle-Name: ${'n'.repeat(1_000_000)}\r`),
      ),
    /1 to 200 characters/,
  ],
  [
    'a name with control characters',
    () => manifestWith((text) => text.replace('Bundle-Name: H\r', 'Bundle-Name: a\u0007b\r')),
    /control characters/,
  ],
  ['the export of a package', () => bundleWith({ 'resources.cnt': 'e30=' }), /integration package/],
];

for (const [what, zip, text] of refused) {
  test(`a bundle with ${what} is refused with a sentence, and nothing is stored`, async () => {
    const body = { Id: 'H', Name: undefined, PackageId: 'Hostile', ArtifactContent: '' };
    body.ArtifactContent = zip().toString('base64');
    const set = '/api/v1/IntegrationDesigntimeArtifacts';
    const response = await running.admin.send('POST', set, body);
    const answer = await response.text();
    assert.equal(response.status, 400, answer);
    assert.match(answer, text);
    assert.doesNotMatch(answer, /zlib|inflate|Error|node:/);
    const listed = await running.admin.send('GET', `${set}(Id='H',Version='active')`);
    assert.equal(listed.status, 404);
    await running.assertWell();
  });
}

const iflw = (xml: string): Buffer => bundleWith({ [flowPath()]: xml });

/** Stored as they are (a developer may be at work on them), and refused when they are deployed. */
const undeployable: readonly [id: string, zip: () => Buffer, fault: RegExp][] = [
  ['NoFlow', () => bundleWith({ [flowPath()]: undefined }), /no \.iflw file/],
  [
    'TwoFlows',
    () => bundleWith({ [flowPath().replace('.iflw', '2.iflw')]: '<a/>' }),
    /2 \.iflw files/,
  ],
  ['Broken', () => iflw('<a><b></a>'), /not XML that can be read: .*line 1/],
  ['NoBpmn', () => iflw('<a/>'), /no BPMN collaboration/],
  ['Doctype', () => iflw('<!DOCTYPE a><a/>'), /document type declaration/],
  [
    'Laughs',
    () =>
      iflw(
        '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]><a>&c;&c;&c;</a>',
      ),
    /document type declaration/,
  ],
  [
    'External',
    () => iflw('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    /document type declaration/,
  ],
  ['Entity', () => iflw('<a>&undeclared;</a>'), /unknown entity/],
  ['DeepXml', () => iflw('<a>'.repeat(100_000)), /nested more than 200 deep/],
  [
    'Attributes',
    () => iflw(`<a ${Array.from({ length: 250_000 }, (_, i) => `a${i}=""`).join(' ')}/>`),
    /more than 100000 attributes/,
  ],
  ['HugeXml', () => iflw(`<a>${' '.repeat(9_000_000)}</a>`), /too large/],
  ['NotUtf8', () => bundleWith({ [flowPath()]: Buffer.from([0x3c, 0xff]) }), /not UTF-8/],
  ['HugeScript', () => bundleWith({ [SCRIPT]: Buffer.alloc(150_000_000, 32) }), /2097152 bytes/],
  ['Nested', () => nested(), /^$/],
];

for (const [id, zip, fault] of undeployable) {
  test(`deploying ${id} ends in a state that says why, on both instances, and serves nothing half`, async () => {
    const address = `/deploy-${id.toLowerCase()}`;
    const content = Buffer.from(zip());
    const { admin } = running;
    const artifact = { Id: id, Name: id, PackageId: 'Hostile' };
    const created = await admin.send('POST', '/api/v1/IntegrationDesigntimeArtifacts', {
      ...artifact,
      ArtifactContent: content.toString('base64'),
    });
    assert.equal(created.status, 201, await created.text());
    const deployed = await admin.send(
      'POST',
      `/api/v1/DeployIntegrationDesigntimeArtifact?Id='${id}'&Version='active'`,
    );
    assert.equal(deployed.status, 202);
    const runtime = `/api/v1/IntegrationRuntimeArtifacts('${id}')`;
    const state = (await (await admin.send('GET', runtime)).json()) as { d: { Status: string } };
    if (id === 'Nested') {
      // What lies in a zip within the zip is nobody's business.
      assert.equal(state.d.Status, 'STARTED');
      await admin.send('DELETE', runtime);
    } else {
      assert.equal(state.d.Status, 'ERROR');
      const error: unknown = await (
        await admin.send('GET', `${runtime}/ErrorInformation/$value`)
      ).json();
      const [text = ''] = (error as { parameter: string[] }).parameter;
      assert.match(text, fault);
      assert.doesNotMatch(text, /root:|zlib|node:|\n\s+at /);
    }
    for (const instance of running.instances) {
      assert.equal((await running.call(address, { instance })).status, 404);
    }
    for (const part of ['Configurations', 'Resources']) {
      const path = `/api/v1/IntegrationDesigntimeArtifacts(Id='${id}',Version='active')/${part}`;
      const response = await admin.send('GET', path);
      assert.ok([200, 400].includes(response.status), `${part}: ${response.status}`);
    }
    await running.assertWell();
  });
}

test('health and calm flows answer in time while bundles made to be slow are deployed', async () => {
  const row = { name: 'x', type: 'xpath', value: `1${'+1'.repeat(1500)}` };
  const modifier = {
    type: 'contentModifier' as const,
    name: 'M',
    properties: Array<typeof row>(20).fill(row),
  };
  const bundle = buildBundle({
    id: 'Slow',
    name: 'Slow',
    address: '/slow',
    steps: [modifier],
  });
  const deploying = running.admin.deploy('Slow', bundle);
  let over = false;
  void deploying.finally(() => (over = true));
  let rounds = 0;
  while (!over) {
    await running.assertWell();
    rounds += 1;
  }
  assert.equal(await deploying, 'SUCCESS');
  // Held up, the first of them would have waited for the end of the deployment.
  assert.ok(rounds >= 2, `${rounds} rounds of calm calls were answered`);
});
