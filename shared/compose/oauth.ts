import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { binding, possession, proofs } from './client-proofs.ts';
import { clients, ensureBootstrap, roles } from './clients.ts';
import { config, prepared } from './environment.ts';
import { audit, failureBoard } from './logs.ts';
import { revocations } from './revocations.ts';
import { isOurs, keyRing, tokenVerifier } from './signing.ts';
import { createAccessTokenIssuer } from '../jwt/sign.ts';
import { createBearerGate } from '../oauth/bearer.ts';
import { createResourceIndicators } from '../oauth/resource.ts';
import { createThrottle } from '../oauth/throttle.ts';
import { unlessOurs } from '../oauth/trusted-issuers/unless-ours.ts';
import { createTokenEndpoint } from '../oauth/token-endpoint.ts';
import { clientSecret } from '../oauth/client-authentication/client-secret.ts';
import { clientCredentials } from '../oauth/grants/client-credentials.ts';
import type { Grant, Grants } from '../oauth/grants/grant.ts';
import { createSecretVerifier } from '../registry/secret-verifier.ts';

export const throttle = once(async () => {
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

/** One for clients and people: what scrypt takes at a time is bounded for both together. */
export const secretVerifier = createSecretVerifier({ clock, random: randomBytes });

export const secrets = clientSecret(secretVerifier);

/** What every endpoint needs that clients authenticate at. */
export const clientAuthentication = once(async () => {
  const bootstrapId = (await config()).bootstrap?.clientId;
  return {
    clients: (await clients()).directory,
    methods: [secrets, ...(await proofs()).ofAll],
    roles: (await roles()).directory,
    audit: (await audit()).trail,
    throttle: await throttle(),
    origins: {
      isAllowed: async (origin: string) => {
        const { allowedOrigins } = await import('./origins.ts');
        return (await allowedOrigins()).isAllowed(origin);
      },
    },
    clock,
    wait: (milliseconds: number) => delay(milliseconds),
    beforeClient: async (clientId: string) => {
      if (clientId === bootstrapId) await ensureBootstrap();
    },
  };
});

/** The methods that clients may be registered for here. */
export const authMethods = async (): Promise<readonly string[]> =>
  (await clientAuthentication()).methods.flatMap(({ serves }) => serves);

export const bearerGate = once(async () => {
  return createBearerGate({
    verifier: await tokenVerifier(),
    clients: (await clients()).directory,
    roles: (await roles()).directory,
    revocations: (await revocations()).list,
    possession,
    foreign: unlessOurs(isOurs, async () => (await import('./issuers.ts')).foreignCallers()),
  });
});

export const resources = once(async () => {
  const { publicBases, subscriptions } = await config();
  return createResourceIndicators(publicBases, subscriptions);
});

/** What is offered; all but the quick one are loaded when they are first asked for. */
export const grants: Grants = new Map<string, () => Promise<Grant> | Grant>([
  ['client_credentials', () => clientCredentials],
  [
    'authorization_code',
    async () => (await import('./grants-of-users.ts')).authorizationCodeGrant(),
  ],
  ['refresh_token', async () => (await import('./grants-of-users.ts')).refreshTokenGrant()],
  [
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    async () => (await import('./foreign-grants.ts')).jwtBearerGrant(),
  ],
  [
    'urn:ietf:params:oauth:grant-type:token-exchange',
    async () => (await import('./foreign-grants.ts')).tokenExchangeGrant(),
  ],
]);

export const token = prepared(async () => {
  const ring = await keyRing();
  // A cold instance reads it beside the client. Who then signs meets whatever has failed.
  ring.view().catch(() => undefined);
  return createTokenEndpoint({
    ...(await clientAuthentication()),
    issuer: createAccessTokenIssuer({ ring, clock }),
    grants,
    binding,
    resources: await resources(),
  });
});
