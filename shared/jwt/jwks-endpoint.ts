import type { Clock } from '../config/clock.ts';
import type { Handler } from '../http/call.ts';
import { answerPublicDocument } from '../http/public-document.ts';
import type { KeyRing } from './key-ring.ts';
import { JWKS_MAX_AGE, publishedKeys } from './rotation.ts';

/** The public keys (RFC 7517 section 5), those that are about to sign included. */
export function createJwksEndpoint(deps: {
  readonly ring: KeyRing;
  readonly clock: Clock;
}): Handler {
  return (call) =>
    answerPublicDocument(call, JWKS_MAX_AGE, async () => {
      const { stored } = await deps.ring.view();
      const keys = publishedKeys(stored, deps.clock.now()).map(({ kid, alg, publicJwk }) => ({
        ...publicJwk,
        kid,
        alg,
        use: 'sig',
      }));
      return { keys };
    });
}
