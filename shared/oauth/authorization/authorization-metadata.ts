/**
 * What the metadata says of the authorization endpoint (RFC 8414 section 2, RFC 7636 section 6.2,
 * RFC 9126 section 5, RFC 9207 section 3).
 */
export function authorizationMetadata(issuer: string): Readonly<Record<string, unknown>> {
  return {
    authorization_endpoint: `${issuer}/oauth2/api/v1/authorize`,
    pushed_authorization_request_endpoint: `${issuer}/oauth2/api/v1/par`,
    require_pushed_authorization_requests: false,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
  };
}
