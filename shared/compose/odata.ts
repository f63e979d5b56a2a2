import { randomUUID } from 'node:crypto';
import { systemClock as clock } from '../config/clock.ts';
import { accessPolicies } from './access-policies.ts';
import { artifacts } from './artifacts.ts';
import { prepared } from './environment.ts';
import { deployments } from './deployments.ts';
import { dataStores, numberRangeStore, partnerStore } from './flow-services.ts';
import { audit, logAttachments, logRetentionMs, messageLog } from './logs.ts';
import { bearerGate, throttle } from './oauth.ts';
import { securityMaterial } from './security-material.ts';
import { createCheckInWorker } from '../iflow/check/check-in-worker.ts';
import { createArtifactChanger } from '../iflow/design/change-artifact.ts';
import { createConfigurations } from '../iflow/design/configurations.ts';
import { createExportPackage } from '../iflow/design/export-package.ts';
import { createForesee } from '../iflow/design/foresee-clashes.ts';
import { createImportPackage } from '../iflow/design/import-package.ts';
import { createPackageMessages } from '../iflow/design/package-messages.ts';
import { openAddressReader } from '../iflow/dispatch/address-reader.ts';
import { createLogAttachmentReader } from '../monitor/log-attachments.ts';
import { createNumberRangeAdministration } from '../iflow/services/administer-number-ranges.ts';
import { createPartnerAdministration } from '../iflow/services/administer-partners.ts';
import { createMessageLogReader } from '../monitor/message-log-reader.ts';
import { guardManagement } from '../oauth/audit-refusals.ts';
import { createODataApi } from '../odata/api.ts';
import { createAccessPolicyAdministration } from '../registry/access-policies/administration.ts';

export const odata = prepared(async ({ issuer, subscriptions, privateHosts }) => {
  const { parts, kinds, packages, tasks, deployer, bundleContents } = await artifacts();
  const { directory } = await deployments();
  const log = await messageLog();
  const attachments = await logAttachments();
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
    packages,
    artifacts: kinds,
    configurations: createConfigurations({
      changer: createArtifactChanger('IntegrationFlow', parts),
      bundles: parts.bundles,
    }),
    importPackage: createImportPackage({ ...parts, foresee }),
    exportPackage: createExportPackage(parts),
    packageMessages: createPackageMessages({ ...parts, foresee }),
    readContents: bundleContents,
    deployer,
    directory,
    tasks,
    messageLog: createMessageLogReader(log.store, log.writer, clock, await logRetentionMs()),
    logAttachments: createLogAttachmentReader(attachments.store, attachments.writer),
    material: (await securityMaterial()).administration,
    accessPolicies: createAccessPolicyAdministration(policies.store, () =>
      policies.directory.forget(),
    ),
    dataStores: await dataStores(),
    numberRanges: createNumberRangeAdministration(await numberRangeStore(), clock),
    partners: createPartnerAdministration(await partnerStore(), clock),
    privateHosts,
    clock,
    checkContent: createCheckInWorker({ timeoutMs: 60_000, memoryMb: 512 }),
    trail,
    randomUUID,
  });
  return guardManagement(api, { trail, throttle: await throttle() });
});
