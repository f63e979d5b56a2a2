import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../config/clock.ts';
import { ConfigError } from '../config/load.ts';
import { type Client, userOfClient } from './client.ts';
import { DEFAULT_LIFETIMES, DEFAULT_OAUTH_SETTINGS } from './client-defaults.ts';
import type { BootstrapStore, ClientStore } from './client-store.ts';
import type { RoleStore } from './role-store.ts';
import { findFaultInSecret, hashChosenSecret, type RandomBytes } from './secrets.ts';

const ADMINISTRATOR = 'AuthGroup.Administrator';
const TRIES = 5;

export interface BootstrapOptions {
  /** Settings FLOWGATE_BOOTSTRAP_CLIENT_ID and FLOWGATE_BOOTSTRAP_CLIENT_SECRET. */
  readonly setting: { readonly clientId: string; readonly clientSecret: string };
  /** Name of the subscription `<account>tmn`. */
  readonly subscription: string;
  readonly clients: ClientStore & BootstrapStore;
  readonly roles: RoleStore;
  /**
   * 32 bytes that storage does not hold, so that the fingerprint of the setting, which storage does
   * hold, is no quicker way to try secrets than their scrypt hash.
   */
  readonly fingerprintKey: Buffer;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/**
 * Sees to it that the first administrator is there: made if no client of its id has ever existed;
 * given the secret of the setting if the setting has changed since; never brought back once deleted,
 * never enabled once disabled, and given its role only when it is made. Any number of instances may
 * call this at once, at every start.
 * @throws {ConfigError} for a secret that no client may have.
 */
export async function ensureBootstrapClient(
  options: BootstrapOptions,
): Promise<'created' | 'unchanged' | 'secret_replaced' | 'left_alone'> {
  const { setting, clients, roles, clock } = options;
  const fault = findFaultInSecret(setting.clientSecret, setting.clientId);
  if (fault !== undefined) {
    throw new ConfigError([
      'FLOWGATE_BOOTSTRAP_CLIENT_SECRET must be a client secret: 16 to 256 characters, none of them a control character, without the client id in it',
    ]);
  }
  const fingerprint = fingerprintOf(setting, options.fingerprintKey);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const [current, origin] = await Promise.all([
      clients.read(setting.clientId),
      clients.readOrigin(setting.clientId),
    ]);
    if (current === undefined && origin === undefined) {
      const made = await makeClient(options);
      // Before the client, so that it is never there without its role.
      await roles.assign(
        options.subscription,
        {
          role: ADMINISTRATOR,
          user: userOfClient(setting.clientId),
          assignedAt: clock.now(),
        },
        'predefined',
      );
      if (await clients.createFromSetting(made, fingerprint)) return 'created';
      continue;
    }
    const known = origin?.settingFingerprint;
    if (current === undefined || known === undefined || origin?.deleted === true) {
      return 'left_alone';
    }
    if (equals(known, fingerprint)) return 'unchanged';
    const secrets = [await secretOf(options)];
    const changed: Client = { ...current.value, secrets, updatedAt: clock.now() };
    if (await clients.replaceFromSetting(changed, current.etag, fingerprint)) {
      return 'secret_replaced';
    }
  }
  throw new Error('The bootstrap client kept being changed while it was set up.');
}

async function makeClient(options: BootstrapOptions): Promise<Client> {
  const now = options.clock.now();
  const { clientId } = options.setting;
  return {
    clientId,
    clientName: clientId,
    description: 'The first administrator, made from the settings.',
    subscription: options.subscription,
    grantTypes: ['client_credentials'],
    scopes: [],
    redirectUris: [],
    tokenEndpointAuthMethod: 'client_secret_basic',
    ...DEFAULT_LIFETIMES,
    ...DEFAULT_OAUTH_SETTINGS,
    allowedOrigins: [],
    enabled: true,
    secrets: [await secretOf(options)],
    createdAt: now,
    updatedAt: now,
    tokensFrom: now,
  };
}

async function secretOf({ setting, random, clock }: BootstrapOptions) {
  const times = { createdAt: clock.now(), expiresAt: undefined };
  return (await hashChosenSecret(setting.clientSecret, random, times)).stored;
}

function fingerprintOf(setting: BootstrapOptions['setting'], key: Buffer): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([setting.clientId, setting.clientSecret]))
    .digest('base64url');
}

function equals(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
