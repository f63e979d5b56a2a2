import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  DesignArtifact,
  DesignStore,
  IntegrationPackage,
} from '../../shared/iflow/design/design-store.ts';
import { openDesignStore } from '../../shared/storage/design.ts';
import { openTables, type Tables } from '../../shared/storage/tables.ts';
import { testStorage } from '../support/azurite.ts';

const inPackage: IntegrationPackage = {
  ...{ id: 'P', name: 'P', description: '', shortText: '', version: '1.0.0', vendor: '' },
  ...{ supportedPlatform: '', products: '', keywords: '', countries: '', industries: '' },
  ...{ lineOfBusiness: '', createdBy: 'me', createdAt: 1, modifiedBy: 'me', modifiedAt: 1 },
};

const artifact = (id: string, content: string, uid = `uid of ${id}`): DesignArtifact => ({
  ...{ kind: 'IntegrationFlow', id, uid, name: id, description: '', packageId: 'P' },
  ...{ version: '1.0.0', createdBy: 'me', createdAt: 1, modifiedBy: 'me', modifiedAt: 1, content },
});

/** A store whose calls can be made twice, as when the answer to the first is lost on its way. */
async function startStore() {
  const tables = openTables(await testStorage());
  let left = -1;
  let first = (again: () => Promise<unknown>): Promise<unknown> => again();
  const disturbed: Tables = {
    ...tables,
    async withTable(name, work) {
      if (left-- === 0) await first(() => tables.withTable(name, work));
      return tables.withTable(name, work);
    },
  };
  const before = (calls: number, work: typeof first): void => {
    left = calls;
    first = work;
  };
  return {
    store: openDesignStore(disturbed),
    /** Of another instance. */
    other: openDesignStore(tables),
    /** @param calls that go well before. */
    loseAnswer: (calls = 0) => before(calls, (again) => again()),
    before,
  };
}

async function withPackage(store: DesignStore) {
  assert.equal(await store.createPackage(inPackage), 'created');
  const found = await store.findPackage('P');
  assert.ok(found !== undefined);
  return found;
}

test('a change whose answer was lost counts as made, and one that others have made does not', async () => {
  const { store, loseAnswer } = await startStore();
  const found = await withPackage(store);
  loseAnswer();
  assert.equal(await store.createArtifact(artifact('a', 'first.zip'), found), 'created');
  const before = await store.findArtifact('a');
  assert.ok(before !== undefined);
  loseAnswer();
  assert.equal(await store.replaceArtifact(artifact('a', 'second.zip'), before.etag), 'replaced');
  assert.equal((await store.findArtifact('a'))?.value.content, 'second.zip');

  assert.equal(await store.replaceArtifact(artifact('a', 'third.zip'), before.etag), 'stale');
  const touched = await store.findPackage('P');
  assert.ok(touched !== undefined);
  assert.equal(await store.createArtifact(artifact('a', 'fourth.zip'), touched), 'exists');
  assert.equal((await store.findArtifact('a'))?.value.content, 'second.zip');
});

test('a package is written whole where the answer to any of its steps was lost', async () => {
  for (const lost of [0, 1, 2]) {
    const { store, loseAnswer } = await startStore();
    const value = { ...inPackage, content: 'package.zip' };
    const writes = Array.from({ length: 250 }, (_, i) => ({
      value: artifact(`a${i}`, `a${i}.zip`),
      etag: undefined,
    }));
    loseAnswer(lost);
    assert.equal(await store.writePackage({ value, etag: undefined }, writes), 'written');
    assert.deepEqual((await store.findPackage('P'))?.value, value);
    assert.equal((await store.listArtifacts('P')).length, 250);
  }
});

test('a step of a package that another artifact keeps from being written is not taken for written', async () => {
  const { store } = await startStore();
  await withPackage(store);
  const other = await store.findPackage('P');
  assert.ok(other !== undefined);
  await store.createArtifact(artifact('a120', 'of another.zip', 'another'), other);
  const value = { ...inPackage, id: 'Q', content: 'package.zip' };
  const writes = Array.from({ length: 150 }, (_, i) => ({
    value: { ...artifact(`a${i}`, `a${i}.zip`), packageId: 'Q' },
    etag: undefined,
  }));
  assert.equal(await store.writePackage({ value, etag: undefined }, writes), 'begun');
  assert.equal((await store.findArtifact('a120'))?.value.content, 'of another.zip');
});

test('what is created anew while its package is being removed stays', async () => {
  for (const calls of [1, 2, 3, 4, 5]) {
    const { store, other, before } = await startStore();
    await store.createArtifact(artifact('a', 'first.zip'), await withPackage(store));
    before(calls, async () => {
      await other.removePackage('P');
      const created = await withPackage(other);
      assert.equal(
        await other.createArtifact(artifact('a', 'second.zip', 'new'), created),
        'created',
      );
    });
    assert.ok((await store.removePackage('P')) !== undefined);
    assert.ok((await store.findPackage('P')) !== undefined, `before call ${calls}`);
    assert.equal((await store.findArtifact('a'))?.value.content, 'second.zip');
  }
});

test('an artifact that is changed while its package is being removed goes with it', async () => {
  for (const calls of [1, 2, 3, 4]) {
    const { store, other, before } = await startStore();
    await store.createArtifact(artifact('a', 'first.zip'), await withPackage(store));
    before(calls, async () => {
      const found = await other.findArtifact('a');
      await other.replaceArtifact(artifact('a', 'second.zip'), found?.etag ?? '');
    });
    await store.removePackage('P');
    assert.equal(await store.findArtifact('a'), undefined, `before call ${calls}`);
    assert.deepEqual(await store.listPackages(), []);
  }
});
