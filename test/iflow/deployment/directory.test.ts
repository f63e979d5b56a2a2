import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  DeploymentState,
  DeploymentStore,
} from '../../../shared/iflow/deployment/deployment-store.ts';
import {
  createDeploymentDirectory,
  UnknownRevision,
} from '../../../shared/iflow/deployment/directory.ts';
import { openDeploymentStore } from '../../../shared/storage/deployments.ts';
import { openTables } from '../../../shared/storage/tables.ts';
import type { CompiledFlow } from '../../../shared/iflow/flow.ts';
import { testStorage } from '../../support/azurite.ts';
import { testClock } from '../../support/clock.ts';

const flow: CompiledFlow = {
  format: 2,
  id: 'x',
  name: 'x',
  version: '1.0.0',
  settings: {
    namespaces: {},
    allowedHeaders: [],
    returnExceptionToSender: false,
    httpSessionHandling: 'None',
  },
  senders: [],
  directSenders: [],
  timers: [],
  processes: {},
  resources: {},
};

function stored(id: string): DeploymentState['deployments'][number] {
  return {
    deployment: {
      id,
      name: id,
      version: '1.0.0',
      packageId: 'P',
      packageName: 'P',
      status: 'STARTED',
      deployedBy: 'tester',
      deployedOn: 0,
      revision: id,
      addresses: [`/${id}`],
      faults: [],
    },
    previousRevision: '',
    taskIds: [],
  };
}

/** Counts reads of a real store. */
async function startDirectory() {
  const store = openDeploymentStore(openTables(await testStorage()));
  const reads = { generation: 0, state: 0 };
  const counted: Pick<DeploymentStore, 'readGeneration' | 'readState' | 'readFlow'> = {
    readGeneration: () => {
      reads.generation += 1;
      return store.readGeneration();
    },
    readState: () => {
      reads.state += 1;
      return store.readState();
    },
    readFlow: (revision) => store.readFlow(revision),
  };
  const clock = testClock();
  return { store, reads, clock, directory: createDeploymentDirectory(counted, clock) };
}

test('the list is read once, and again only when something was deployed; looking costs one row', async () => {
  const { store, reads, clock, directory } = await startDirectory();
  const before = await directory.current();
  assert.deepEqual(before, { generation: '', deployments: [] });
  assert.equal(await directory.current(), before);
  clock.advance(26_000);
  assert.equal(await directory.current(), before);
  assert.deepEqual(reads, { generation: 1, state: 1 });

  await store.commit(await store.readState(), { put: stored('x') }, 'g1');
  assert.equal(await directory.current(), before);
  clock.advance(26_000);
  const after = await directory.current();
  assert.equal(after.generation, 'g1');
  assert.deepEqual(
    after.deployments.map((deployment) => deployment.id),
    ['x'],
  );
  assert.deepEqual(reads, { generation: 2, state: 2 });
});

test('whoever asks for a younger view gets what another instance has just deployed', async () => {
  const { store, clock, directory } = await startDirectory();
  await directory.current();
  await store.commit(await store.readState(), { put: stored('x') }, 'g1');
  clock.advance(1_001);
  assert.equal((await directory.current(1_000)).generation, 'g1');
});

test('after a change on this instance the next look reads storage', async () => {
  const { store, directory } = await startDirectory();
  await directory.current();
  await store.commit(await store.readState(), { put: stored('x') }, 'g1');
  directory.forget();
  assert.equal((await directory.current()).generation, 'g1');
});

test('a compiled flow comes back as it was written, also one of several rows', async () => {
  const { store, directory } = await startDirectory();
  // Random text does not compress below one row.
  const { randomBytes } = await import('node:crypto');
  const large = { ...flow, resources: { 'a.js': randomBytes(1_500_000).toString('base64') } };
  await store.writeFlow('small', flow);
  await store.writeFlow('large', large);
  assert.deepEqual(await directory.compiledFlow('small'), flow);
  assert.deepEqual(await directory.compiledFlow('large'), large);
  await store.removeCompiled('large');
  await assert.rejects(directory.compiledFlow('large'), UnknownRevision);
  assert.deepEqual(await directory.compiledFlow('small'), flow);
});
