import type { Clock } from '../../config/clock.ts';
import { FOREIGN_LEEWAY } from '../../jwt/foreign-token.ts';
import { OAuthError } from '../errors.ts';
import type { OneTimeValues } from '../one-time-values.ts';
import { grantScope } from '../scope.ts';
import { type ForeignSubject, readForeignSubject } from '../trusted-issuers/foreign-subject.ts';
import { JudgedFault, type TokenJudge } from '../trusted-issuers/token-judge.ts';
import type { Grant, GrantRequest } from './grant.ts';
import { requireKey } from './user-grant.ts';

/** Seconds that an assertion may be good for: its `jti` is kept for that long. */
const LONGEST_LIFE = 86_400;
/** RFC 7521 section 4.1: no token outlives its assertion by more than this. */
const LEAST_SECONDS = 60;

export interface JwtBearerDeps {
  readonly judge: TokenJudge;
  readonly used: OneTimeValues;
  /** What stands for this server in `aud`. */
  readonly audiences: readonly string[];
  readonly clock: Clock;
}

/**
 * RFC 7523 section 2.1: a client that has authenticated itself presents the token of a trusted issuer,
 * and gets one that speaks for whom the issuer's rules say. An assertion with a `jti` counts once.
 */
export function jwtBearer(deps: JwtBearerDeps): Grant {
  return {
    async grant(request) {
      const { client, parameters } = request;
      const scope = grantScope(parameters.get('scope'), client);
      const subject = await readAssertion(request, deps);
      requireKey(subject.confirmation, request.confirmation, 'assertion');
      await useOnce(subject, deps);
      const left = Math.floor(subject.token.expiresAt - deps.clock.now() / 1000);
      return { subject: subject.user, scope, mostSeconds: Math.max(LEAST_SECONDS, left) };
    },
  };
}

async function readAssertion(
  { client, parameters }: GrantRequest,
  { judge, audiences }: JwtBearerDeps,
): Promise<ForeignSubject> {
  const assertion = parameters.get('assertion');
  if (assertion === undefined) {
    throw OAuthError.invalidRequest(
      'assertion_missing',
      'assertion is missing. Send a JWT of a trusted issuer in the body (RFC 7523 section 2.1).',
    );
  }
  try {
    return await readForeignSubject(judge, assertion, client, audiences);
  } catch (error) {
    if (!(error instanceof JudgedFault)) throw error;
    throw OAuthError.invalidGrant(`assertion_${error.check}`, error.message);
  }
}

/** RFC 7523 section 3 numbers 2 and 7. */
async function useOnce(
  { issuer, token }: ForeignSubject,
  { used, clock }: JwtBearerDeps,
): Promise<void> {
  const { sub, jti } = token.claims;
  const end = token.expiresAt + FOREIGN_LEEWAY;
  if (typeof sub !== 'string' || sub === '') {
    throw OAuthError.invalidGrant('assertion_sub', 'The assertion has no sub.');
  }
  if (end > clock.now() / 1000 + LONGEST_LIFE + 2 * FOREIGN_LEEWAY) {
    throw OAuthError.invalidGrant(
      'assertion_exp',
      `The exp of the assertion is more than ${LONGEST_LIFE} s ahead.`,
    );
  }
  if (jti === undefined) return;
  if (typeof jti !== 'string') {
    throw OAuthError.invalidGrant('assertion_jti', 'The jti of the assertion is no text.');
  }
  const name = JSON.stringify([issuer.issuer, jti]);
  if (await used.use('jwt_bearer', name, end * 1000)) return;
  throw OAuthError.invalidGrant(
    'assertion_used',
    'The assertion has been used before: its jti counts once. Request another one from its issuer.',
  );
}
