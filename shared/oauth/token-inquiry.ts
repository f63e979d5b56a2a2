import type { HttpCall } from '../http/call.ts';
import { type Parameters, readParameters } from '../http/form.ts';
import { type AccessTokenClaims, type AccessTokenVerifier, TokenFault } from '../jwt/types.ts';
import type { AuditTrail } from '../registry/audit/audit-trail.ts';
import { type Client, type RoleDirectory, userOfClient } from '../registry/client.ts';
import {
  authenticateClient,
  type ClientAuthenticationDeps,
} from './client-authentication/authenticate-client.ts';
import { OAuthError } from './errors.ts';
import { MAX_BODY, SECRET_PARAMETERS } from './request-limits.ts';

/** Whoever has this role may ask about and revoke any token of its subscription. */
const INTROSPECT_ROLE = 'Token.Introspect';

export interface TokenInquiryDeps extends ClientAuthenticationDeps {
  readonly verifier: AccessTokenVerifier;
  readonly roles: RoleDirectory;
  readonly audit: Pick<AuditTrail, 'note'>;
}

/** A request about a token (RFC 7662 section 2.1, RFC 7009 section 2.1). */
export interface TokenInquiry {
  readonly client: Client;
  readonly parameters: Parameters;
}

/**
 * Reads a request about a token, and authenticates who sends it as the token endpoint does.
 * @param action what a failed authentication is called in the audit trail.
 * @throws {OAuthError} `invalid_client` or `invalid_request`
 * @throws {Fault} 429 when too many have failed before
 */
export async function readTokenInquiry(
  call: HttpCall,
  deps: TokenInquiryDeps,
  action: string,
): Promise<TokenInquiry> {
  const parameters = await readParameters(call, MAX_BODY, SECRET_PARAMETERS);
  const client = await authenticateClient(call, parameters, deps, (reason, known) => {
    const object = { type: 'client', name: known?.clientId ?? '' };
    deps.audit.note({ action, actor: '', object, call, outcome: 'failure', reason });
  });
  return { client, parameters };
}

/** As sent: most likely a token of ours, and maybe anything. @throws {OAuthError} */
export function requireToken(parameters: Parameters): string {
  const token = parameters.get('token');
  if (token !== undefined) return token;
  throw OAuthError.invalidRequest('token_missing', 'token is missing. Send it in the body.');
}

/** The claims of an access token of ours that has not expired; undefined for anything else. */
export async function readAccessToken(
  token: string,
  verifier: AccessTokenVerifier,
): Promise<AccessTokenClaims | undefined> {
  try {
    return await verifier.verify(token);
  } catch (error) {
    if (error instanceof TokenFault) return undefined;
    throw error;
  }
}

/**
 * Whether a token is the client's own, or of its subscription and the client has the role for it. A
 * public client has proven nothing, whatever roles its user has.
 */
export async function mayHandle(
  { clientId, subscription, tokenEndpointAuthMethod }: Client,
  token: { readonly client_id: string; readonly aud: string },
  roles: RoleDirectory,
): Promise<boolean> {
  if (token.client_id === clientId) return true;
  if (token.aud !== subscription || tokenEndpointAuthMethod === 'none') return false;
  return (await roles.rolesOf(subscription, userOfClient(clientId))).has(INTROSPECT_ROLE);
}
