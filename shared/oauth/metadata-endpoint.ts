import type { Handler } from '../http/call.ts';
import { answerPublicDocument } from '../http/public-document.ts';
import { authorizationMetadata } from './authorization/authorization-metadata.ts';

/** Seconds. */
const MAX_AGE = 3600;

/** What is switched on. */
export interface ServerFeatures {
  /** No trailing slash. */
  readonly issuer: string;
  readonly grantTypes: readonly string[];
  /** The methods that clients may authenticate with where they get, push or revoke something. */
  readonly authMethods: readonly string[];
  /** Those of {@link ServerFeatures.authMethods} that prove something, for introspection. */
  readonly provingAuthMethods: readonly string[];
  /** Algorithms that clients may sign assertions and DPoP proofs with. */
  readonly clientAlgorithms: readonly string[];
  /** The one that our tokens and signed answers are signed with. */
  readonly signingAlgorithm: string;
  /** Whether certificates of clients are looked at. */
  readonly mtls: boolean;
  /** Whether somebody can register a client. */
  readonly canRegister: () => Promise<boolean>;
}

/** Authorization server metadata (RFC 8414): what is switched on, and nothing else. */
export function createMetadataEndpoint(features: ServerFeatures): Handler {
  return (call) => answerPublicDocument(call, MAX_AGE, () => describe(features));
}

async function describe(features: ServerFeatures): Promise<Record<string, unknown>> {
  const { issuer, grantTypes, signingAlgorithm, clientAlgorithms } = features;
  const at = (path: string): string => `${issuer}/oauth2/api/v1/${path}`;
  return {
    issuer,
    token_endpoint: at('token'),
    jwks_uri: at('jwks'),
    introspection_endpoint: at('introspect'),
    revocation_endpoint: at('revoke'),
    ...((await features.canRegister()) ? { registration_endpoint: at('register') } : {}),
    grant_types_supported: grantTypes,
    ...describeAuthentication('token', features.authMethods, clientAlgorithms),
    ...describeAuthentication('introspection', features.provingAuthMethods, clientAlgorithms),
    ...describeAuthentication('revocation', features.authMethods, clientAlgorithms),
    // RFC 9701 section 7: an answer is signed with the key that tokens are signed with.
    introspection_signing_alg_values_supported: [signingAlgorithm],
    // RFC 9449 section 5.1.
    dpop_signing_alg_values_supported: clientAlgorithms,
    // RFC 8705 section 3.3.
    ...(features.mtls ? { tls_client_certificate_bound_access_tokens: true } : {}),
    // Section 2 requires response_types_supported, section 3.2 would leave an empty list out. Readers
    // that check anything check that it is there.
    ...(grantTypes.includes('authorization_code')
      ? authorizationMetadata(issuer)
      : { response_types_supported: [] }),
  };
}

/** Section 2: with private_key_jwt the algorithms have to be told. */
function describeAuthentication(
  endpoint: 'token' | 'introspection' | 'revocation',
  methods: readonly string[],
  algorithms: readonly string[],
): Record<string, unknown> {
  return {
    [`${endpoint}_endpoint_auth_methods_supported`]: methods,
    ...(methods.includes('private_key_jwt')
      ? { [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: algorithms }
      : {}),
  };
}
