import type { Clock } from '../../config/clock.ts';
import { isSignedWith, FOREIGN_LEEWAY, readForeignToken } from '../../jwt/foreign-token.ts';
import { FOREIGN_ALGORITHMS } from '../../jwt/public-keys.ts';
import { TokenFault } from '../../jwt/types.ts';
import { OAuthError } from '../errors.ts';
import type { OneTimeValues } from '../one-time-values.ts';
import { assertionIn, readAssertionClaims, unreadable } from './client-assertion.ts';
import type { ClientKeys } from './client-keys.ts';
import type { ClientAuthenticationMethod } from './method.ts';

export interface PrivateKeyJwtDeps {
  /** What `aud` may say: our issuer first, then addresses that older clients send in its place. */
  readonly audiences: readonly string[];
  readonly keys: ClientKeys;
  readonly used: OneTimeValues;
  readonly clock: Clock;
}

/** RFC 8725 section 3.11: what the client has signed for another purpose is none. */
const TYPES: readonly (string | undefined)[] = [undefined, 'jwt', 'client-authentication+jwt'];

const ADVICE =
  'Check that client_assertion is signed with a key of the client (its jwks or jwks_uri), that it has not been used before, and that the client is enabled and its token_endpoint_auth_method is private_key_jwt.';

/**
 * A JWT that the client has signed with its own key (RFC 7523 section 2.2, OpenID Connect Core
 * section 9): no secret is shared, and each assertion counts once, on all instances.
 */
export function privateKeyJwt(deps: PrivateKeyJwtDeps): ClientAuthenticationMethod {
  const { audiences, keys, used, clock } = deps;
  return {
    serves: ['private_key_jwt'],
    read(_call, parameters) {
      const assertion = assertionIn(parameters);
      if (assertion === undefined) return undefined;
      const token = readToken(assertion);
      if (!TYPES.includes(token.typ)) {
        throw unreadable(
          'assertion_typ',
          'The typ of a client_assertion is JWT, client-authentication+jwt, or left out.',
        );
      }
      const claims = readAssertionClaims(token.claims, audiences, clock.now() / 1000);
      const { clientId, jti, exp } = claims;
      const named = parameters.get('client_id');
      if (named !== undefined && named !== clientId) {
        throw OAuthError.invalidRequest(
          'two_clients',
          'client_id names another client than the client_assertion. Leave it out, or send the same in both.',
        );
      }
      let firstUse: Promise<boolean> | undefined;
      return {
        clientId,
        challenge: false,
        advice: ADVICE,
        async verify(client) {
          if (client === undefined) return 'wrong_assertion';
          const key = await keys.keyFor(client, token.kid, token.algorithm);
          if (key === undefined || !isSignedWith(token, key)) return 'wrong_assertion';
          // Used up once the signature is good, so that nobody else can use up a client's jti.
          firstUse ??= used.use(
            'client_assertion',
            `${clientId} ${jti}`,
            (Math.ceil(exp) + FOREIGN_LEEWAY) * 1000,
          );
          return (await firstUse) ? 'accepted' : 'assertion_used';
        },
      };
    },
  };
}

function readToken(assertion: string) {
  try {
    return readForeignToken(assertion);
  } catch (error) {
    if (!(error instanceof TokenFault)) throw error;
    throw unreadable(
      `assertion_${error.check.replaceAll(' ', '_')}`,
      `client_assertion is no JWT that could be read: three parts in base64url, signed with one of ${FOREIGN_ALGORITHMS.join(', ')}.`,
    );
  }
}
