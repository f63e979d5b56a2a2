import { systemClock as clock } from '../config/clock.ts';
import { proofs } from './client-proofs.ts';
import { prepared } from './environment.ts';
import { authMethods, grants, secrets } from './oauth.ts';
import { tables } from './storage.ts';
import { FOREIGN_ALGORITHMS } from '../jwt/public-keys.ts';
import { createMetadataEndpoint } from '../oauth/metadata-endpoint.ts';
import { watchRegistration } from '../oauth/registration/open-registration.ts';
import { openInitialAccessTokens } from '../storage/initial-access-tokens.ts';

export const metadata = prepared(async ({ issuer, signing, mtls }) => {
  const proving = [secrets, ...(await proofs()).ofConfidential];
  return createMetadataEndpoint({
    issuer,
    grantTypes: [...grants.keys()],
    authMethods: await authMethods(),
    provingAuthMethods: proving.flatMap(({ serves }) => serves),
    clientAlgorithms: FOREIGN_ALGORITHMS,
    signingAlgorithm: signing.algorithm,
    mtls: mtls !== undefined,
    canRegister: watchRegistration({
      initialAccessTokens: openInitialAccessTokens(await tables()),
      clock,
      onError: (problem, cause) => console.error(problem, cause),
    }),
  });
}, 'open');
