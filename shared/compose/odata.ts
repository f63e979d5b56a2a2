import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock as clock } from '../config/clock.ts';
import { prepared } from './environment.ts';
import { deployments, design } from './iflow.ts';
import { audit, logRetentionMs, messageLog } from './logs.ts';
import { bearerGate, throttle } from './oauth.ts';
import { blobs, tables } from './storage.ts';

export const odata = prepared(async ({ issuer, subscriptions }) => {
  const { createODataApi } = await import('../odata/api.ts');
  const { openTaskStore } = await import('../storage/tasks.ts');
  const { createPackages } = await import('../iflow/design/packages.ts');
  const { createArtifacts } = await import('../iflow/design/artifacts.ts');
  const { createDeployer } = await import('../iflow/deployment/deploy.ts');
  const { createCompileApart } = await import('../iflow/deployment/compile-apart.ts');
  const { createMessageLogReader } = await import('../monitor/message-log-reader.ts');
  const { guardManagement } = await import('../oauth/audit-refusals.ts');
  const bundles = {
    ...(await import('../iflow/bundle/bundle.ts')),
    ...(await import('../iflow/bundle/build.ts')),
    ...(await import('../iflow/bundle/rename.ts')),
  };
  const tasks = openTaskStore(await tables());
  const { store, directory } = await deployments();
  const log = await messageLog();
  const parts = { store: await design(), blobs: await blobs(), clock, randomUUID };
  const artifacts = createArtifacts({ ...parts, bundles });
  const { trail } = await audit();
  const api = createODataApi({
    gate: await bearerGate(),
    subscription: subscriptions.tmn,
    issuer,
    packages: createPackages(parts),
    artifacts,
    readBundle: bundles.readBundle,
    deployer: createDeployer({
      artifacts,
      design: parts.store,
      store,
      tasks,
      compileBundle: createCompileApart({ timeoutMs: 20_000, memoryMb: 512, atOnce: 2 }),
      onChange: () => directory.forget(),
      clock,
      randomUUID,
      delay,
      random: Math.random,
    }),
    directory,
    tasks,
    messageLog: createMessageLogReader(log.store, log.writer, clock, await logRetentionMs()),
    trail,
  });
  return guardManagement(api, { trail, throttle: await throttle() });
});
