import { usesSecret } from '../api/authentication-members.ts';
import { addressOf } from '../api/request.ts';
import type { Client, StoredSecret } from '../client.ts';
import { isAlive } from '../secrets.ts';
import { type Check, fail, pass } from './check.ts';

/**
 * Whether the client has what it proves itself with.
 * @param authMethods those that this server takes: it may know no certificates, or trust no authority.
 */
export function checkAuthentication(
  client: Client,
  now: number,
  authMethods: readonly string[],
): Check {
  const { clientId, tokenEndpointAuthMethod: method } = client;
  const lack = findLack(client, authMethods);
  if (lack !== undefined) {
    return fail(
      'secret_valid',
      `The client shows a certificate, by its token_endpoint_auth_method or tls_client_certificate_bound_access_tokens, but this server ${lack.what}.`,
      `Set ${lack.setting} as docs/client-authentication.md tells, or register the client for something else with PATCH ${addressOf('clients', clientId)} and If-Match: *.`,
    );
  }
  if (usesSecret(client)) return checkSecrets(client, now);
  return pass(
    'secret_valid',
    `The client needs no secret: its token_endpoint_auth_method is ${method}.${tellProof(client)}${tellBinding(client)}`,
  );
}

/** What the settings lack for a client that shows a certificate. */
function findLack(
  { tokenEndpointAuthMethod: method, tlsClientCertificateBoundAccessTokens: isBound }: Client,
  authMethods: readonly string[],
): { readonly what: string; readonly setting: string } | undefined {
  const shows = method === 'tls_client_auth' || method === 'self_signed_tls_client_auth';
  if ((shows || isBound) && !authMethods.includes('self_signed_tls_client_auth')) {
    return { what: 'takes none', setting: 'FLOWGATE_MTLS' };
  }
  return method === 'tls_client_auth' && !authMethods.includes(method)
    ? { what: 'trusts no authority', setting: 'FLOWGATE_MTLS_CAS' }
    : undefined;
}

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
