import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileBundle } from '../../../shared/iflow/compile.ts';
import { createDeployer } from '../../../shared/iflow/deployment/deploy.ts';
import type {
  DeploymentStore,
  StoredDeployment,
} from '../../../shared/iflow/deployment/deployment-store.ts';
import type { DesignArtifact } from '../../../shared/iflow/design/design-store.ts';
import { testClock } from '../../support/clock.ts';
import { flowBundle, line } from '../../support/flow-bundle.ts';

/** Deployments in memory. `commit` does what a test wants to go wrong. */
function deployerOn(commit: (apply: () => void) => 'committed' | 'stale') {
  const deployments = new Map<string, StoredDeployment>();
  const compiled = new Set<string>();
  const none = (): Promise<undefined> => Promise.resolve(undefined);
  const store: DeploymentStore = {
    readGeneration: () => Promise.resolve(''),
    readState: () =>
      Promise.resolve({ generation: '', etag: undefined, deployments: [...deployments.values()] }),
    // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is a rejection
    commit: async (_, change) =>
      commit(() => {
        if ('put' in change) deployments.set(change.put.deployment.id, change.put);
        else deployments.delete(change.remove);
      }),
    writeFlow: (revision) => Promise.resolve(void compiled.add(revision)),
    readFlow: none,
    writeValueMapping: () => Promise.resolve(),
    readValueMapping: none,
    removeCompiled: (revision) => Promise.resolve(void compiled.delete(revision)),
  };
  const artifact = { id: 'Tested', kind: 'IntegrationFlow', packageId: 'P' } as DesignArtifact;
  const content = {
    getContent: () => Promise.resolve({ artifact, zip: flowBundle({ processes: [line()] }) }),
  };
  let ids = 0;
  const deployer = createDeployer({
    artifacts: {
      IntegrationFlow: content,
      ScriptCollection: content,
      ValueMapping: content,
      MessageMapping: content,
    },
    design: { findPackage: none },
    store,
    tasks: { put: () => Promise.resolve(), find: none, remove: () => Promise.resolve() },
    compile: (_, zip) => Promise.resolve(compileBundle(zip)),
    findSwitchedOff: () => [],
    onChange: () => undefined,
    clock: testClock(),
    randomUUID: () => `id-${(ids += 1)}`,
    delay: () => Promise.resolve(),
    random: () => 0,
  });
  return { deployer, deployments, compiled };
}

test('a deployment that storage has made and not confirmed keeps its compiled flow', async () => {
  const { deployer, deployments, compiled } = deployerOn((apply) => {
    apply();
    throw new Error('The connection was lost.');
  });
  await assert.rejects(deployer.deploy('IntegrationFlow', 'Tested', 'active', 'd'), /was lost/);
  const { revision, status } = deployments.get('Tested')?.deployment ?? {};
  assert.equal(status, 'STARTED');
  assert.deepEqual([...compiled], [revision]);
});

test('a deployment that does not come about leaves no compiled flow behind', async () => {
  const failing = deployerOn(() => {
    throw new Error('Storage is not there.');
  });
  const overtaken = deployerOn(() => 'stale');
  for (const { deployer, deployments, compiled } of [failing, overtaken]) {
    await assert.rejects(deployer.deploy('IntegrationFlow', 'Tested', 'active', 'd'));
    assert.equal(deployments.size, 0);
    assert.equal(compiled.size, 0);
  }
});

test('a change whose confirmation was lost is not made again over itself', async () => {
  let lost = false;
  const { deployer, deployments, compiled } = deployerOn((apply) => {
    // Whoever asks again is told that the list has changed: by what it asked for.
    if (lost) return 'committed';
    apply();
    lost = true;
    return 'stale';
  });
  await deployer.deploy('IntegrationFlow', 'Tested', 'active', 'd');
  const first = deployments.get('Tested');
  assert.equal(first?.previousRevision, '');
  lost = false;
  await deployer.deploy('IntegrationFlow', 'Tested', 'active', 'd');
  const second = deployments.get('Tested');
  assert.equal(second?.previousRevision, first.deployment.revision);
  assert.deepEqual([...compiled], [second.previousRevision, second.deployment.revision]);
  assert.equal(new Set(second.taskIds).size, 2);
  lost = false;
  await deployer.undeploy('Tested');
  assert.equal(deployments.size, 0);
  assert.equal(compiled.size, 0);
});
