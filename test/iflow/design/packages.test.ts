import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createPackageMessages } from '../../../shared/iflow/design/package-messages.ts';
import { openTables } from '../../../shared/storage/tables.ts';
import { startApi } from '../../odata/api-under-test.ts';

test('a package that is deleted while artifacts are created in it leaves none behind', async () => {
  const first = await startApi();
  const second = await startApi({ storage: first.storage });
  await first.packages.create('P', {}, 'tester');
  const create = (id: string) =>
    second.artifacts.create(
      { id, packageId: 'P', name: undefined, description: undefined, content: undefined },
      'tester',
    );
  const creations = Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map(create));
  await first.packages.remove('P');
  for (const outcome of await creations) {
    if (outcome.status === 'rejected') {
      assert.equal((outcome.reason as { reason: string }).reason, 'unknown_package');
    }
  }
  assert.equal(await first.design.findPackage('P'), undefined);
  assert.deepEqual(await first.design.listArtifacts(), []);
});

test('fields that a change leaves out stay, and both of two changes at the same time are kept', async () => {
  const { packages } = await startApi();
  await packages.create('P', { name: 'n', vendor: 'v', keywords: 'k' }, 'maker');
  await Promise.all([
    packages.update('P', { vendor: 'w' }, 'changer'),
    packages.update('P', { keywords: 'l' }, 'changer'),
  ]);
  const { name, vendor, keywords, createdBy, modifiedBy } = await packages.get('P');
  assert.deepEqual(
    [name, vendor, keywords, createdBy, modifiedBy],
    ['n', 'w', 'l', 'maker', 'changer'],
  );
});

test('an artifact is not created in a package that was closed since it was read', async () => {
  const { packages, artifacts, design, storage } = await startApi();
  await packages.create('P', {}, 'tester');
  const read = await design.findPackage('P');
  assert.ok(read !== undefined);
  const given = { packageId: 'P', name: undefined, description: undefined, content: undefined };
  const first = await artifacts.create({ ...given, id: 'first' }, 'tester');
  assert.equal(await design.createArtifact({ ...first, id: 'late' }, read), 'stale');

  const closing = await design.findPackage('P');
  assert.ok(closing !== undefined);
  await openTables(storage)
    .table('design')
    .updateEntity({ partitionKey: 'design', rowKey: 'p|P', closed: true }, 'Merge');
  assert.equal(await design.createArtifact({ ...first, id: 'late' }, closing), 'stale');
  assert.equal(await design.replacePackage(closing.value, closing.etag), 'stale');
  assert.equal(await design.findPackage('P'), undefined);
  assert.equal(await design.findArtifact('late'), undefined);
});

test('packages are read for what is to be said of them one at a time, and few wait', async () => {
  const { design, packages } = await startApi();
  await packages.create('P', {}, 'tester');
  let reading = 0;
  let most = 0;
  const messages = createPackageMessages({
    store: design,
    blobs: { get: () => Promise.resolve(undefined) },
    bundles: {
      bundleIdentity: () => assert.fail('nothing is read'),
      configureBundle: (zip) => zip,
    },
    async foresee() {
      reading += 1;
      most = Math.max(most, reading);
      await delay(1);
      reading -= 1;
      return [];
    },
  });
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => messages('P')));
  assert.equal(most, 1);
  assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 11);
});
