import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { BundleFault, bundleIdentity, readBundle } from '../../shared/iflow/bundle/bundle.ts';
import { emptyBundle } from '../../shared/iflow/bundle/empty.ts';
import { renameBundle } from '../../shared/iflow/bundle/rename.ts';
import { inflate, MAX_ENTRIES, readZip, type ZipEntry } from '../../shared/iflow/bundle/unzip.ts';
import { deflateEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';

const FLOW = 'src/main/resources/scenarioflows/integrationflow/Greeting.iflw';
const MANIFEST = 'META-INF/MANIFEST.MF';

function greeting(): Uint8Array {
  return buildBundle({ id: 'Greeting', name: 'A greeting', address: '/greeting', steps: [] });
}

/** The greeting with files replaced, added or (undefined) left out. */
function greetingWith(
  changes: Readonly<Record<string, string | ZipEntry | undefined>>,
): Uint8Array {
  const entries = new Map(readZip(greeting()));
  for (const [path, content] of Object.entries(changes)) {
    if (content === undefined) entries.delete(path);
    else {
      entries.set(path, typeof content === 'string' ? deflateEntry(path, content) : content);
    }
  }
  return writeZip(entries.values());
}

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof BundleFault) return error.faults;
    throw error;
  }
  assert.fail('It was read without a fault.');
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

test('a bundle is read with its identity, files and flow', () => {
  const bundle = readBundle(greeting());
  assert.equal(bundle.id, 'Greeting');
  assert.equal(bundle.name, 'A greeting');
  assert.equal(bundle.version, '1.0.0');
  assert.equal(bundle.flow.documentElement.localName, 'definitions');
  assert.ok(bundle.paths.includes(FLOW));
  assert.match(text(bundle.read(FLOW, 1e6)), /^<\?xml/);
  assert.equal(bundle.read('no/such/file', 1), undefined);
});

test('the identity is read without reading the flow', () => {
  const zip = greetingWith({
    [FLOW]: 'not XML at all',
    'metainfo.prop': 'description=Says\\ hello',
  });
  assert.deepEqual(bundleIdentity(zip), {
    kind: 'IntegrationFlow',
    id: 'Greeting',
    name: 'A greeting',
    version: '1.0.0',
    description: 'Says hello',
  });
});

test('a folded manifest is unfolded and directives of the symbolic name are left out', () => {
  const manifest =
    'Bundle-SymbolicName: A_very_\r\n long_name; singleton:=true\r\nBundle-Version: 1.2.3\r\nSAP-BundleType: IntegrationFlow\r\nBundle-Name: Two\n  words\r\n\r\nName: other\r\nBundle-Version: 9\r\n';
  const bundle = bundleIdentity(greetingWith({ [MANIFEST]: manifest }));
  assert.equal(bundle.id, 'A_very_long_name');
  assert.equal(bundle.name, 'Two words');
  assert.equal(bundle.version, '1.2.3');
});

test('definitions of externalised parameters are read from parameters.propdef', () => {
  const propdef =
    '<parameters><parameter><key/><name>Sender Address</name><type>xsd:string</type><isRequired>true</isRequired><description>Where</description></parameter><param_references/></parameters>';
  const bundle = readBundle(greetingWith({ 'src/main/resources/parameters.propdef': propdef }));
  assert.deepEqual(bundle.parameterDefinitions, [
    { name: 'Sender Address', type: 'xsd:string', required: true, description: 'Where' },
  ]);
});

test('files that only some exports have may be missing', () => {
  const bundle = readBundle(
    greetingWith({
      '.project': undefined,
      'metainfo.prop': undefined,
      'src/main/resources/parameters.prop': undefined,
      'src/main/resources/parameters.propdef': undefined,
    }),
  );
  assert.equal(bundle.description, '');
  assert.equal(bundle.parameters.size, 0);
});

test('a zip without manifest is no bundle', () => {
  assert.deepEqual(
    faultsOf(() => readBundle(greetingWith({ [MANIFEST]: undefined }))),
    ['The zip has no META-INF/MANIFEST.MF: it is not an iFlow bundle.'],
  );
});

test('another kind of bundle is named by its type', () => {
  const manifest =
    'Bundle-SymbolicName: s\nBundle-Version: 1.0.0\nSAP-BundleType: ScriptCollection\n';
  assert.deepEqual(
    faultsOf(() => readBundle(greetingWith({ [MANIFEST]: manifest }))),
    ['The bundle is a ScriptCollection, not an IntegrationFlow.'],
  );
});

test('the export of a whole package is told from an iFlow', () => {
  assert.match(
    faultsOf(() => readBundle(writeZip([deflateEntry('resources.cnt', 'e30=')]))).join(),
    /export of an integration package/,
  );
});

test('a bundle has exactly one .iflw', () => {
  assert.match(
    faultsOf(() => readBundle(greetingWith({ [FLOW]: undefined }))).join(),
    /has no \.iflw file/,
  );
  const second = FLOW.replace('Greeting', 'Second');
  assert.deepEqual(
    faultsOf(() => readBundle(greetingWith({ [second]: '<a/>' }))),
    ['The bundle has 2 .iflw files; an iFlow has one.'],
  );
});

test('every fault of a bundle is told at once', () => {
  const faults = faultsOf(() =>
    readBundle(
      greetingWith({ [FLOW]: '<a><b></a>', 'src/main/resources/parameters.propdef': '<p' }),
    ),
  );
  assert.equal(faults.length, 2);
  assert.match(faults[0] ?? '', /Greeting\.iflw is not XML.*line 1/);
  assert.match(faults[1] ?? '', /parameters\.propdef is not XML/);
});

test('an .iflw that is not UTF-8 is refused', () => {
  const zip = greetingWith({
    [FLOW]: { ...deflateEntry(FLOW, Buffer.from([0x3c, 0xff, 0xfe])), name: FLOW },
  });
  assert.match(faultsOf(() => readBundle(zip)).join(), /is not UTF-8 text/);
});

const hostile: readonly [why: string, zip: () => Uint8Array, fault: RegExp][] = [
  ['nothing', () => new Uint8Array(), /not a zip/],
  ['something else', () => Buffer.from('{"not":"a zip"}'.repeat(10)), /not a zip/],
  ['a truncated zip', () => greeting().subarray(0, -30), /not a zip, or its end is missing/],
  ['a zip whose front is missing', () => greeting().subarray(50), /damaged/],
  ['a name that climbs out', () => one('../../etc/passwd'), /unsafe name/],
  ['an absolute name', () => one('/etc/passwd'), /unsafe name/],
  ['a name with a drive', () => one('C:/boot'), /unsafe name/],
  ['a name with backslashes', () => one('..\\boot'), /unsafe name/],
  ['a name with a line break', () => one('a\nb'), /unsafe name/],
  ['an empty name', () => one(''), /unsafe name/],
  [
    'the same name twice',
    () => writeZip([deflateEntry('a', '1'), deflateEntry('a', '2')]),
    /two files named "a"/,
  ],
  [
    'more entries than allowed',
    () => writeZip(Array.from({ length: MAX_ENTRIES + 1 }, (_, i) => deflateEntry(`f${i}`, ''))),
    /more than 10000 files/,
  ],
  [
    'entries that would unpack to more than allowed',
    () =>
      writeZip(
        Array.from({ length: 3 }, (_, i) => ({ ...deflateEntry(`f${i}`, ''), size: 90_000_000 })),
      ),
    /unpacks to more than 200 MB/,
  ],
  ['encryption', () => patched(deflateEntry('a', '1'), 8, 0x0801), /encrypted/],
  ['an unknown method', () => patched(deflateEntry('a', '1'), 10, 14), /packed with method 14/],
];

function one(name: string): Uint8Array {
  return writeZip([deflateEntry(name, 'x')]);
}

/** A zip of one entry with a 16-bit field of its central directory record changed. */
function patched(entry: ZipEntry, offset: number, value: number): Uint8Array {
  const zip = Buffer.from(writeZip([entry]));
  zip.writeUInt16LE(value, zip.readUInt32LE(zip.length - 6) + offset);
  return zip;
}

for (const [why, zip, fault] of hostile) {
  test(`a zip is refused for ${why}`, () => {
    assert.match(faultsOf(() => readBundle(zip())).join(), fault);
  });
}

test('a ZIP64 archive is refused', () => {
  const zip = Buffer.from(greeting());
  zip.writeUInt32LE(0xffffffff, zip.length - 6);
  assert.match(faultsOf(() => readBundle(zip)).join(), /ZIP64/);
});

test('an entry is unpacked no further than the size that its directory record states', () => {
  const bomb = deflateEntry(FLOW, Buffer.alloc(50_000_000, 0x20));
  assert.ok(bomb.packed.length < 100_000);
  const lying = greetingWith({ [FLOW]: { ...bomb, size: 1000 } });
  assert.match(faultsOf(() => readBundle(lying)).join(), /Greeting\.iflw" in the zip is damaged/);
});

test('an entry whose content does not match its checksum is refused', () => {
  const entry = deflateEntry('a', 'content');
  assert.throws(() => inflate({ ...entry, crc: entry.crc ^ 1 }), BundleFault);
  assert.throws(() => inflate({ ...entry, size: entry.size + 1 }), BundleFault);
  assert.throws(() => inflate({ ...entry, packed: Buffer.from('garbage') }), BundleFault);
  assert.equal(text(inflate(entry)), 'content');
});

test('stored and empty entries are read, directories are left out', () => {
  const stored: ZipEntry = { ...deflateEntry('a', 'kept'), method: 0, packed: Buffer.from('kept') };
  const zip = writeZip([stored, deflateEntry('folder/', ''), deflateEntry('folder/empty', '')]);
  const entries = [...readZip(zip).values()];
  assert.deepEqual(
    entries.map((entry) => [entry.name, text(inflate(entry))]),
    [
      ['a', 'kept'],
      ['folder/empty', ''],
    ],
  );
});

test('a renamed bundle differs in its manifest only', () => {
  const name = `Wörter, die über eine Zeile des Manifests hinausgehen, ${'x'.repeat(60)}`;
  const renamed = renameBundle(greeting(), { id: 'Copy', name, version: '2.0.1' });
  const { id, name: newName, version } = bundleIdentity(renamed);
  assert.deepEqual({ id, newName, version }, { id: 'Copy', newName: name, version: '2.0.1' });
  const before = readZip(greeting());
  const after = readZip(renamed);
  assert.deepEqual([...after.keys()], [...before.keys()]);
  for (const [path, entry] of before) {
    if (path !== MANIFEST) assert.deepEqual(after.get(path), entry);
  }
  const manifest = text(readBundle(renamed).read(MANIFEST, 1e6));
  assert.match(manifest, /^Bundle-SymbolicName: Copy; singleton:=true\r$/m);
  assert.match(manifest, /^Origin-Bundle-SymbolicName: Greeting\r$/m);
  for (const line of manifest.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 72, line);
});

test('a new name cannot bring manifest attributes of its own', () => {
  assert.throws(
    () => renameBundle(greeting(), { name: 'x\r\nSAP-BundleType: Other' }),
    BundleFault,
  );
  assert.throws(() => renameBundle(greeting(), { version: '1\n' }), BundleFault);
  assert.throws(() => renameBundle(greeting(), { id: 'a; b:=c' }), BundleFault);
});

test('an empty bundle can be read and has a start that leads to an end', () => {
  const bundle = readBundle(emptyBundle('IntegrationFlow', 'Fresh', 'Fresh & new'));
  assert.equal(bundle.name, 'Fresh & new');
  assert.match(
    text(bundle.read(bundle.paths.find((p) => p.endsWith('.iflw')) ?? '', 1e6)),
    /sequenceFlow/,
  );
});

test('a zip with any bytes changed is either read or refused with a BundleFault', () => {
  const good = greeting();
  const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
      const zip = Buffer.from(good);
      for (const [at, value] of changes) zip[at] = value;
      try {
        readBundle(zip);
      } catch (error) {
        assert.ok(error instanceof BundleFault, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
