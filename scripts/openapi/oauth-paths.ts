import { authorizationMetadata } from '../../shared/oauth/authorization/authorization-metadata.ts';
import type { Answer, Method, Operation, Paths } from './operation.ts';
import { header, query } from './operation.ts';

const tokenError = (description: string, error: string, text: string): Answer => ({
  description,
  schema: 'TokenError',
  example: { error, error_description: text },
});

const token: Operation = {
  summary: 'Issue an access token',
  description:
    'RFC 6749 sections 4.1, 4.4 and 6, RFC 7523 section 2.1 and RFC 8693: grant_type says which. Client id and secret come by Basic or in the body, not both; a client of another token_endpoint_auth_method sends a client_assertion, or client_id alone with its certificate. A proof in the header DPoP binds the token to its key (RFC 9449). grant_type may be in the query with an empty body. A parameter is given once; a secret in the query is refused. At most 64 KiB.',
  access: 'client',
  parameters: [
    query('grant_type', 'Unless it is in the body.'),
    query('scope', 'Unless it is in the body.'),
    query('token_format', 'Unless it is in the body.'),
    header('DPoP', 'A proof (RFC 9449 section 4), good once.'),
  ],
  request: {
    schema: 'TokenRequest',
    mediaTypes: ['application/x-www-form-urlencoded'],
    required: false,
    example: { grant_type: 'client_credentials' },
  },
  answers: {
    200: {
      description: 'The token',
      schema: 'TokenResponse',
      headers: { 'Cache-Control': 'no-store' },
      example: { access_token: 'eyJhbGciOiJFUzI1NiIs…', token_type: 'Bearer', expires_in: 3600 },
    },
    400: tokenError(
      'A parameter is missing, repeated or wrong',
      'unsupported_grant_type',
      'This server has no such grant_type. It has client_credentials.',
    ),
    401: {
      ...tokenError(
        'The client did not authenticate',
        'invalid_client',
        'Client authentication failed. Check client_id and client_secret, that the secret has not expired, and that the client is enabled.',
      ),
      headers: { 'WWW-Authenticate': 'Basic, where the Authorization header was used' },
    },
    405: { description: 'Another method', schema: 'TokenError', headers: { Allow: 'What to use' } },
    411: { description: 'A chunked body', schema: 'TokenError' },
    413: { description: 'A body above 64 KiB', schema: 'TokenError' },
    429: {
      description: 'Too many failed authentications from this address',
      schema: 'TokenError',
      headers: { 'Retry-After': 'Seconds' },
    },
    503: {
      description: 'For the moment',
      schema: 'TokenError',
      headers: { 'Retry-After': 'Seconds' },
    },
  },
};

/** Of endpoints where clients authenticate. */
export const tokenAnswers = token.answers;

const jwks: Operation = {
  summary: 'Read the public keys',
  access: 'public',
  parameters: [header('If-None-Match', 'The ETag of the copy at hand.')],
  answers: {
    200: {
      description: 'The keys, those that are about to sign included',
      schema: 'KeySet',
      headers: { ETag: 'For If-None-Match', 'Cache-Control': 'How long to keep it' },
    },
    304: { description: 'The copy at hand is current' },
  },
};

const introspect: Operation = {
  summary: 'Ask about a token',
  description:
    'RFC 7662. The client authenticates as at the token endpoint. It may ask about its own tokens, with the role Token.Introspect about any access token of its subscription; any other token is answered as inactive.',
  access: 'client',
  parameters: [
    header('Accept', 'application/token-introspection+jwt for a signed answer (RFC 9701).'),
  ],
  request: {
    schema: 'IntrospectionRequest',
    mediaTypes: ['application/x-www-form-urlencoded'],
    required: true,
    example: { token: 'eyJhbGciOiJFUzI1NiIs…' },
  },
  answers: {
    ...token.answers,
    200: {
      description: 'What the token says, or that it is not active',
      schema: 'Introspection',
      textAs: {
        mediaType: 'application/token-introspection+jwt',
        description:
          'A JWT whose claim token_introspection is an Introspection (RFC 9701 section 5).',
      },
      headers: { 'Cache-Control': 'no-store' },
      example: { active: false },
    },
  },
};

const revoke: Operation = {
  summary: 'Revoke a token',
  description:
    'RFC 7009. The client authenticates as at the token endpoint. It may revoke its own tokens, with the role Token.Introspect any of its subscription. A refresh token ends with its grant and all access tokens of it. Any other token, and what is no token, is answered alike and nothing happens. Every instance refuses the token within 30 s.',
  access: 'client',
  parameters: [],
  request: {
    schema: 'RevocationRequest',
    mediaTypes: ['application/x-www-form-urlencoded'],
    required: true,
    example: { token: 'eyJhbGciOiJFUzI1NiIs…' },
  },
  answers: {
    ...token.answers,
    200: { description: 'Done', headers: { 'Cache-Control': 'no-store' } },
  },
};

const metadata: Operation = {
  summary: 'Read the metadata of the authorization server',
  access: 'public',
  parameters: [header('If-None-Match', 'The ETag of the copy at hand.')],
  answers: {
    200: {
      description: 'What is switched on',
      schema: 'ServerMetadata',
      headers: { ETag: 'For If-None-Match', 'Cache-Control': 'How long to keep it' },
      example: {
        issuer: 'https://flowgate.example',
        token_endpoint: 'https://flowgate.example/oauth2/api/v1/token',
        jwks_uri: 'https://flowgate.example/oauth2/api/v1/jwks',
        introspection_endpoint: 'https://flowgate.example/oauth2/api/v1/introspect',
        revocation_endpoint: 'https://flowgate.example/oauth2/api/v1/revoke',
        grant_types_supported: ['client_credentials', 'authorization_code', 'refresh_token'],
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
        token_endpoint_auth_signing_alg_values_supported: ['ES256', 'RS256'],
        introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
        introspection_endpoint_auth_signing_alg_values_supported: ['ES256', 'RS256'],
        introspection_signing_alg_values_supported: ['ES256'],
        revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
        revocation_endpoint_auth_signing_alg_values_supported: ['ES256', 'RS256'],
        dpop_signing_alg_values_supported: ['ES256', 'RS256'],
        ...authorizationMetadata('https://flowgate.example'),
      },
    },
    304: { description: 'The copy at hand is current' },
  },
};

const bearerError = (description: string, error: string, reason: string): Answer => ({
  description,
  schema: 'BearerError',
  headers: { 'WWW-Authenticate': 'Bearer (RFC 6750 section 3)' },
  example: { error, error_description: 'What to do about it.', reason },
});

const dispatch: Operation = {
  summary: 'Call an iFlow',
  description:
    'Any method, path, header and body: what the iFlow makes of them is its own. The address may have several segments. It is matched without regard to case, a wildcard address takes everything below it.',
  access: 'runtime',
  parameters: [
    {
      name: 'address',
      in: 'path',
      required: true,
      description: 'The address of an HTTPS sender, without its first slash.',
      schema: { type: 'string' },
    },
    header('DPoP', 'A proof for this call, with a token that is bound to a key (RFC 9449).'),
    header('X-CSRF-Token', 'At a CSRF protected address: fetch with GET, then the token.'),
  ],
  answers: {
    200: {
      description: 'What the iFlow answers; it may set another status',
      headers: {
        SAP_MessageProcessingLogID: 'The message in the message processing log',
        'x-correlationid': 'Its correlation id',
        'X-CSRF-Token': 'Where it was fetched',
      },
    },
    204: { description: 'The iFlow answers without a body' },
    401: bearerError('No good token', 'invalid_token', 'expired'),
    403: bearerError('A good token without the right', 'insufficient_scope', 'missing_role'),
    404: { description: 'No iFlow is deployed at the address', schema: 'DispatchError' },
    411: { description: 'A chunked body', schema: 'DispatchError' },
    413: { description: 'A body above that of the sender channel', schema: 'DispatchError' },
    500: {
      description: 'The iFlow has failed; the text names the message',
      mediaType: 'text/plain',
    },
    503: {
      description: 'For the moment',
      schema: 'DispatchError',
      headers: { 'Retry-After': 'Seconds' },
    },
  },
};

const everyMethod = (operation: Operation): Partial<Record<Method, Operation>> =>
  Object.fromEntries(
    (['get', 'head', 'post', 'put', 'patch', 'delete'] as const).map((method) => [
      method,
      { ...operation, summary: `${operation.summary} with ${method.toUpperCase()}` },
    ]),
  );

export const oauthPaths: Paths = {
  '/oauth2/api/v1/token': { post: token },
  '/oauth/token': { post: { ...token, summary: 'Issue an access token (alias)' } },
  '/oauth2/api/v1/introspect': { post: introspect },
  '/oauth2/api/v1/revoke': { post: revoke },
  '/oauth2/api/v1/jwks': { get: jwks },
  '/token_keys': { get: { ...jwks, summary: 'Read the public keys (alias)' } },
  '/.well-known/oauth-authorization-server': { get: metadata },
  '/.well-known/openid-configuration': {
    get: { ...metadata, summary: 'Read the metadata of the authorization server (alias)' },
  },
  '/http/{address}': everyMethod(dispatch),
  '/health/live': {
    get: {
      summary: 'Whether the process answers',
      access: 'public',
      answers: { 200: { description: 'It does', schema: 'Live', example: { status: 'live' } } },
    },
  },
  '/health/ready': {
    get: {
      summary: 'Whether calls are welcome',
      access: 'public',
      answers: {
        200: {
          description: 'They are',
          schema: 'Readiness',
          example: { status: 'ready', checks: { storage: 'ok', signing_key: 'ok' } },
        },
        503: {
          description: 'They are not',
          schema: 'Readiness',
          headers: { 'Retry-After': 'Seconds' },
          example: {
            status: 'not_ready',
            checks: { storage: 'ok', signing_key: 'master_key_mismatch' },
          },
        },
      },
    },
  },
  '/': {
    get: {
      summary: 'Where what is',
      access: 'public',
      answers: { 200: { description: 'Addresses by name', schema: 'ServiceIndex' } },
    },
  },
};
