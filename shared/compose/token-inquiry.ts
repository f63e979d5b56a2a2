import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { prepared } from './environment.ts';
import { proofs } from './client-proofs.ts';
import { grantEnding, refreshTokens, userGrants } from './grants.ts';
import { clientAuthentication, secrets } from './oauth.ts';
import { revocations } from './revocations.ts';
import { keyRing, tokenVerifier } from './signing.ts';
import { createIntrospectionSigner } from '../jwt/sign-introspection.ts';
import { createIntrospectionEndpoint } from '../oauth/introspection-endpoint.ts';
import { createRevocationEndpoint } from '../oauth/revocation-endpoint.ts';

const inquiry = once(async () => ({
  ...(await clientAuthentication()),
  verifier: await tokenVerifier(),
  revocations: (await revocations()).list,
  refreshTokens: await refreshTokens(),
  grants: await userGrants(),
}));

export const introspect = prepared(async () => {
  const signer = createIntrospectionSigner({ ring: await keyRing(), clock });
  // RFC 7662 section 2.1: not for whoever knows a client_id.
  const methods = [secrets, ...(await proofs()).ofConfidential];
  return createIntrospectionEndpoint({ ...(await inquiry()), methods, signer });
});

export const revoke = prepared(async () =>
  createRevocationEndpoint({ ...(await inquiry()), ...(await grantEnding()) }),
);
