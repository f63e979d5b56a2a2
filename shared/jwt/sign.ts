import jsonwebtoken from 'jsonwebtoken';
import type { Clock } from '../config/clock.ts';
import type { KeyRing } from './key-ring.ts';
import { createTokenIds } from './token-id.ts';
import type { AccessTokenClaims, AccessTokenIssuer } from './types.ts';

/** RFC 9068 section 2.1. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/**
 * Above this many bytes the `roles` claim is left out, so that the token still fits into a request
 * header everywhere. It only informs: Flowgate decides by the assignments of the moment.
 */
const MAX_ROLES_BYTES = 4096;

/** Signs RFC 9068 access tokens with the ring's current key. */
export function createAccessTokenIssuer(deps: {
  readonly ring: KeyRing;
  readonly clock: Clock;
}): AccessTokenIssuer {
  const nextId = createTokenIds();
  return {
    async issue(grant) {
      const { kid, alg, privateKey } = await deps.ring.signingKey();
      const iat = Math.floor(deps.clock.now() / 1000);
      const claims: AccessTokenClaims = {
        iss: deps.ring.issuer,
        sub: grant.subject,
        client_id: grant.clientId,
        aud: grant.audience,
        exp: iat + grant.lifetime,
        iat,
        jti: nextId(grant.tokensFrom),
        ...(grant.scope === '' ? {} : { scope: grant.scope }),
        ...(fits(grant.roles) ? { roles: grant.roles } : {}),
        ...(grant.confirmation === undefined ? {} : { cnf: grant.confirmation }),
        ...(grant.grantId === undefined ? {} : { grant_id: grant.grantId }),
        ...(grant.authTime === undefined ? {} : { auth_time: grant.authTime }),
        ...(grant.actor === undefined ? {} : { act: grant.actor }),
      };
      // As text: what the library checks of an object's claims is given by their type.
      const token = jsonwebtoken.sign(JSON.stringify(claims), privateKey, {
        algorithm: alg,
        header: { alg, typ: ACCESS_TOKEN_TYPE, kid },
      });
      return { token, claims };
    },
  };
}

function fits(roles: readonly string[]): boolean {
  let bytes = 0;
  for (const role of roles) bytes += Buffer.byteLength(role) + 3;
  return bytes <= MAX_ROLES_BYTES;
}
