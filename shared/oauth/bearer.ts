import { REFUSE_ON_MS } from '../cache/stale-cache.ts';
import type { HttpCall } from '../http/call.ts';
import { json } from '../http/call.ts';
import type { Surface } from '../http/endpoint.ts';
import { type AccessTokenClaims, type AccessTokenVerifier, TokenFault } from '../jwt/types.ts';
import type { ClientDirectory, RoleDirectory } from '../registry/client.ts';
import { codeOfStatus } from './errors.ts';
import { BearerFault, type BearerGate, type Caller } from './gate.ts';
import type { Revocations } from './revocations.ts';
import { type Possession, tokenTypeOf } from './token-binding.ts';
import type { ForeignCallers } from './trusted-issuers/foreign-callers.ts';
import { findRefusal } from './token-standing.ts';

/** The gate of everything that takes access tokens (RFC 6750, RFC 9449 section 7). */
export function createBearerGate(deps: {
  readonly verifier: AccessTokenVerifier;
  readonly clients: ClientDirectory;
  readonly roles: RoleDirectory;
  readonly revocations: Pick<Revocations, 'isRevoked'>;
  readonly possession: Possession;
  /** Whoever shows a token of a trusted issuer. */
  readonly foreign: ForeignCallers;
}): BearerGate {
  const { verifier, clients, roles, revocations } = deps;

  const findOwn = async (call: HttpCall, token: string, subscription: string): Promise<Caller> => {
    const claims = await verify(token, verifier, call);
    if (claims.aud !== subscription) {
      throw new BearerFault(
        'wrong_subscription',
        `The access token is for subscription ${claims.aud}, but this address belongs to subscription ${subscription}. Request the token with a client of ${subscription}.`,
        { user: claims.sub },
      );
    }
    const refusal = await findRefusal(claims, clients, revocations);
    if (refusal !== undefined) throw refusal;
    return { user: claims.sub, clientId: claims.client_id, subscription, claims };
  };

  const hasRole = async (caller: Caller, oneOf: readonly string[]): Promise<boolean> => {
    const has = (assigned: ReadonlySet<string>): boolean =>
      oneOf.some((role) => assigned.has(role));
    if (caller.givenRoles !== undefined && has(caller.givenRoles)) return true;
    if (has(await roles.rolesOf(caller.subscription, caller.user))) return true;
    return has(await roles.rolesOf(caller.subscription, caller.user, REFUSE_ON_MS));
  };

  return {
    hasRole,

    async authenticate(call, subscription) {
      const { scheme, token } = readAccessToken(call);
      const caller =
        (await deps.foreign.find(call, token, subscription)) ??
        (await findOwn(call, token, subscription));
      const { claims } = caller;
      requireScheme(scheme, claims);
      if (claims.cnf !== undefined)
        await deps.possession.require(call, token, claims.cnf, claims.sub);
      call.annotate({ client: claims.client_id });
      return caller;
    },

    async requireRole(caller, oneOf) {
      if (await hasRole(caller, oneOf)) return;
      const latest = await roles.rolesOf(caller.subscription, caller.user, REFUSE_ON_MS);
      const ofClientId = await roles.rolesOf(caller.subscription, caller.clientId, REFUSE_ON_MS);
      throw new BearerFault('missing_role', explain(caller, oneOf, latest, ofClientId), {
        user: caller.user,
      });
    },
  };
}

async function verify(
  token: string,
  verifier: AccessTokenVerifier,
  call: HttpCall,
): Promise<AccessTokenClaims> {
  try {
    return await verifier.verify(token);
  } catch (error) {
    if (!(error instanceof TokenFault)) throw error;
    call.annotate({ token_check: error.check });
    throw new BearerFault(error.reason, error.message, { cause: error });
  }
}

interface SentToken {
  readonly scheme: 'Bearer' | 'DPoP';
  readonly token: string;
}

/** RFC 6750 section 2.1 only: a token in the query or in a form is never looked at. */
function readAccessToken(call: HttpCall): SentToken {
  const authorization = call.headers.get('authorization');
  if (authorization === null || authorization === '') {
    throw new BearerFault(
      'missing_token',
      call.url.searchParams.has('access_token')
        ? 'The access token must not be in the query. Send it in the header Authorization: Bearer.'
        : 'The access token is missing. Send it in the header Authorization: Bearer.',
    );
  }
  // The host joins repeated headers with a comma, which no token contains.
  if (authorization.includes(',')) {
    throw new BearerFault(
      'invalid_token',
      'The request has more than one Authorization header. Send one, with the access token.',
    );
  }
  const scheme = SCHEMES.find((one) => isOfScheme(authorization, one));
  if (scheme === undefined) {
    throw new BearerFault(
      'missing_token',
      'The Authorization header holds no access token. Get one from the token endpoint and send it as Authorization: Bearer.',
    );
  }
  const token = authorization.slice(scheme.length).trim();
  if (token === '' || token.includes(' ')) {
    throw new BearerFault(
      'invalid_token',
      `The Authorization header must hold ${scheme}, one space, and the access token.`,
    );
  }
  return { scheme, token };
}

const SCHEMES = ['Bearer', 'DPoP'] as const;

/** RFC 9110 section 11.1: schemes ignore case. */
function isOfScheme(authorization: string, scheme: string): boolean {
  const { length } = scheme;
  if (authorization.slice(0, length).toLowerCase() !== scheme.toLowerCase()) return false;
  return authorization.length === length || authorization[length] === ' ';
}

/**
 * RFC 9449 sections 7.1 and 7.2: a token that is bound to a DPoP key is never taken as a bearer token,
 * which would need no proof, and one that is not bound has nothing to prove.
 */
function requireScheme(scheme: SentToken['scheme'], { cnf, sub: user }: AccessTokenClaims): void {
  const right = tokenTypeOf(cnf);
  if (scheme === right) return;
  if (right === 'DPoP')
    throw new BearerFault('invalid_token', NEEDS_PROOF, { user, dpop: 'invalid_token' });
  throw new BearerFault(
    'invalid_token',
    'The access token is not bound to a DPoP key. Send it as Authorization: Bearer.',
    { user },
  );
}

const NEEDS_PROOF =
  'The access token is bound to a DPoP key. Send it as Authorization: DPoP, with a proof in the header DPoP.';

/** The remedies for the mistakes that are made most: the user without its prefix, another case. */
function explain(
  caller: Caller,
  oneOf: readonly string[],
  assigned: ReadonlySet<string>,
  ofClientId: ReadonlySet<string>,
): string {
  const { user, clientId, subscription } = caller;
  const needed = oneOf.length === 1 ? 'no role' : 'none of the roles';
  const lacks = `User ${user} has ${needed} ${oneOf.join(', ')} in subscription ${subscription}.`;
  const misplaced = oneOf.find((role) => ofClientId.has(role));
  if (misplaced !== undefined) {
    return `${lacks} It is assigned to ${clientId}, but the user of that client is ${user}: assign it to ${user}.`;
  }
  for (const role of oneOf) {
    const miscased = [...assigned].find((has) => has.toLowerCase() === role.toLowerCase());
    if (miscased !== undefined) {
      return `${lacks} It has ${miscased}, which differs in case: assign ${role}.`;
    }
  }
  return `${lacks} Assign it under /registry/v1/subscriptions/${subscription}/roles/${oneOf[0] ?? ''}/users/${user}.`;
}

/** Errors as JSON with the code of RFC 6750 section 3.1 and the reason that Flowgate adds. */
export const bearerSurface: Surface = {
  toReply(fault) {
    const error = fault instanceof BearerFault ? fault.error : codeOfStatus(fault.status);
    return json(fault.status, { error, error_description: fault.message, reason: fault.reason });
  },
};
