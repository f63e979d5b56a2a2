import { readBasic } from '../../http/basic-auth.ts';
import type { Parameters } from '../../http/form.ts';
import type { SecretVerifier } from '../../registry/client.ts';
import { isClientId } from '../../registry/client-id.ts';
import { OAuthError } from '../errors.ts';
import type { ClientAuthenticationMethod } from './method.ts';

interface Credentials {
  readonly clientId: string;
  /** Readings of one secret; see `readBasic`. */
  readonly secrets: readonly string[];
  readonly inHeader: boolean;
}

const ADVICE =
  'Check client_id and client_secret, that the secret has not expired, and that the client is enabled.';

/** The client's secret, in the Authorization header or in the body (RFC 6749 section 2.3.1). */
export function clientSecret(verifier: SecretVerifier): ClientAuthenticationMethod {
  return {
    serves: ['client_secret_basic', 'client_secret_post'],
    read(call, parameters) {
      const credentials = readCredentials(call.headers.get('authorization'), parameters);
      if (credentials === undefined) return undefined;
      const { clientId, secrets, inHeader } = credentials;
      return {
        clientId,
        challenge: inHeader,
        advice: ADVICE,
        async verify(client) {
          const outcome = await verifier.verify(client, secrets);
          if (outcome === 'accepted') return 'accepted';
          return outcome === 'expired' ? 'secret_expired' : 'wrong_secret';
        },
      };
    },
  };
}

function readCredentials(
  authorization: string | null,
  parameters: Parameters,
): Credentials | undefined {
  const clientId = parameters.get('client_id');
  const secret = parameters.get('client_secret');
  if (authorization !== null) {
    if (secret !== undefined) {
      throw OAuthError.invalidRequest(
        'two_authentications',
        'Send the client credentials either in the Authorization header or in the body, not in both.',
      );
    }
    return readHeader(authorization, clientId);
  }
  if (secret === undefined) return undefined;
  if (clientId === undefined) {
    throw OAuthError.unreadableClient(
      'no_credentials',
      'client_secret came without client_id. Send client_id and client_secret in an Authorization header with Basic, or both in the body.',
    );
  }
  return { clientId, secrets: [secret], inHeader: false };
}

function readHeader(authorization: string, clientId: string | undefined): Credentials {
  const basic = readBasic(authorization, isClientId);
  if (basic === undefined) throw faultInHeader(authorization);
  if (clientId !== undefined && clientId !== basic.user) {
    throw OAuthError.invalidRequest(
      'two_clients',
      'client_id names another client than the Authorization header. Send it once, or the same in both.',
    );
  }
  return { clientId: basic.user, secrets: basic.passwords, inHeader: true };
}

/** What is wrong with a header that holds no Basic credentials. */
function faultInHeader(authorization: string): OAuthError {
  // The host joins repeated headers with a comma, which no Basic credentials contain.
  if (/^Basic\b.*,/i.test(authorization) || /,\s*Basic\b/i.test(authorization)) {
    return OAuthError.invalidRequest(
      'two_authorizations',
      'The request has more than one Authorization header. Send one.',
    );
  }
  if (!/^Basic(?: |$)/i.test(authorization)) {
    return OAuthError.unreadableClient(
      'authorization_scheme',
      'The token endpoint takes only Basic in the Authorization header, with client_id and client_secret.',
    );
  }
  return OAuthError.unreadableClient(
    'authorization_malformed',
    'The Authorization header is malformed. After Basic and a space comes the base64 of client_id, a colon and client_secret, in UTF-8.',
  );
}
