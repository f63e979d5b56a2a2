import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflate, readZip } from '../../shared/iflow/bundle/unzip.ts';
import { openTables } from '../../shared/storage/tables.ts';
import {
  contentPackage,
  type PackageDescription,
  resourceId,
  scriptCollection,
} from '../support/content-package.ts';
import { type ApiUnderTest, entityIn, errorIn, startApi } from './api-under-test.ts';
import { blobsOf, importZip, overwrite } from './packages-under-test.ts';

/** A package of script collections, each with a script that says which import it is of. */
function packageOf(count: number, mark: string, id = 'Many'): Uint8Array {
  const resources = Array.from({ length: count }, (_, i): PackageDescription['resources'][0] => {
    const own = `sc${String(i).padStart(3, '0')}`;
    const content = scriptCollection({ id: own }, { 'a.js': `// ${mark}` });
    return { type: 'ScriptCollection', id: own, content };
  });
  return contentPackage({ id, name: mark, resources });
}

async function contentsOf(api: ApiUnderTest): Promise<Set<string>> {
  const marks = new Set<string>();
  for (const { content } of await api.design.listArtifacts()) {
    const zip = await api.blobs.get(content);
    assert.ok(zip !== undefined, 'every artifact has its bundle');
    const script = readZip(zip).get('src/main/resources/script/a.js');
    assert.ok(script !== undefined);
    marks.add(Buffer.from(inflate(script)).toString());
  }
  return marks;
}

/** Instances on one storage, so that none waits for another's turn. */
async function startTwo(): Promise<[ApiUnderTest, ApiUnderTest]> {
  const first = await startApi();
  return [first, await startApi({ storage: first.storage })];
}

test('of two imports of a new package at the same time one is taken; the other is refused and leaves no blob', async () => {
  const [first, second] = await startTwo();
  const answers = await Promise.all([
    importZip(first, packageOf(5, 'first')),
    importZip(second, packageOf(5, 'second')),
  ]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 500]);
  const taken = answers.find(({ status }) => status === 201);
  assert.ok(taken !== undefined);
  const name = entityIn(taken)['Name'];
  assert.deepEqual(await contentsOf(first), new Set([`// ${String(name)}`]));
  assert.equal((await first.packages.get('Many')).name, name);
  assert.equal((await blobsOf(first)).length, 6);
});

test('of two imports that overwrite, the package is that of one of them, whole', async () => {
  const [first, second] = await startTwo();
  for (let round = 0; round < 3; round += 1) {
    const answers = await Promise.all([
      overwrite(first, packageOf(4, 'first')),
      overwrite(second, packageOf(4, 'second')),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201],
    );
    const { name } = await first.packages.get('Many');
    assert.deepEqual(await contentsOf(first), new Set([`// ${name}`]));
    assert.equal((await blobsOf(first)).length, 5);
    const zip = (await first.get("IntegrationPackages('Many')/$value")).bytes;
    assert.ok(zip.equals(packageOf(4, name)));
  }
});

test('a package that is imported and deleted at the same time is there whole or not at all', async () => {
  const [first, second] = await startTwo();
  await importZip(first, packageOf(3, 'first'));
  const [imported, deleted] = await Promise.all([
    overwrite(first, packageOf(3, 'second')),
    second.delete("IntegrationPackages('Many')"),
  ]);
  assert.equal(imported.status, 201);
  assert.equal(deleted.status, 202);
  const there = await first.design.findPackage('Many');
  const count = (await first.design.listArtifacts()).length;
  assert.equal(count, there === undefined ? 0 : 3);
});

test('a package of more artifacts than one step takes is imported, exported and overwritten', async () => {
  const api = await startApi();
  const zip = packageOf(230, 'first');
  assert.equal((await importZip(api, zip)).status, 201);
  assert.equal((await api.design.listArtifacts()).length, 230);
  assert.ok((await api.get("IntegrationPackages('Many')/$value")).bytes.equals(zip));
  assert.equal((await overwrite(api, packageOf(230, 'second'))).status, 201);
  assert.deepEqual(await contentsOf(api), new Set(['// second']));
  assert.equal((await api.design.findPackage('Many'))?.value.unfinished, undefined);
  assert.equal((await blobsOf(api)).length, 231);
});

test('an import that ends half-way shows that it has, and the next one goes on from there', async () => {
  const api = await startApi();
  const table = openTables(api.storage).table('design');
  // A second batch that cannot be written: its row is there, by another hand.
  await api.post('IntegrationPackages', { Id: 'Other' });
  await api.post('ScriptCollectionDesigntimeArtifacts', { Id: 'sc120', PackageId: 'Other' });
  const found = await api.design.findArtifact('sc120');
  assert.ok(found !== undefined);
  const value = (id: string) => ({ ...found.value, id, packageId: 'Many' });
  const { value: other } = (await api.design.findPackage('Other')) ?? {};
  assert.ok(other !== undefined);
  const writes = Array.from({ length: 150 }, (_, i) => ({
    value: value(`sc${String(i).padStart(3, '0')}`),
    etag: undefined,
  }));
  const outcome = await api.design.writePackage(
    { value: { ...other, id: 'Many' }, etag: undefined },
    writes,
  );
  assert.equal(outcome, 'begun');
  assert.equal((await api.design.findPackage('Many'))?.value.unfinished, true);
  const refused = await api.get("IntegrationPackages('Many')/$value");
  assert.equal(refused.status, 500);
  assert.match(errorIn(refused).message.value, /has ended half-way\. Import it once more/);

  await table.deleteEntity('design', 'a|sc120');
  const taken = await importZip(api, packageOf(150, 'again'));
  assert.equal(taken.status, 201, taken.text.slice(0, 300));
  assert.deepEqual(await contentsOf(api), new Set(['// again']));
  assert.equal((await api.design.findPackage('Many'))?.value.unfinished, undefined);
  assert.equal((await api.get("IntegrationPackages('Many')/$value")).status, 200);
});

test('an import takes up a removal of its package that ended half-way', async () => {
  const api = await startApi();
  await importZip(api, packageOf(2, 'old'));
  await openTables(api.storage)
    .table('design')
    .updateEntity({ partitionKey: 'design', rowKey: 'p|Many', closed: true }, 'Merge');
  assert.equal((await api.get("IntegrationPackages('Many')")).status, 404);
  const zip = packageOf(1, 'new');
  assert.equal((await importZip(api, zip)).status, 201);
  assert.deepEqual(await contentsOf(api), new Set(['// new']));
  assert.ok((await api.get("IntegrationPackages('Many')/$value")).bytes.equals(zip));
  assert.ok(readZip(zip).has(`${resourceId('Many', 'sc000')}_content`));
});
