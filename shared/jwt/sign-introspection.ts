import jsonwebtoken from 'jsonwebtoken';
import type { Clock } from '../config/clock.ts';
import type { KeyRing } from './key-ring.ts';

/**
 * RFC 9701 section 5. Whoever checks access tokens asks for another `typ`, so that an answer never
 * passes for a token (RFC 8725 section 3.11).
 */
const INTROSPECTION_TYPE = 'token-introspection+jwt';

export interface IntrospectionSigner {
  /**
   * Signs the answer to an introspection with the ring's current key.
   * @param audience the client that has asked; nobody else may take the answer for its own.
   */
  sign(audience: string, answer: Readonly<Record<string, unknown>>): Promise<string>;
}

export function createIntrospectionSigner(deps: {
  readonly ring: KeyRing;
  readonly clock: Clock;
}): IntrospectionSigner {
  return {
    async sign(audience, answer) {
      const { kid, alg, privateKey } = await deps.ring.signingKey();
      // RFC 9701 section 5: no `sub` and no `exp` beside the member, which access tokens have.
      const claims = {
        iss: deps.ring.issuer,
        aud: audience,
        iat: Math.floor(deps.clock.now() / 1000),
        token_introspection: answer,
      };
      return jsonwebtoken.sign(claims, privateKey, {
        algorithm: alg,
        keyid: kid,
        header: { alg, typ: INTROSPECTION_TYPE },
      });
    },
  };
}
