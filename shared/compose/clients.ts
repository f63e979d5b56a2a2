import { randomBytes } from 'node:crypto';
import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { config, deriveKey } from './environment.ts';
import { audit, systemEvent } from './logs.ts';
import { keyRing } from './signing.ts';
import { tables } from './storage.ts';
import { ensureBootstrapClient } from '../registry/bootstrap.ts';
import { cacheClients, cacheRoles } from '../registry/directories.ts';
import { createClientStore } from '../storage/clients.ts';
import { createRoleStore } from '../storage/roles.ts';

export const clients = once(async () => {
  return cacheClients(createClientStore(await tables()), clock);
});

export const roles = once(async () => {
  return cacheRoles(createRoleStore(await tables()), clock);
});

/** Makes the first administrator where the settings name one; once per process. */
export const ensureBootstrap = once(async () => {
  const { bootstrap, subscriptions } = await config();
  if (bootstrap === undefined) return;
  // Under a wrong master key the setting has another fingerprint and would pass for a changed one:
  // the client's secrets would be replaced for it.
  await (await keyRing()).signingKey();
  const outcome = await ensureBootstrapClient({
    setting: bootstrap,
    subscription: subscriptions.tmn,
    clients: (await clients()).store,
    roles: (await roles()).store,
    fingerprintKey: await deriveKey('bootstrap'),
    clock,
    random: randomBytes,
  });
  const action = { created: 'client.create', secret_replaced: 'secret.add' };
  if (outcome !== 'created' && outcome !== 'secret_replaced') return;
  const event = systemEvent(action[outcome], 'client', bootstrap.clientId);
  await (await audit()).trail.record({ ...event, detail: 'from the settings' });
});
