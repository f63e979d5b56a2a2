import { randomBytes } from 'node:crypto';
import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { roles } from './clients.ts';
import { config, prepared } from './environment.ts';
import { audit } from './logs.ts';
import { authMethods, secretVerifier, throttle } from './oauth.ts';
import { clientStore } from './origins.ts';
import { tables } from './storage.ts';
import { createConfigurationEndpoint } from '../oauth/registration/configuration-endpoint.ts';
import { createRegistrationEndpoint } from '../oauth/registration/registration-endpoint.ts';
import { openInitialAccessTokens } from '../storage/initial-access-tokens.ts';

const registration = once(async () => {
  const { issuer, subscriptions } = await config();
  return {
    issuer,
    subscriptions,
    authMethods: await authMethods(),
    clients: await clientStore(),
    initialAccessTokens: openInitialAccessTokens(await tables()),
    throttle: await throttle(),
    audit: (await audit()).trail,
    clock,
    random: randomBytes,
  };
});

export const register = prepared(async () => createRegistrationEndpoint(await registration()));

export const registerClient = prepared(async () => {
  return createConfigurationEndpoint({
    ...(await registration()),
    roles: (await roles()).store,
    secrets: secretVerifier,
  });
});
