import { systemClock as clock } from '../config/clock.ts';
import { prepared } from './environment.ts';
import { authMethods, grants } from './oauth.ts';
import { tables } from './storage.ts';
import { createMetadataEndpoint } from '../oauth/metadata-endpoint.ts';
import { watchRegistration } from '../oauth/registration/open-registration.ts';
import { openInitialAccessTokens } from '../storage/initial-access-tokens.ts';

export const metadata = prepared(async ({ issuer }) => {
  return createMetadataEndpoint({
    issuer,
    grantTypes: [...grants.keys()],
    authMethods: await authMethods(),
    canRegister: watchRegistration({
      initialAccessTokens: openInitialAccessTokens(await tables()),
      clock,
      onError: (problem, cause) => console.error(problem, cause),
    }),
  });
}, 'open');
