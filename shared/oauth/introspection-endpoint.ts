import { type Handler, json } from '../http/call.ts';
import { Fault } from '../http/fault.ts';
import { readParameters } from '../http/form.ts';
import { type AccessTokenClaims, type AccessTokenVerifier, TokenFault } from '../jwt/types.ts';
import type { AuditTrail } from '../registry/audit/audit-trail.ts';
import { type Client, type RoleDirectory, userOfClient } from '../registry/client.ts';
import {
  authenticateClient,
  type ClientAuthenticationDeps,
} from './client-authentication/authenticate-client.ts';
import { NO_STORE, OAuthError } from './errors.ts';
import { MAX_BODY, SECRET_PARAMETERS } from './request-limits.ts';
import type { Revocations } from './revocations.ts';
import { tokenTypeOf } from './token-binding.ts';
import { findRefusal } from './token-standing.ts';

/** Whoever has this role may ask about any token of its subscription. */
const INTROSPECT_ROLE = 'Token.Introspect';

export interface IntrospectionEndpointDeps extends ClientAuthenticationDeps {
  readonly verifier: AccessTokenVerifier;
  readonly roles: RoleDirectory;
  readonly revocations: Pick<Revocations, 'isRevoked'>;
  readonly audit: Pick<AuditTrail, 'note'>;
}

/**
 * Token introspection (RFC 7662). A client may ask about its own tokens, with `Token.Introspect`
 * about any of its subscription. Every other token is answered like one that is no token at all
 * (section 2.2), so that nobody learns of other clients.
 */
export function createIntrospectionEndpoint(deps: IntrospectionEndpointDeps): Handler {
  return async (call) => {
    if (call.method !== 'POST') throw Fault.methodNotAllowed(['POST']);
    const parameters = await readParameters(call, MAX_BODY, SECRET_PARAMETERS);
    const client = await authenticateClient(call, parameters, deps, (reason, known) => {
      const object = { type: 'client', name: known?.clientId ?? '' };
      deps.audit.note({
        action: 'token.introspect',
        actor: '',
        object,
        call,
        outcome: 'failure',
        reason,
      });
    });
    const token = parameters.get('token');
    if (token === undefined) {
      throw OAuthError.invalidRequest(
        'token_missing',
        'token is missing. Send the access token to ask about as token in the body.',
      );
    }
    const claims = await readClaims(token, deps);
    const told = claims !== undefined && (await mayAsk(client, claims, deps.roles));
    return json(200, told ? describe(claims) : { active: false }, NO_STORE);
  };
}

/** The claims of a token that would be accepted now. */
async function readClaims(
  token: string,
  { verifier, clients, revocations }: IntrospectionEndpointDeps,
): Promise<AccessTokenClaims | undefined> {
  try {
    const claims = await verifier.verify(token);
    return (await findRefusal(claims, clients, revocations)) === undefined ? claims : undefined;
  } catch (error) {
    if (error instanceof TokenFault) return undefined;
    throw error;
  }
}

async function mayAsk(
  { clientId, subscription }: Client,
  claims: AccessTokenClaims,
  roles: RoleDirectory,
): Promise<boolean> {
  if (claims.client_id === clientId) return true;
  if (claims.aud !== subscription) return false;
  return (await roles.rolesOf(subscription, userOfClient(clientId))).has(INTROSPECT_ROLE);
}

/** RFC 7662 section 2.2; RFC 9449 section 6.2 and RFC 8705 section 3.2. */
function describe({ scope, client_id, sub, aud, iss, exp, iat, jti, cnf }: AccessTokenClaims) {
  return {
    active: true,
    token_type: tokenTypeOf(cnf),
    client_id,
    username: sub,
    sub,
    aud,
    iss,
    exp,
    iat,
    jti,
    ...(scope === undefined ? {} : { scope }),
    ...(cnf === undefined ? {} : { cnf }),
  };
}
