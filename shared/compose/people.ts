import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { clients } from './clients.ts';
import { config, deriveKey, prepared } from './environment.ts';
import { grantEnding, userGrants } from './grants.ts';
import { audit } from './logs.ts';
import { secretVerifier, throttle } from './oauth.ts';
import { tables } from './storage.ts';
import { users } from './users.ts';
import { createAccountEndpoint } from '../oauth/sign-in/account-endpoint.ts';
import { createSignIn } from '../oauth/sign-in/create-sign-in.ts';
import { createFormTokens } from '../oauth/sign-in/form-token.ts';
import { createAccountGrants } from '../oauth/sign-in/grants-of-account.ts';
import { createSessions } from '../oauth/sign-in/sessions.ts';
import { createSignInEndpoint } from '../oauth/sign-in/sign-in-endpoint.ts';
import { createSignOutEndpoint } from '../oauth/sign-in/sign-out-endpoint.ts';
import { openSessionStore } from '../storage/sessions.ts';

/** Whether people reach this server by https: their browsers know it by its issuer's address. */
const isHttps = async (): Promise<boolean> => (await config()).issuer.startsWith('https:');

const sessions = once(async () => {
  return createSessions({
    store: openSessionStore(await tables()),
    users: await users(),
    clock,
    random: randomBytes,
    csrfKey: await deriveKey('forms of sessions'),
    isHttps: await isHttps(),
  });
});

/** What the authorization endpoint needs. */
export const signInOfPeople = once(async () => createSignIn(await sessions()));

const passwords = once(async () => {
  return {
    users: await users(),
    secrets: secretVerifier,
    throttle: await throttle(),
    sessions: await sessions(),
    audit: (await audit()).trail,
    clock,
    wait: (milliseconds: number) => delay(milliseconds),
    random: randomBytes,
  };
});

/** Loaded only where a provider is set. */
const upstream = once(async () => {
  const { upstream: settings, issuer } = await config();
  if (settings === undefined) return undefined;
  const { createUpstreamProvider } = await import('../oauth/upstream/provider.ts');
  const { createUpstreamSignIn } = await import('../oauth/upstream/upstream-sign-in.ts');
  const { createJourneys } = await import('../oauth/upstream/journey.ts');
  const { issuerKeys, jsonClient } = await import('./remote-keys.ts');
  return createUpstreamSignIn({
    settings,
    issuer,
    provider: createUpstreamProvider(settings, {
      client: await jsonClient(),
      keys: await issuerKeys(),
      clock,
    }),
    journeys: createJourneys({
      key: await deriveKey('upstream sign-in'),
      clock,
      random: randomBytes,
      isHttps: await isHttps(),
    }),
    users: await users(),
    sessions: await sessions(),
    throttle: await throttle(),
    audit: (await audit()).trail,
    clock,
    random: randomBytes,
  });
});

export const signIn = prepared(async () => {
  return createSignInEndpoint({
    ...(await passwords()),
    formTokens: createFormTokens({
      key: await deriveKey('forms of nobody'),
      random: randomBytes,
      isHttps: await isHttps(),
    }),
    upstream: await upstream(),
  });
});

export const signOut = prepared(async () => {
  return createSignOutEndpoint({ sessions: await sessions(), audit: (await audit()).trail });
});

export const account = prepared(async () => {
  return createAccountEndpoint({
    ...(await passwords()),
    grants: createAccountGrants({
      grants: await userGrants(),
      ending: await grantEnding(),
      clients: (await clients()).directory,
      clock,
    }),
  });
});
