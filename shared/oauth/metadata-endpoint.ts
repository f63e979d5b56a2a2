import type { Handler } from '../http/call.ts';
import { answerPublicDocument } from '../http/public-document.ts';
import { authorizationMetadata } from './authorization/authorization-metadata.ts';

/** Seconds. */
const MAX_AGE = 3600;

const AUTH_METHODS = ['client_secret_basic', 'client_secret_post'];

/** Authorization server metadata (RFC 8414): what is switched on, and nothing else. */
export function createMetadataEndpoint(deps: {
  /** No trailing slash. */
  readonly issuer: string;
  readonly grantTypes: readonly string[];
  readonly signingAlgorithm: string;
}): Handler {
  const { issuer, grantTypes, signingAlgorithm } = deps;
  const metadata = {
    issuer,
    token_endpoint: `${issuer}/oauth2/api/v1/token`,
    jwks_uri: `${issuer}/oauth2/api/v1/jwks`,
    introspection_endpoint: `${issuer}/oauth2/api/v1/introspect`,
    revocation_endpoint: `${issuer}/oauth2/api/v1/revoke`,
    grant_types_supported: grantTypes,
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    introspection_endpoint_auth_methods_supported: AUTH_METHODS,
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
    // RFC 9701 section 7: an answer is signed with the key that tokens are signed with.
    introspection_signing_alg_values_supported: [signingAlgorithm],
    // Section 2 requires response_types_supported, section 3.2 would leave an empty list out. Readers
    // that check anything check that it is there.
    ...(grantTypes.includes('authorization_code')
      ? authorizationMetadata(issuer)
      : { response_types_supported: [] }),
  };
  return (call) => answerPublicDocument(call, MAX_AGE, () => metadata);
}
