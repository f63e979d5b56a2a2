import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { BundleFault, readBundle } from '../../shared/iflow/bundle/bundle.ts';
import { parseProperties, replaceProperties } from '../../shared/iflow/bundle/properties.ts';
import { inflate, readZip } from '../../shared/iflow/bundle/unzip.ts';
import { deflateEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';
import { compileBundle } from '../../shared/iflow/compile.ts';
import { configureBundle } from '../../shared/iflow/bundle/configure.ts';
import { NotDeployable } from '../../shared/iflow/flow.ts';
import { check, textOf } from './check.ts';

const good = Buffer.from(
  buildBundle({
    id: 'Fuzzed',
    name: 'Fuzzed',
    address: '/fuzzed/{{path}}',
    allowedHeaders: 'x-a|x-.*',
    namespaceMapping: 'xmlns:n=urn:n',
    parameters: { path: 'v1', other: 'x' },
    steps: [
      { type: 'script', name: 'S', fileName: 's.js', source: 'function processData(m) {}' },
      {
        type: 'contentModifier',
        name: 'M',
        headers: [{ name: 'a', type: 'expression', value: '${property.b}-${date:now:yyyy}' }],
        properties: [{ name: 'b', type: 'xpath', value: '//n:b' }],
      },
    ],
  }),
);

/** A bundle is compiled, or refused with sentences; nothing else comes out. */
function compilesOrRefuses(zip: Uint8Array): void {
  try {
    compileBundle(zip);
  } catch (error) {
    if (!(error instanceof BundleFault) && !(error instanceof NotDeployable)) throw error;
    assert.ok(error.faults.length > 0);
    for (const fault of error.faults) assert.match(fault, /^[A-Z"].*\.$/s);
  }
}

test('a zip with bytes changed, cut or put in is read or refused', async () => {
  const change = fc.record({
    at: fc.nat({ max: good.length }),
    remove: fc.nat({ max: 8 }),
    insert: fc.uint8Array({ maxLength: 8 }),
  });
  await check(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      let zip: Buffer = good;
      for (const { at, remove, insert } of changes) {
        zip = Buffer.concat([zip.subarray(0, at), insert, zip.subarray(at + remove)]);
      }
      compilesOrRefuses(zip);
    }),
    3,
  );
});

test('an .iflw with text changed is compiled or refused', async () => {
  const entries = readZip(good);
  const path = [...entries.keys()].find((name) => name.endsWith('.iflw')) ?? '';
  const entry = entries.get(path);
  assert.ok(entry !== undefined);
  const iflw = Buffer.from(inflate(entry)).toString('utf8');
  const text = textOf(
    '<a>',
    '</a>',
    '&lt;row&gt;',
    '&#0;',
    '&amp;',
    '{{path}}',
    '{{',
    '}}',
    '"',
    '<!--',
    '-->',
    '<![CDATA[',
    '<?x?>',
    '__proto__',
    'constructor',
    '${body}',
    '${',
    '(',
    '|',
    '/*',
  );
  const change = fc.record({ at: fc.nat({ max: iflw.length }), remove: fc.nat({ max: 30 }), text });
  await check(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      let changed = iflw;
      for (const { at, remove, text: put } of changes) {
        changed = changed.slice(0, at) + put + changed.slice(at + remove);
      }
      const zip = new Map(entries).set(path, deflateEntry(path, changed.toWellFormed()));
      compilesOrRefuses(writeZip(zip.values()));
    }),
    6,
  );
});

test('properties: any text is read; any parameter that is set reads back as it was', async () => {
  const line = textOf(
    'a',
    '=',
    ':',
    ' ',
    '\\',
    '\n',
    '\r\n',
    '#',
    '!',
    '\\u00e4',
    '\\u',
    '\t',
    '\f',
  );
  await check(
    fc.property(line, (text) => {
      for (const [name, value] of parseProperties(text)) {
        assert.ok(typeof name === 'string' && typeof value === 'string');
      }
    }),
  );
  const value = fc.oneof(line, fc.string({ unit: 'binary', maxLength: 20 }));
  await check(
    fc.property(line, fc.dictionary(value, value, { maxKeys: 3 }), (text, wanted) => {
      const before = parseProperties(text);
      const values = new Map(Object.entries(wanted));
      const after = replaceProperties(text, values);
      assert.deepEqual(
        new Map([...parseProperties(after)].sort()),
        new Map([...new Map([...before, ...values])].sort()),
      );
      assert.equal(replaceProperties(after, values), after);
    }),
  );
  await check(
    fc.property(value, (given) => {
      const zip = configureBundle(good, { other: given });
      const { parameters } = readBundle(zip);
      assert.deepEqual(
        [...parameters],
        [
          ['path', 'v1'],
          ['other', given],
        ],
      );
    }),
    3,
  );
});
