import { Problem, type ProblemDetail } from '../../http/problem.ts';
import { type Client, GRANTS_OF_PUBLIC_CLIENTS } from '../client.ts';

type Authentication = Pick<
  Client,
  | 'tokenEndpointAuthMethod'
  | 'grantTypes'
  | 'redirectUris'
  | 'scopes'
  | 'defaultScopes'
  | 'jwks'
  | 'jwksUri'
  | 'tlsClientAuth'
  | 'dpopBoundAccessTokens'
  | 'tlsClientCertificateBoundAccessTokens'
>;

/** Whether the client proves who it is with a secret that both sides know. */
export function usesSecret({
  tokenEndpointAuthMethod: method,
}: Pick<Client, 'tokenEndpointAuthMethod'>): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
}

/** A secret for a client that has no use for one. */
export function needsNoSecret({
  tokenEndpointAuthMethod: method,
}: Pick<Client, 'tokenEndpointAuthMethod'>): Problem {
  return Problem.invalid([
    {
      pointer: '/client_secret',
      detail: `A client with token_endpoint_auth_method ${method} has no secret. Leave it out, or choose client_secret_basic.`,
    },
  ]);
}

/** What of a client's settings does not go together, each valid by itself. */
export function faultsInAuthentication(client: Authentication): readonly ProblemDetail[] {
  const { tokenEndpointAuthMethod: method, grantTypes, scopes, defaultScopes } = client;
  const faults: ProblemDetail[] = [];
  const fault = (member: string, detail: string): void => {
    faults.push({ pointer: `/${member}`, detail });
  };
  if (client.jwks !== undefined && client.jwksUri !== undefined) {
    fault('jwks_uri', 'jwks and jwks_uri exclude each other (RFC 7591 section 2). Send one.');
  }
  const hasKeys = client.jwks !== undefined || client.jwksUri !== undefined;
  if ((method === 'private_key_jwt' || method === 'self_signed_tls_client_auth') && !hasKeys) {
    fault('jwks', `token_endpoint_auth_method ${method} needs the client's jwks or jwks_uri.`);
  }
  if (method === 'tls_client_auth' && client.tlsClientAuth === undefined) {
    fault(
      'tls_client_auth_subject_dn',
      'token_endpoint_auth_method tls_client_auth needs tls_client_auth_subject_dn or one of the tls_client_auth_san_ members (RFC 8705 section 2.1.2).',
    );
  }
  const unproven = grantTypes.find((grant) => !GRANTS_OF_PUBLIC_CLIENTS.includes(grant));
  if (method === 'none' && unproven !== undefined) {
    fault(
      'grant_types',
      `A client with token_endpoint_auth_method none cannot prove who it is, so it has no grant ${unproven} (RFC 6749 section 4.4), only ${GRANTS_OF_PUBLIC_CLIENTS.join(' and ')}.`,
    );
  }
  if (client.dpopBoundAccessTokens && client.tlsClientCertificateBoundAccessTokens) {
    fault(
      'dpop_bound_access_tokens',
      'A token is bound to a DPoP key or to a certificate: set dpop_bound_access_tokens or tls_client_certificate_bound_access_tokens.',
    );
  }
  if (grantTypes.includes('authorization_code') && client.redirectUris.length === 0) {
    fault('redirect_uris', 'The grant authorization_code needs at least one redirect URI.');
  }
  const excess = defaultScopes?.filter((scope) => !scopes.includes(scope)) ?? [];
  if (excess.length > 0) {
    fault('default_scope', 'default_scope is a part of scope.');
  }
  return faults;
}
