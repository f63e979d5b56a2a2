import { randomBytes } from 'node:crypto';
import { systemClock as clock } from '../config/clock.ts';
import { accessPolicies } from './access-policies.ts';
import { clients, roles } from './clients.ts';
import { prepared } from './environment.ts';
import { grantEnding, userGrants } from './grants.ts';
import { deployments, design } from './deployments.ts';
import { issuers } from './issuers.ts';
import { audit, auditRetentionMs } from './logs.ts';
import { authMethods, bearerGate, throttle } from './oauth.ts';
import { clientStore } from './origins.ts';
import { revocations } from './revocations.ts';
import { keyRing } from './signing.ts';
import { jsonClient } from './remote-keys.ts';
import { blobs, tables } from './storage.ts';
import { userAccess, users } from './users.ts';
import { openAddressReader } from '../iflow/dispatch/address-reader.ts';
import { createAddressTracer } from '../iflow/dispatch/trace-address.ts';
import { guardManagement } from '../oauth/audit-refusals.ts';
import { createKeysApi } from '../registry/api/keys.ts';
import { createRegistryApi } from '../registry/api/registry-api.ts';
import { createAuditReader } from '../registry/audit/audit-reader.ts';
import { openInitialAccessTokens } from '../storage/initial-access-tokens.ts';
import { createIssuedTokens } from '../registry/issued-tokens.ts';

export const registry = prepared(async ({ subscriptions, issuer, privateHosts }) => {
  const { store, behind, trail } = await audit();
  const gate = await bearerGate();
  const reader = createAuditReader(store, behind, clock, await auditRetentionMs());
  const { list: revoked } = await revocations();
  const api = createRegistryApi({
    gate,
    subscriptions,
    clients: await clientStore(),
    roles: (await roles()).store,
    initialAccessTokens: openInitialAccessTokens(await tables()),
    issuers: {
      store: (await issuers()).store,
      own: issuer,
      privateHosts,
      json: await jsonClient(),
    },
    users: await users(),
    userAccess,
    userGrants: await userGrants(),
    flows: createAddressTracer({
      deployments: (await deployments()).store,
      design: await design(),
      blobs: await blobs(),
      openReader: () => openAddressReader({ timeoutMs: 2000, memoryMb: 256 }),
      clock,
    }),
    accessPolicies: (await accessPolicies()).store,
    authMethods: await authMethods(),
    audit: { trail, reader },
    tokens: createIssuedTokens({
      reader,
      clients: (await clients()).directory,
      revocations: revoked,
      clock,
    }),
    revocations: revoked,
    grantEnding: await grantEnding(),
    clock,
    random: randomBytes,
    extra: {
      // Loaded for nothing else.
      facades: async (call) => (await (await import('./facades.ts')).facades())(call),
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
