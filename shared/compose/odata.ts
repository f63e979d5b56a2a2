import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock as clock } from '../config/clock.ts';
import { prepared } from './environment.ts';
import { deployments } from './deployments.ts';
import { design } from './iflow.ts';
import { audit, logRetentionMs, messageLog } from './logs.ts';
import { bearerGate, throttle } from './oauth.ts';
import { blobs, tables } from './storage.ts';
import { createCompileApart } from '../iflow/deployment/compile-apart.ts';
import { createDeployer } from '../iflow/deployment/deploy.ts';
import { createArtifacts } from '../iflow/design/artifacts.ts';
import { createPackages } from '../iflow/design/packages.ts';
import { createMessageLogReader } from '../monitor/message-log-reader.ts';
import { guardManagement } from '../oauth/audit-refusals.ts';
import { createODataApi } from '../odata/api.ts';
import { openTaskStore } from '../storage/tasks.ts';

const CERTIFICATES_ARE_OFF =
  'A sender channel asks for client certificates, and the setting FLOWGATE_MTLS is off. Switch it on, or use role based authorization.';

export const odata = prepared(async ({ issuer, subscriptions, mtls }) => {
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
      findSwitchedOff: ({ senders }) =>
        mtls === undefined && senders.some((one) => one.clientCertificates !== undefined)
          ? [CERTIFICATES_ARE_OFF]
          : [],
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
