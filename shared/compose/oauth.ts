import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { clients, ensureBootstrap, roles } from './clients.ts';
import { config, prepared } from './environment.ts';
import { audit, failureBoard } from './logs.ts';
import { keyRing, tokenVerifier } from './signing.ts';

export const throttle = once(async () => {
  const { createThrottle } = await import('../oauth/throttle.ts');
  const { trail } = await audit();
  return createThrottle({
    board: await failureBoard(),
    clock,
    wait: (milliseconds) => delay(milliseconds),
    onSlowed: (call, what) => {
      const object = { type: 'address', name: call.clientAddress };
      const reason = what === 'address' ? 'too_many_failures' : 'too_many_failures_of_one_client';
      trail.note({ action: 'throttle', actor: '', object, call, outcome: 'failure', reason });
    },
    onError: (problem, cause) => console.error(problem, cause),
  });
});

/** What every endpoint needs that clients authenticate at. */
const clientAuthentication = once(async () => {
  const { createSecretVerifier } = await import('../registry/secret-verifier.ts');
  const bootstrapId = (await config()).bootstrap?.clientId;
  return {
    clients: (await clients()).directory,
    secrets: createSecretVerifier({ clock, random: randomBytes }),
    roles: (await roles()).directory,
    audit: (await audit()).trail,
    throttle: await throttle(),
    clock,
    wait: (milliseconds: number) => delay(milliseconds),
    beforeClient: async (clientId: string) => {
      if (clientId === bootstrapId) await ensureBootstrap();
    },
  };
});

export const bearerGate = once(async () => {
  const { createBearerGate } = await import('../oauth/bearer.ts');
  return createBearerGate({
    verifier: await tokenVerifier(),
    clients: (await clients()).directory,
    roles: (await roles()).directory,
  });
});

export const token = prepared(async () => {
  const { createTokenEndpoint } = await import('../oauth/token-endpoint.ts');
  const { createAccessTokenIssuer } = await import('../jwt/sign.ts');
  return createTokenEndpoint({
    ...(await clientAuthentication()),
    issuer: createAccessTokenIssuer({ ring: await keyRing(), clock }),
  });
});

export const introspect = prepared(async () => {
  const { createIntrospectionEndpoint } = await import('../oauth/introspection-endpoint.ts');
  return createIntrospectionEndpoint({
    ...(await clientAuthentication()),
    verifier: await tokenVerifier(),
  });
});

export const metadata = prepared(async ({ issuer }) => {
  const { createMetadataEndpoint } = await import('../oauth/metadata-endpoint.ts');
  return createMetadataEndpoint({ issuer });
}, 'open');
