import { randomBytes } from 'node:crypto';
import { systemClock as clock } from '../config/clock.ts';
import { clients, roles } from './clients.ts';
import { prepared } from './environment.ts';
import { deployments, design } from './iflow.ts';
import { audit, auditRetentionMs } from './logs.ts';
import { bearerGate, throttle } from './oauth.ts';
import { keyRing } from './signing.ts';
import { blobs } from './storage.ts';

export const registry = prepared(async ({ subscriptions }) => {
  const { createRegistryApi } = await import('../registry/api/registry-api.ts');
  const { createKeysApi } = await import('../jwt/keys-api.ts');
  const { createAddressTracer } = await import('../iflow/dispatch/trace-address.ts');
  const { openAddressReader } = await import('../iflow/dispatch/address-reader.ts');
  const { createAuditReader } = await import('../registry/audit/audit-reader.ts');
  const { guardManagement } = await import('../oauth/audit-refusals.ts');
  const { store, behind, trail } = await audit();
  const gate = await bearerGate();
  const api = createRegistryApi({
    gate,
    subscriptions,
    clients: (await clients()).store,
    roles: (await roles()).store,
    flows: createAddressTracer({
      deployments: (await deployments()).store,
      design: await design(),
      blobs: await blobs(),
      openReader: () => openAddressReader({ timeoutMs: 2000, memoryMb: 256 }),
      clock,
    }),
    audit: { trail, reader: createAuditReader(store, behind, clock, await auditRetentionMs()) },
    clock,
    random: randomBytes,
    extra: {
      keys: createKeysApi({
        ring: await keyRing(),
        gate,
        subscription: subscriptions.tmn,
        trail,
      }),
    },
  });
  return guardManagement(api, { trail, throttle: await throttle() });
});
