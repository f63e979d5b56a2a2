import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { config } from './environment.ts';
import { deployments, design } from './deployments.ts';
import { blobs, tables } from './storage.ts';
import { createCompileInWorker } from '../iflow/deployment/compile-in-worker.ts';
import { createDeployer } from '../iflow/deployment/deploy.ts';
import { createArtifacts } from '../iflow/design/artifacts.ts';
import { createPackages } from '../iflow/design/packages.ts';
import { openTaskStore } from '../storage/tasks.ts';

const CERTIFICATES_ARE_OFF =
  'A sender channel asks for client certificates, and the setting FLOWGATE_MTLS is off. Switch it on, or use role based authorization.';

/** Design-time artifacts and what deploys them: one for every API that changes them. */
export const artifacts = once(async () => {
  const { mtls } = await config();
  const { bundleContents, bundleManifest, ...bundles } = {
    ...(await import('../iflow/bundle/bundle.ts')),
    ...(await import('../iflow/bundle/configure.ts')),
    ...(await import('../iflow/bundle/empty.ts')),
    ...(await import('../iflow/bundle/rename.ts')),
    ...(await import('../iflow/model/known-parameters.ts')),
  };
  const tasks = openTaskStore(await tables());
  const { store, directory } = await deployments();
  const parts = { store: await design(), blobs: await blobs(), bundles, clock, randomUUID };
  const kinds = {
    IntegrationFlow: createArtifacts('IntegrationFlow', parts),
    ScriptCollection: createArtifacts('ScriptCollection', parts),
    ValueMapping: createArtifacts('ValueMapping', parts),
    MessageMapping: createArtifacts('MessageMapping', parts),
  };
  const deployer = createDeployer({
    artifacts: kinds,
    design: parts.store,
    store,
    tasks,
    compile: createCompileInWorker({ timeoutMs: 60_000, memoryMb: 512, atOnce: 2 }),
    findSwitchedOff: ({ senders }) =>
      mtls === undefined && senders.some((one) => one.clientCertificates !== undefined)
        ? [CERTIFICATES_ARE_OFF]
        : [],
    onChange: () => directory.forget(),
    clock,
    randomUUID,
    delay,
    random: Math.random,
  });
  const packages = createPackages(parts);
  return { parts, kinds, packages, tasks, deployer, bundleContents, bundleManifest };
});
