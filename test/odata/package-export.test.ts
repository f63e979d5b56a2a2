import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { bundleIdentity, readBundle } from '../../shared/iflow/bundle/bundle.ts';
import { readContentPackage } from '../../shared/iflow/bundle/content-package.ts';
import { renameBundle } from '../../shared/iflow/bundle/rename.ts';
import { inflate, readZip } from '../../shared/iflow/bundle/unzip.ts';
import { storeEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';
import {
  contentPackage,
  directoryOf,
  type PackageDescription,
  resourceId,
  scriptCollection,
  valueMapping,
} from '../support/content-package.ts';
import { type ApiUnderTest, bundleAt, errorIn, startApi } from './api-under-test.ts';
import { blobsOf, importZip, overwrite } from './packages-under-test.ts';

const flow = (id: string, version = '1.0.0'): Uint8Array =>
  buildBundle({
    ...{ id, name: id, version, address: '{{the address}}' },
    description: 'Told in the bundle',
    parameters: { 'the address': `/${id}`, other: 'o' },
    steps: [],
  });

const described: PackageDescription = {
  id: 'Round',
  name: 'Round trip',
  description: 'd'.repeat(11_000),
  resources: [
    { type: 'IFlow', id: 'one', name: 'one', content: flow('one') },
    { type: 'IFlow', id: 'two', description: 'Told by the package', content: flow('two') },
    { type: 'IFlow', id: 'cut', content: flow('cut').subarray(0, 300) },
    { type: 'ScriptCollection', id: 'sc', content: scriptCollection({ id: 'sc' }, { 'a.js': '' }) },
    { type: 'ValueMapping', id: 'vm', content: valueMapping({ id: 'vm' }, []) },
    { type: 'File', id: 'guide', content: Buffer.from('%PDF') },
    { type: 'Url', id: 'link' },
  ],
};
const original = Buffer.from(contentPackage(described));

const exportZip = async (api: ApiUnderTest, id = 'Round'): Promise<Buffer> => {
  const answer = await api.get(`IntegrationPackages('${id}')/$value`, {
    accept: 'application/zip',
  });
  assert.equal(answer.status, 200, answer.text.slice(0, 300));
  return answer.bytes;
};

const active = (id: string): string =>
  `IntegrationDesigntimeArtifacts(Id='${id}',Version='active')`;
const entryOf = (id: string): string => `${resourceId('Round', id)}_content`;

/** Names of entries that differ between two zips, packed. */
function differences(before: Uint8Array, after: Uint8Array): string[] {
  const [a, b] = [readZip(before), readZip(after)];
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => {
    const [x, y] = [a.get(name), b.get(name)];
    return x === undefined || y === undefined || !Buffer.from(x.packed).equals(y.packed);
  });
}

async function startImported(): Promise<ApiUnderTest> {
  const api = await startApi();
  assert.equal((await importZip(api, original)).status, 201);
  return api;
}

test('a package that nothing was changed in is exported byte for byte as it came in', async () => {
  const api = await startImported();
  const answer = await api.get("IntegrationPackages('Round')/$value");
  assert.equal(answer.headers.get('content-type'), 'application/zip');
  assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="Round.zip"');
  assert.ok(answer.bytes.equals(original));
  // Configured to what it is, deployed, imported again: nothing of it is a change.
  await api.put(`${active('one')}/$links/Configurations('other')`, { ParameterValue: 'o' });
  await api.post("DeployIntegrationDesigntimeArtifact?Id='one'&Version='active'");
  assert.ok((await exportZip(api)).equals(original));
  await overwrite(api, original);
  assert.ok((await exportZip(api)).equals(original));
  assert.equal((await api.get("IntegrationPackages('Nowhere')/$value")).status, 404);
});

test('a bundle is exported byte for byte as it came in, alone and with its package', async () => {
  const api = await startImported();
  for (const id of ['one', 'two']) {
    assert.ok((await api.get(`${active(id)}/$value`)).bytes.equals(flow(id)));
  }
});

test('a configured parameter changes its line of parameters.prop and no other file, and comes back in the export', async () => {
  const api = await startImported();
  const value = await api.put(`${active('one')}/$links/Configurations('the%20address')`, {
    ParameterValue: '/else: where',
  });
  assert.equal(value.status, 202);
  const after = await exportZip(api);
  assert.deepEqual(differences(original, after), [entryOf('one')]);
  const entry = readZip(after).get(entryOf('one'));
  assert.ok(entry !== undefined);
  const bundle = inflate(entry);
  const prop = 'src/main/resources/parameters.prop';
  assert.deepEqual(differences(flow('one'), bundle), [prop]);
  const text = Buffer.from(readBundle(bundle).read(prop, 1000) ?? []).toString();
  assert.equal(text, 'the\\ address=/else\\:\\ where\nother=o\n');
  // Another tenant takes it, and a second export is the same.
  const second = await startApi();
  assert.equal((await importZip(second, after)).status, 201);
  assert.ok((await exportZip(second)).equals(after));
  assert.ok((await exportZip(api)).equals(after));
});

test('another bundle, a description and the name of the package change what says so, and nothing else', async () => {
  const api = await startImported();
  const next = flow('two', '1.2.0');
  await api.put(active('two'), { ArtifactContent: Buffer.from(next).toString('base64') });
  const changed = await exportZip(api);
  assert.deepEqual(differences(original, changed), [entryOf('two'), 'resources.cnt']);
  const source = await readContentPackage(changed);
  const before = directoryOf(described).resources;
  for (const { id, uniqueId, json } of source.resources) {
    const was = before.find((resource) => resource['id'] === id);
    if (uniqueId === 'two') {
      assert.equal(json['semanticVersion'], '1.2.0');
      assert.equal(json['modifiedBy'], 'oauth_client_tester');
    } else assert.deepEqual(json, was);
  }
  assert.deepEqual(source.directory['relations'], directoryOf(described).relations);

  const other = await startImported();
  await other.put(active('one'), { Description: 'New' });
  await other.put("IntegrationPackages('Round')", { Name: 'Renamed', Keywords: 'k' });
  const again = await exportZip(other);
  assert.deepEqual(differences(original, again), ['resources.cnt']);
  const third = await startApi();
  await importZip(third, again);
  assert.equal((await third.packages.get('Round')).name, 'Renamed');
  assert.equal((await third.packages.get('Round')).keywords, 'k');
  assert.equal((await third.artifacts.get('one', 'active')).description, 'New');
});

test('what was added is in the export and what was deleted is not, while a damaged artifact stays', async () => {
  const api = await startImported();
  await api.delete(active('one'));
  const added = {
    ...{ Id: 'fresh', PackageId: 'Round', Description: 'Made here' },
    ArtifactContent: bundleAt('/fresh', { id: 'fresh', name: 'Fresh' }),
  };
  await api.post('IntegrationDesigntimeArtifacts', added);
  const zip = await exportZip(api);
  const names = [...readZip(zip).keys()];
  assert.ok(!names.includes(entryOf('one')));
  assert.ok(names.includes(entryOf('cut')));
  const source = await readContentPackage(zip);
  const ids = source.resources.map(({ uniqueId }) => uniqueId);
  assert.deepEqual(ids, ['two', 'cut', 'sc', 'vm', 'guide', 'link', 'Round', 'fresh']);
  const targets = (source.directory['relations'] as { targetId: string }[]).map((r) => r.targetId);
  assert.deepEqual(
    targets,
    source.resources.filter(({ type }) => type !== 'ContentPackage').map(({ id }) => id),
  );
  const second = await startApi();
  assert.equal((await importZip(second, zip)).status, 201);
  assert.equal((await second.artifacts.get('fresh', 'active')).description, 'Made here');
  assert.ok((await exportZip(second)).equals(zip));
});

test('a package that was made here is exported so that it can be imported elsewhere, the same each time', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'Made', Name: 'Made here', Vendor: 'Us' });
  const zips = { Flow: bundleAt('/made', { id: 'Flow', version: '3.1.0' }) };
  await api.post('IntegrationDesigntimeArtifacts', {
    ...{ Id: 'Flow', PackageId: 'Made' },
    ArtifactContent: zips.Flow,
  });
  await api.post('ScriptCollectionDesigntimeArtifacts', { Id: 'Scripts', PackageId: 'Made' });
  await api.post('ValueMappingDesigntimeArtifacts', { Id: 'Values', PackageId: 'Made' });
  const zip = await exportZip(api, 'Made');
  assert.ok((await exportZip(api, 'Made')).equals(zip));
  const second = await startApi();
  const imported = await importZip(second, zip);
  assert.equal(imported.status, 201, imported.text);
  const { name, vendor, version } = await second.packages.get('Made');
  assert.deepEqual([name, vendor, version], ['Made here', 'Us', '1.0.0']);
  const { zip: bundle } = await second.artifacts.getContent('Flow', 'active');
  assert.equal(Buffer.from(bundle).toString('base64'), zips.Flow);
  for (const kind of ['ScriptCollection', 'ValueMapping'] as const) {
    assert.equal((await second.kinds[kind].list('Made')).length, 1);
  }
  assert.ok((await exportZip(second, 'Made')).equals(zip));
});

test('a package above 64 MB is not exported, and says how else', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'Large' });
  const large = scriptCollection({ id: 'x' }, { 'noise.bin': Buffer.alloc(36 * 1024 * 1024, 1) });
  // Stored, so that the zip is as large as its file.
  const stored = [...readZip(large).values()].map((e) => storeEntry(e.name, inflate(e)));
  for (const id of ['a', 'b']) {
    const zip = renameBundle(writeZip(stored), { id });
    assert.equal(bundleIdentity(zip).id, id);
    await api.kinds.ScriptCollection.create(
      { id, packageId: 'Large', name: undefined, description: undefined, content: zip },
      'tester',
    );
  }
  const refused = await api.get("IntegrationPackages('Large')/$value");
  assert.equal(refused.status, 500);
  assert.match(errorIn(refused).message.value, /more than 64 MB\. Export its artifacts one by one/);
  assert.equal((await blobsOf(api)).length, 2);
});
