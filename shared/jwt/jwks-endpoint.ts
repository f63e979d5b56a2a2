import type { Clock } from '../config/clock.ts';
import type { Handler } from '../http/call.ts';
import { answerPublicDocument } from '../http/public-document.ts';
import type { KeyRing } from './key-ring.ts';
import { JWKS_MAX_AGE, publishedKeys } from './rotation.ts';

/**
 * The public keys (RFC 7517 section 5), those that are about to sign included, without those that
 * the master key does not open: who can only write to storage shall not publish keys.
 * @throws {Fault} 503 when it opens none of them.
 */
export function createJwksEndpoint(deps: {
  readonly ring: KeyRing;
  readonly clock: Clock;
}): Handler {
  return (call) =>
    answerPublicDocument(call, JWKS_MAX_AGE, async () => {
      const { stored, byKid, unopened } = await deps.ring.view();
      const [fault] = unopened.values();
      if (fault !== undefined && byKid.size === 0) throw fault;
      const keys = publishedKeys(stored, deps.clock.now())
        .filter(({ kid }) => byKid.has(kid))
        .map(({ kid, alg, publicJwk }) => ({ ...publicJwk, kid, alg, use: 'sig' }));
      return { keys };
    });
}
