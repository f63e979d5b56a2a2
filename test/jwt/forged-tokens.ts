import assert from 'node:assert/strict';
import { type AccessTokenVerifier, TokenFault } from '../../shared/jwt/types.ts';
import { createAccessTokenVerifier } from '../../shared/jwt/verify.ts';
import { testClock } from '../support/clock.ts';
import { es256, forgeToken } from '../support/forge-token.ts';
import { openInstance, testKeys } from '../support/key-ring.ts';

export const ISSUER = 'https://flowgate.example';
export const clock = testClock();
/** Of {@link clock}, in seconds. */
export const now = Math.floor(clock.now() / 1000);

/** Of a token as an instance issues it. */
export const claims = {
  iss: ISSUER,
  sub: 'oauth_client_app',
  client_id: 'app',
  aud: 'flowgateiflmap',
  exp: now + 3600,
  iat: now,
  jti: 'jti-1',
  scope: 'a b',
  roles: ['ESBMessaging.send'],
};

/** What an instance needs to know to issue one. */
export const grant = {
  subject: 's',
  clientId: 'c',
  tokensFrom: 0,
  audience: 'a',
  lifetime: 60,
  scope: '',
  roles: [],
};

/** An instance's verifier, with what forges tokens for it. */
export async function openVerifier() {
  const { ring } = openInstance(await testKeys(), { clock, issuer: ISSUER });
  const verifier: AccessTokenVerifier = createAccessTokenVerifier({ ring, clock });
  const { kid, privateKey } = await ring.signingKey();
  const header = { alg: 'ES256', typ: 'at+jwt', kid };
  const signOurs = es256(privateKey);
  return {
    ring,
    verifier,
    privateKey,
    header,
    signOurs,
    good: (): string => forgeToken(header, claims, signOurs),
    /** Refused for that reason by that check, with our text, also when it is presented again. */
    refused: async (token: string, check: string, reason = 'invalid_token'): Promise<void> => {
      for (let i = 0; i < 2; i += 1) {
        await assert.rejects(verifier.verify(token), (error: unknown) => {
          assert.ok(error instanceof TokenFault);
          assert.deepEqual({ reason: error.reason, check: error.check }, { reason, check });
          assert.match(
            error.message,
            /^The access token .*Request a new one from the token endpoint\.$/,
          );
          assert.doesNotMatch(error.message, /jwt|signature|algorithm/i);
          return true;
        });
      }
    },
  };
}
