import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock as clock } from '../config/clock.ts';
import { accessPolicies } from './access-policies.ts';
import { prepared } from './environment.ts';
import { deployments, design } from './deployments.ts';
import { audit, logRetentionMs, messageLog } from './logs.ts';
import { bearerGate, throttle } from './oauth.ts';
import { securityMaterial } from './security-material.ts';
import { blobs, tables } from './storage.ts';
import { createCompileApart } from '../iflow/deployment/compile-apart.ts';
import { createDeployer } from '../iflow/deployment/deploy.ts';
import { createArtifacts } from '../iflow/design/artifacts.ts';
import { createArtifactChanger } from '../iflow/design/change-artifact.ts';
import { createConfigurations } from '../iflow/design/configurations.ts';
import { createExportPackage } from '../iflow/design/export-package.ts';
import { createForesee } from '../iflow/design/foresee-clashes.ts';
import { createImportPackage } from '../iflow/design/import-package.ts';
import { createPackageMessages } from '../iflow/design/package-messages.ts';
import { createPackages } from '../iflow/design/packages.ts';
import { openAddressReader } from '../iflow/dispatch/address-reader.ts';
import { createMessageLogReader } from '../monitor/message-log-reader.ts';
import { guardManagement } from '../oauth/audit-refusals.ts';
import { createODataApi } from '../odata/api.ts';
import { createAccessPolicyAdministration } from '../registry/access-policies/administration.ts';
import { openTaskStore } from '../storage/tasks.ts';

const CERTIFICATES_ARE_OFF =
  'A sender channel asks for client certificates, and the setting FLOWGATE_MTLS is off. Switch it on, or use role based authorization.';

export const odata = prepared(async ({ issuer, subscriptions, mtls, privateHosts }) => {
  const { bundleContents, ...bundles } = {
    ...(await import('../iflow/bundle/bundle.ts')),
    ...(await import('../iflow/bundle/configure.ts')),
    ...(await import('../iflow/bundle/empty.ts')),
    ...(await import('../iflow/bundle/rename.ts')),
    ...(await import('../iflow/model/known-parameters.ts')),
  };
  const tasks = openTaskStore(await tables());
  const { store, directory } = await deployments();
  const log = await messageLog();
  const parts = { store: await design(), blobs: await blobs(), bundles, clock, randomUUID };
  const artifacts = {
    IntegrationFlow: createArtifacts('IntegrationFlow', parts),
    ScriptCollection: createArtifacts('ScriptCollection', parts),
    ValueMapping: createArtifacts('ValueMapping', parts),
    MessageMapping: createArtifacts('MessageMapping', parts),
  };
  const foresee = createForesee({
    openReader: () => openAddressReader({ timeoutMs: 2000, memoryMb: 256 }),
    deployed: async () => (await directory.current(0)).deployments,
    clock,
  });
  const { trail } = await audit();
  const policies = await accessPolicies();
  const api = createODataApi({
    gate: await bearerGate(),
    subscription: subscriptions.tmn,
    issuer,
    packages: createPackages(parts),
    artifacts,
    configurations: createConfigurations({
      changer: createArtifactChanger('IntegrationFlow', parts),
      bundles,
    }),
    importPackage: createImportPackage({ ...parts, foresee }),
    exportPackage: createExportPackage(parts),
    packageMessages: createPackageMessages({ ...parts, foresee }),
    readContents: bundleContents,
    deployer: createDeployer({
      artifacts,
      design: parts.store,
      store,
      tasks,
      compile: createCompileApart({ timeoutMs: 20_000, memoryMb: 512, atOnce: 2 }),
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
    material: (await securityMaterial()).administration,
    accessPolicies: createAccessPolicyAdministration(policies.store, () =>
      policies.directory.forget(),
    ),
    privateHosts,
    clock,
    trail,
  });
  return guardManagement(api, { trail, throttle: await throttle() });
});
