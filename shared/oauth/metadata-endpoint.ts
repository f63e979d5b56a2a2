import type { Handler } from '../http/call.ts';
import { answerPublicDocument } from '../http/public-document.ts';

/** Seconds. */
const MAX_AGE = 3600;

export interface ServerFeatures {
  /** No trailing slash. */
  readonly issuer: string;
  readonly grantTypes: readonly string[];
  /** The methods that clients may authenticate with, at every endpoint where they do. */
  readonly authMethods: readonly string[];
  /** Whether somebody can register a client (RFC 7591). */
  readonly canRegister: () => Promise<boolean>;
}

/** Authorization server metadata (RFC 8414): what is switched on, and nothing else. */
export function createMetadataEndpoint(features: ServerFeatures): Handler {
  return (call) => answerPublicDocument(call, MAX_AGE, () => describe(features));
}

async function describe({
  issuer,
  grantTypes,
  authMethods,
  canRegister,
}: ServerFeatures): Promise<Record<string, unknown>> {
  const at = (path: string): string => `${issuer}/oauth2/api/v1/${path}`;
  return {
    issuer,
    token_endpoint: at('token'),
    jwks_uri: at('jwks'),
    introspection_endpoint: at('introspect'),
    ...((await canRegister()) ? { registration_endpoint: at('register') } : {}),
    grant_types_supported: grantTypes,
    token_endpoint_auth_methods_supported: authMethods,
    introspection_endpoint_auth_methods_supported: authMethods,
    // Section 2 requires the member, section 3.2 would leave an empty list out. Readers that check
    // anything check that it is there.
    response_types_supported: [],
  };
}
