import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleAt, startApi } from '../../odata/api-under-test.ts';

test('instances that deploy iFlows of one address at the same time end with exactly one STARTED', async () => {
  const first = await startApi();
  const second = await startApi({ storage: first.storage });
  await first.packages.create('P', {}, 'tester');
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const id of ids) {
    await first.artifacts.create(
      {
        id,
        packageId: 'P',
        name: id,
        description: undefined,
        content: Buffer.from(bundleAt('/same/address', { id }), 'base64'),
      },
      'tester',
    );
  }
  // What guards the deployments is there from the first one on.
  await first.deployer.deploy('IntegrationFlow', 'a', 'active', 'tester');
  await first.deployer.undeploy('a');
  await Promise.all(
    ids.map((id, i) =>
      (i % 2 === 0 ? first : second).deployer.deploy('IntegrationFlow', id, 'active', 'tester'),
    ),
  );
  for (const instance of [first, second]) {
    const { deployments } = await instance.directory.current(0);
    assert.equal(deployments.length, ids.length);
    const started = deployments.filter((deployment) => deployment.status === 'STARTED');
    assert.equal(started.length, 1);
    for (const { status, addresses, faults } of deployments) {
      if (status === 'STARTED') continue;
      assert.deepEqual(addresses, []);
      assert.match(faults.join(), new RegExp(`deployed at /same/address`));
      assert.match(faults.join(), new RegExp(`\\(${started[0]?.id ?? ''}\\)`));
    }
  }
});

test('instances that deploy and undeploy different iFlows at the same time lose none of the changes', async () => {
  const first = await startApi();
  const second = await startApi({ storage: first.storage });
  await first.packages.create('P', {}, 'tester');
  const ids = ['a', 'b', 'c', 'd'];
  for (const id of ids) {
    const content = Buffer.from(bundleAt(`/at/${id}`, { id }), 'base64');
    const given = { id, packageId: 'P', name: id, description: undefined, content };
    await first.artifacts.create(given, 'tester');
  }
  await first.deployer.deploy('IntegrationFlow', 'a', 'active', 'tester');
  await Promise.all([
    first.deployer.undeploy('a'),
    second.deployer.deploy('IntegrationFlow', 'b', 'active', 'tester'),
    first.deployer.deploy('IntegrationFlow', 'c', 'active', 'tester'),
    second.deployer.deploy('IntegrationFlow', 'd', 'active', 'tester'),
  ]);
  const { deployments } = await second.directory.current(0);
  assert.deepEqual(
    deployments.map(({ id, status }) => `${id} ${status}`),
    ['b STARTED', 'c STARTED', 'd STARTED'],
  );
});

test('a change that was decided from an old list is not committed', async () => {
  const { store } = await startApi();
  const old = await store.readState();
  const deployment = {
    id: 'x',
    name: 'x',
    version: '1.0.0',
    packageId: 'P',
    packageName: 'P',
    status: 'STARTED',
    deployedBy: 'tester',
    deployedOn: 0,
    revision: 'r1',
    addresses: ['/x'],
    faults: [],
  } as const;
  const put = { deployment, previousRevision: '', taskIds: [] };
  assert.equal(await store.commit(old, { put }, 'g1'), 'committed');
  const other = { ...put, deployment: { ...deployment, id: 'y' } };
  assert.equal(await store.commit(old, { put: other }, 'g2'), 'stale');
  const state = await store.readState();
  assert.equal(state.generation, 'g1');
  assert.deepEqual(state.deployments, [put]);
  assert.equal(await store.commit(state, { remove: 'x' }, 'g3'), 'committed');
  assert.equal(await store.commit(state, { put: other }, 'g4'), 'stale');
  assert.deepEqual((await store.readState()).deployments, []);
});
