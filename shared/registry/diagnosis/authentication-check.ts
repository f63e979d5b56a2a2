import { usesSecret } from '../api/authentication-members.ts';
import { addressOf } from '../api/request.ts';
import type { Client, StoredSecret } from '../client.ts';
import { isAlive } from '../secrets.ts';
import { type Check, fail, pass } from './check.ts';

/**
 * Whether the client has what it proves itself with.
 * @param takesCertificates whether this server knows the certificates of its callers.
 */
export function checkAuthentication(
  client: Client,
  now: number,
  takesCertificates: boolean,
): Check {
  const { clientId, tokenEndpointAuthMethod: method } = client;
  if (showsCertificate(client) && !takesCertificates) {
    return fail(
      'secret_valid',
      'The client shows a certificate, by its token_endpoint_auth_method or tls_client_certificate_bound_access_tokens, but this server takes none.',
      `Set FLOWGATE_MTLS as docs/client-authentication.md tells, or register the client for something else with PATCH ${addressOf('clients', clientId)} and If-Match: *.`,
    );
  }
  if (usesSecret(client)) return checkSecrets(client, now);
  return pass(
    'secret_valid',
    `The client needs no secret: its token_endpoint_auth_method is ${method}.${tellProof(client)}${tellBinding(client)}`,
  );
}

const showsCertificate = (client: Client): boolean =>
  client.tokenEndpointAuthMethod.endsWith('tls_client_auth') ||
  client.tlsClientCertificateBoundAccessTokens;

function tellProof({
  tokenEndpointAuthMethod: method,
  jwks,
  jwksUri,
  tlsClientAuth,
}: Client): string {
  switch (method) {
    case 'private_key_jwt':
      return ` It signs a client_assertion with a key ${tellKeys(jwks?.keys, jwksUri)}.`;
    case 'self_signed_tls_client_auth':
      return ` It shows a certificate whose key is one ${tellKeys(jwks?.keys, jwksUri)}.`;
    case 'tls_client_auth':
      return ` It shows a certificate of a trusted authority, with the ${tlsClientAuth?.kind ?? ''} ${tlsClientAuth?.value ?? ''}.`;
    default:
      return '';
  }
}

function tellKeys(keys: readonly Readonly<Record<string, unknown>>[] = [], uri?: string): string {
  if (uri !== undefined) return `behind ${uri}`;
  const names = keys.map(({ kid, kty }) =>
    typeof kid === 'string' ? kid : `an ${String(kty)} key`,
  );
  return `of its registration: ${names.join(', ')}`;
}

function tellBinding(client: Client): string {
  if (client.dpopBoundAccessTokens) {
    return ' Its access tokens are bound to a DPoP key, so each token request and each call carries a proof.';
  }
  return client.tlsClientCertificateBoundAccessTokens
    ? ' Its access tokens are good only together with its certificate.'
    : '';
}

function checkSecrets(client: Client, now: number): Check {
  const { clientId, secrets } = client;
  const told = secrets.map((secret) => tellSecret(secret, now));
  const detail = `${told.join('; ')}.`.replace(/^s/, 'S') + tellBinding(client);
  if (secrets.some((secret) => isAlive(secret, now))) return pass('secret_valid', detail);
  return fail(
    'secret_valid',
    secrets.length === 0 ? 'The client has no secret.' : detail,
    `Add a secret with POST ${addressOf('clients', clientId, 'secrets')} and sign in with the one that the answer shows.`,
  );
}

function tellSecret(secret: StoredSecret, now: number): string {
  const name = `secret ${secret.secretId} (…${secret.lastFour})`;
  if (secret.expiresAt === undefined) return `${name} never expires`;
  const time = new Date(secret.expiresAt).toISOString();
  return isAlive(secret, now) ? `${name} expires at ${time}` : `${name} expired at ${time}`;
}
