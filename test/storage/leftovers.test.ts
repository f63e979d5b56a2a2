import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { StoredDeployment } from '../../shared/iflow/deployment/deployment-store.ts';
import type { DesignArtifact, IntegrationPackage } from '../../shared/iflow/design/design-store.ts';
import type { CompiledValueMapping } from '../../shared/iflow/value-mapping/compiled.ts';
import { openBundleBlobs } from '../../shared/storage/blobs.ts';
import { openStorageCopy } from '../../shared/storage/copy.ts';
import { openDeploymentStore } from '../../shared/storage/deployments.ts';
import { openDesignStore } from '../../shared/storage/design.ts';
import { removeUnnamedBundles, removeUnnamedCompiled } from '../../shared/storage/leftovers.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage } from '../support/azurite.ts';

const DAY_MS = 86_400_000;
/** All that is there is older. */
const all = () => ({ before: Date.now() + DAY_MS, most: 100 });
/** All that is there is younger. */
const none = () => ({ before: Date.now() - DAY_MS, most: 100 });

const inPackage = (content: string): IntegrationPackage => ({
  ...{ id: 'P', name: 'P', description: '', shortText: '', version: '1.0.0', vendor: '' },
  ...{ supportedPlatform: '', products: '', keywords: '', countries: '', industries: '' },
  ...{
    lineOfBusiness: '',
    createdBy: 'me',
    createdAt: 1,
    modifiedBy: 'me',
    modifiedAt: 1,
    content,
  },
});

const artifact = (content: string): DesignArtifact => ({
  ...{ kind: 'IntegrationFlow', id: 'a', uid: 'uid', name: 'a', description: '', packageId: 'P' },
  ...{ version: '1.0.0', createdBy: 'me', createdAt: 1, modifiedBy: 'me', modifiedAt: 1, content },
});

const mapping: CompiledValueMapping = { format: 1, tables: [] };

/** A value mapping that is deployed. */
const deployed = (revision: string, previousRevision: string): StoredDeployment => ({
  deployment: {
    ...{ id: 'M', type: 'VALUE_MAPPING', name: 'M', version: '1.0.0', packageId: 'P' },
    ...{ packageName: 'P', status: 'STARTED', deployedBy: 'me', deployedOn: 1, revision },
    ...{ addresses: [], faults: [] },
  },
  previousRevision,
  taskIds: [],
});

/** Storage with a package. */
async function withPackage() {
  const storage = await testStorage();
  const tables = openTables(storage);
  const blobs = openBundleBlobs(storage);
  const copy = openStorageCopy(storage);
  const design = openDesignStore(tables);
  const put = (text: string): Promise<string> => blobs.put(Buffer.from(text));
  const content = await put('package');
  await design.createPackage(inPackage(content));
  const found = await design.findPackage('P');
  assert.ok(found !== undefined);
  const left = async (): Promise<string[]> => [...(await copy.listBlobs())].sort();
  return { tables, blobs, copy, design, put, content, found, left };
}

test('a bundle whose row was never written goes; bundles of packages, artifacts, versions and origins stay', async () => {
  const { tables, blobs, copy, design, put, content, found, left } = await withPackage();
  const [active, version, bundle] = [await put('active'), await put('version'), await put('as is')];
  const origin = { content, resourceId: 'r', bundle };
  await design.createArtifact({ ...artifact(active), origin }, found);
  await design.createVersion({ ...artifact(version), version: '0.9.0' });
  await copy.writeBlob('by-hand.zip', Buffer.from('not ours'));
  const orphan = await put('killed before its row');

  assert.equal(await removeUnnamedBundles(tables, blobs, none()), 0);
  assert.ok((await left()).includes(orphan), 'a call may be about to name it');
  assert.equal(await removeUnnamedBundles(tables, blobs, all()), 1);
  assert.deepEqual(await left(), [content, active, version, bundle, 'by-hand.zip'].sort());
  assert.equal(await removeUnnamedBundles(tables, blobs, all()), 0);
});

test('a bundle that an instance names while another one sweeps stays', async () => {
  const { tables, blobs, design, put, found, left } = await withPackage();
  const late = await put('late');
  const slow: Parameters<typeof removeUnnamedBundles>[1] = {
    remove: (name) => blobs.remove(name),
    async *writtenBefore(before) {
      yield* blobs.writtenBefore(before);
      await design.createArtifact(artifact(late), found);
    },
  };
  assert.equal(await removeUnnamedBundles(tables, slow, all()), 0);
  assert.ok((await left()).includes(late));
});

test('a run removes a bounded number of bundles, and the next goes on', async () => {
  const { tables, blobs, put, content, left } = await withPackage();
  for (let i = 0; i < 3; i += 1) await put(`${i}`);
  assert.equal(await removeUnnamedBundles(tables, blobs, { ...all(), most: 2 }), 2);
  assert.equal((await left()).length, 2);
  assert.equal(await removeUnnamedBundles(tables, blobs, { ...all(), most: 2 }), 1);
  assert.deepEqual(await left(), [content]);
});

test('where no row is there no bundle goes: the table may be about to be restored', async () => {
  const storage = await testStorage();
  const [tables, blobs] = [openTables(storage), openBundleBlobs(storage)];
  const name = await blobs.put(Buffer.from('x'));
  assert.equal(await removeUnnamedBundles(tables, blobs, all()), 0);
  await tables.createAll();
  assert.equal(await removeUnnamedBundles(tables, blobs, all()), 0);
  assert.notEqual(await blobs.get(name), undefined);
});

test('what a killed deployment has compiled goes; what is deployed, and was before it, stays', async () => {
  const tables = openTables(await testStorage());
  const store = openDeploymentStore(tables);
  const [live, previous, orphan] = [randomUUID(), randomUUID(), randomUUID()];
  for (const revision of [live, previous, orphan]) await store.writeValueMapping(revision, mapping);
  // Of more than one row, the second of which is the younger.
  const part = { c0: Buffer.alloc(1), rows: 2, partitionKey: `flow|${orphan}`, rowKey: '1' };
  await tables.table('deployments').createEntity(part);

  assert.equal(await removeUnnamedCompiled(tables, store, all()), 0, 'nothing was ever deployed');
  const put = deployed(live, previous);
  assert.equal(await store.commit(await store.readState(), { put }, 'g'), 'committed');

  assert.equal(await removeUnnamedCompiled(tables, store, none()), 0);
  assert.notEqual(await store.readValueMapping(orphan), undefined);
  assert.equal(await removeUnnamedCompiled(tables, store, all()), 1);
  assert.equal(await store.readValueMapping(orphan), undefined);
  const rows: unknown[] = [];
  for await (const row of tables.table('deployments').listEntities()) rows.push(row.partitionKey);
  assert.equal(rows.length, 4, 'the generation, the deployment and two that it names');
  for (const revision of [live, previous]) {
    assert.deepEqual(await store.readValueMapping(revision), mapping);
  }
  assert.equal((await store.readState()).deployments.length, 1);
});

test('a deployment that commits while another instance sweeps keeps what it has compiled', async () => {
  const tables = openTables(await testStorage());
  const store = openDeploymentStore(tables);
  const revision = randomUUID();
  await store.writeValueMapping(revision, mapping);
  const put = deployed(revision, '');
  const committing: Parameters<typeof removeUnnamedCompiled>[1] = {
    async readState() {
      await store.commit(await store.readState(), { put }, 'g');
      return store.readState();
    },
  };
  assert.equal(await removeUnnamedCompiled(tables, committing, all()), 0);
  assert.notEqual(await store.readValueMapping(revision), undefined);
});

test('more bundles than the service lists at a time are all listed, each once', async () => {
  const blobs = openBundleBlobs(await testStorage());
  const put = new Set<string>();
  for (let i = 0; i < 1002; i += 6) {
    const names = await Promise.all([1, 2, 3, 4, 5, 6].map(() => blobs.put(Buffer.from('x'))));
    for (const name of names) put.add(name);
  }
  const listed: string[] = [];
  for await (const name of blobs.writtenBefore(all().before)) listed.push(name);
  assert.equal(listed.length, 1002);
  assert.deepEqual(new Set(listed), put);
});
