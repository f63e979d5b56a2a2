import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { deflateEntry, storeEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';
import {
  contentPackage,
  directoryOf,
  encodeDirectory,
  type PackageDescription,
  zipWithDescriptors,
} from '../support/content-package.ts';
import { type RunningInstances, runInstances } from './running-instances.ts';

export const LOCAL_ONLY = 'sends packages that are made to exhaust an instance';

let running: RunningInstances;
/** How many packages and iFlows there are without any import. */
let counts: readonly string[];

before(async () => {
  running = await runInstances();
  counts = await count();
});

async function count(): Promise<string[]> {
  const counted: string[] = [];
  for (const set of ['IntegrationPackages', 'IntegrationDesigntimeArtifacts']) {
    counted.push(await (await running.admin.send('GET', `/api/v1/${set}/$count`)).text());
  }
  return counted;
}

const flow = buildBundle({ id: 'HostileFlow', name: 'F', address: '/hf', steps: [] });
const good: PackageDescription = {
  id: 'HostilePackage',
  resources: [{ type: 'IFlow', id: 'HostileFlow', content: flow }],
};

type Directory = ReturnType<typeof directoryOf>;

/** The good package with another directory. */
const listing = (change: (directory: Directory) => unknown): Uint8Array =>
  contentPackage({ ...good, directory: encodeDirectory(change(directoryOf(good))) });

const withSelf = (changes: Record<string, unknown>): Uint8Array =>
  listing(({ resources, relations }) => ({
    relations,
    resources: resources.map((one) =>
      one['resourceType'] === 'ContentPackage' ? { ...one, ...changes } : one,
    ),
  }));

const encode = (text: string): string => Buffer.from(text).toString('base64');

/** Refused whole (400): nothing is stored. */
const refused: readonly [what: string, zip: () => Uint8Array, text: RegExp][] = [
  ['no zip', () => Buffer.from('no zip'), /not a zip/],
  ['half a zip', () => contentPackage(good).subarray(0, 900), /not a zip|damaged/],
  ['no resources.cnt', () => writeZip([deflateEntry('a', '')]), /neither a bundle nor/],
  [
    'a directory that is not base64',
    () => contentPackage({ ...good, directory: '{"resources":[]}' }),
    /resources\.cnt in the package is not base64/,
  ],
  [
    'a directory with base64 of another alphabet',
    () => contentPackage({ ...good, directory: encode('{"a":"??>"}').replace(/[+/]/g, '-') + '-' }),
    /is not base64/,
  ],
  ['an empty directory', () => contentPackage({ ...good, directory: '' }), /is not base64/],
  ['a directory of no JSON', () => contentPackage({ ...good, directory: encode('{') }), /not JSON/],
  ['a directory of null', () => listing(() => null), /not a JSON object/],
  ['a directory of an array', () => listing(() => []), /not a JSON object/],
  ['no resources', () => listing(() => ({})), /lists no resources/],
  ['resources that are a text', () => listing(() => ({ resources: 'x' })), /lists no resources/],
  [
    'a resource that is null',
    () => listing(() => ({ resources: [null] })),
    /resource that is none/,
  ],
  ['no package', () => listing(() => ({ resources: [] })), /does not say which package/],
  [
    'two packages',
    () =>
      listing(({ resources }) => ({
        resources: [...resources, { ...resources[1], id: 'a'.repeat(32) }],
      })),
    /more than one package/,
  ],
  [
    'ids that are paths',
    () =>
      listing(({ resources }) => ({
        resources: [{ ...resources[0], id: '../../../../etc/passwd' }, resources[1]],
      })),
    /without an id of 32 hexadecimal digits/,
  ],
  [
    'one id twice',
    () => listing(({ resources }) => ({ resources: [...resources, resources[0]] })),
    /two resources of the same id/,
  ],
  [
    'too many resources',
    () =>
      listing(({ resources }) => ({ resources: Array.from({ length: 5001 }, () => resources[0]) })),
    /more than 5000 resources/,
  ],
  [
    'a directory that is nested without end',
    () => contentPackage({ ...good, directory: encode('['.repeat(1_000_000)) }),
    /nested more than 50 deep/,
  ],
  [
    'a directory of 12 MB',
    () => contentPackage({ ...good, directory: encode(`{"a":"${'x'.repeat(12_000_000)}"}`) }),
    /is too large/,
  ],
  ['an Id with a slash', () => withSelf({ uniqueId: 'a/b' }), /other signs than letters/],
  ['an Id that is empty', () => withSelf({ uniqueId: '', name: '' }), /other signs than letters/],
  ['an Id without end', () => withSelf({ uniqueId: 'x'.repeat(121) }), /longer than 120/],
  [
    'a bomb by ratio',
    () => contentPackage({ ...good, entries: { bomb: Buffer.alloc(201 * 1024 * 1024) } }),
    /unpacks to more than 200 MB/,
  ],
  [
    'a file that climbs out',
    () => writeZip([deflateEntry('resources.cnt', 'e30='), deflateEntry('../evil', '')]),
    /unsafe name/,
  ],
  [
    'an export of Trading Partner Management',
    () => zipWithDescriptors({ 'CompanyProfileConfiguration/a::profile.JSON': '{}' }),
    /an export of Trading Partner Management/,
  ],
  [
    'an export of Integration Advisor',
    () => zipWithDescriptors({ 'manifest.json': '{}', 'migs/MIG_1.json': '{}' }),
    /an export of Integration Advisor/,
  ],
  [
    'an adapter',
    () => zipWithDescriptors({ 'OSGI-INF/SUBSYSTEM.MF': '' }),
    /an integration adapter/,
  ],
  ['the bundle of an iFlow', () => flow, /bundle of one artifact/],
];

const send = (zip: Uint8Array, query = '?Overwrite=true') =>
  running.admin.send('POST', `/api/v1/IntegrationPackages${query}`, {
    PackageContent: Buffer.from(zip).toString('base64'),
  });

for (const [what, zip, text] of refused) {
  test(`a package with ${what} is refused with a sentence, and nothing is stored`, async () => {
    const response = await send(zip());
    const answer = await response.text();
    assert.equal(response.status, 400, answer.slice(0, 500));
    assert.match(answer, text);
    assert.doesNotMatch(answer, /zlib|inflate|Error|node:|JSON at position/);
    assert.deepEqual(await count(), counts);
    await running.assertWell();
  });
}

test('a package above 64 MB is refused (413) before it is read', async () => {
  const noise = Buffer.alloc(64 * 1024 * 1024 + 1, 7);
  const response = await send(writeZip([storeEntry('noise', noise)]));
  assert.equal(response.status, 413);
  await response.text();
  await running.assertWell();
});

/** Imported, with the harm left out, and exported again. */
const harmless: readonly [id: string, zip: (id: string) => Uint8Array, check?: RegExp][] = [
  [
    'Cycles',
    (id) => {
      const own = { ...good, id, resources: [] };
      const { resources } = directoryOf(own);
      const relation = { sourceId: resources[0]?.['id'], targetId: resources[0]?.['id'] };
      const directory = encodeDirectory({ resources, relations: [relation, null, 'x', relation] });
      return contentPackage({ ...own, directory });
    },
  ],
  [
    'Prototype',
    (id) => {
      const text = JSON.stringify(directoryOf({ ...good, id, resources: [] }));
      const directory = encode(
        text.replace('{', '{"__proto__":{"resources":[]},"constructor":{},'),
      );
      return contentPackage({ ...good, id, resources: [], directory });
    },
  ],
  [
    'Members',
    (id) => {
      const { resources, relations } = directoryOf({ ...good, id, resources: [] });
      const odd = {
        displayName: 7,
        additionalAttributes: { Description: { attributeValues: [{}, 1] } },
      };
      const directory = encodeDirectory({ resources: [{ ...resources[0], ...odd }], relations });
      return contentPackage({ ...good, id, resources: [], directory });
    },
  ],
  [
    'BombInside',
    (id) =>
      contentPackage({
        ...{ ...good, id },
        resources: [
          {
            ...{ type: 'IFlow', id: 'Bomb' },
            content: writeZip([
              deflateEntry('META-INF/MANIFEST.MF', Buffer.alloc(190 * 1024 * 1024)),
            ]),
          },
        ],
      }),
    /too large/,
  ],
  [
    'NameInside',
    (id) =>
      contentPackage({
        ...{ ...good, id },
        resources: [
          { type: 'IFlow', id: 'Climber', content: writeZip([deflateEntry('../../x', '')]) },
        ],
      }),
    /unsafe name/,
  ],
];

for (const [id, zip, check] of harmless) {
  test(`a package made to harm (${id}) is imported without the harm, exported as it is, and harms nobody`, async () => {
    const sent = zip(id);
    const response = await send(sent);
    const answer = await response.text();
    assert.equal(response.status, 201, answer.slice(0, 500));
    if (check !== undefined) assert.match(answer, check);
    const path = `/api/v1/IntegrationPackages('${id}')`;
    const exported = await running.admin.send('GET', `${path}/$value`);
    assert.ok(Buffer.from(await exported.arrayBuffer()).equals(Buffer.from(sent)));
    await running.admin.send('PUT', path, { ShortText: 'changed' });
    const changed = await running.admin.send('GET', `${path}/$value`);
    assert.equal(changed.status, 200);
    const again = await send(Buffer.from(await changed.arrayBuffer()));
    assert.equal(again.status, 201, await again.text());
    await running.assertWell();
    assert.equal((await running.admin.send('DELETE', path)).status, 202);
  });
}
