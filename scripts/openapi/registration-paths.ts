import type { Answer, Operation, Paths } from './operation.ts';
import { BODY_PROBLEMS, gone, JSON_TYPE, page, PAGING, problems, reads } from './registry-paths.ts';

const TOKEN = {
  token_id: '5f2b8c11d0e94a37',
  description: 'For the pipeline of a partner',
  subscription: 'flowgateiflmap',
  grant_types: ['client_credentials'],
  scope: 'read write',
  max_clients: 20,
  registered_clients: 0,
  created_at: '2030-01-01T00:00:00.000Z',
  expires_at: '2030-01-02T00:00:00.000Z',
};

const ID = '7c1e5f0d9a2b43e88f6d1c0b5a4e3f21';
const METADATA = {
  client_name: 'Partner',
  grant_types: ['client_credentials'],
  response_types: [],
  scope: 'read',
  token_endpoint_auth_method: 'client_secret_basic',
};
const REGISTERED = {
  client_id: ID,
  client_id_issued_at: 1_893_456_000,
  ...METADATA,
  redirect_uris: [],
  tls_client_certificate_bound_access_tokens: false,
  dpop_bound_access_tokens: false,
  require_pushed_authorization_requests: false,
  registration_access_token: 'Zt3vH1u8m5kQwY7xN2cB4rP6sD9fG0jL1aE3hT5yU7i',
  registration_client_uri: `https://flowgate.example/oauth2/api/v1/register/${ID}`,
};

const refusal = (description: string, error: string, more: Partial<Answer> = {}): Answer => ({
  description,
  schema: 'RegistrationError',
  example: { error, error_description: 'What to do about it.' },
  ...more,
});
const TOKEN_REFUSALS = {
  401: refusal('No good token', 'invalid_token', {
    headers: { 'WWW-Authenticate': 'Bearer (RFC 6750 section 3)' },
  }),
  429: refusal('Too many wrong tokens from this address', 'temporarily_unavailable', {
    headers: { 'Retry-After': 'Seconds' },
  }),
};
const REFUSALS = {
  ...TOKEN_REFUSALS,
  400: refusal('Metadata that cannot be taken', 'invalid_client_metadata'),
  413: refusal('A body above 256 KiB', 'invalid_request'),
  415: refusal('Another media type', 'invalid_request', { headers: { Accept: 'What to send' } }),
};
const DISABLED = { 403: refusal('An administrator has disabled the client', 'invalid_request') };

const known = (description: string, example: unknown = REGISTERED): Answer => ({
  description,
  schema: 'RegisteredClient',
  headers: { 'Cache-Control': 'no-store' },
  example,
});

const configures = (summary: string, more: Partial<Operation>): Operation => ({
  summary,
  access: 'registration',
  answers: { 200: known('As it is'), ...TOKEN_REFUSALS, ...DISABLED },
  ...more,
});

export const registrationPaths: Paths = {
  '/registry/v1/initial-access-tokens': {
    get: reads('List the initial access tokens', 'InitialAccessTokens', page(TOKEN), {
      parameters: PAGING,
    }),
    post: {
      summary: 'Make an initial access token, which lets clients register themselves',
      access: 'management',
      request: {
        schema: 'InitialAccessTokenRequest',
        mediaTypes: JSON_TYPE,
        required: true,
        example: { grant_types: ['client_credentials'], scope: 'read write', max_clients: 20 },
      },
      answers: {
        201: {
          description: 'Made; the token is shown this once',
          schema: 'NewInitialAccessToken',
          headers: { Location: 'The token' },
          example: {
            ...TOKEN,
            initial_access_token: '5f2b8c11d0e94a37.lJ4vjV0iJb9vWmSg1PzmS9oMf3XcKq0LrUeZyDtw3iE',
          },
        },
        ...problems(...BODY_PROBLEMS),
      },
    },
  },
  '/registry/v1/initial-access-tokens/{token_id}': {
    get: reads('Read an initial access token, without its text', 'InitialAccessToken', TOKEN),
    delete: {
      summary: 'Take an initial access token back; clients that were registered with it stay',
      access: 'management',
      answers: gone(400),
    },
  },
  '/oauth2/api/v1/register': {
    post: {
      summary: 'Register a client with an initial access token',
      description:
        'RFC 7591 section 3. The client has the id, the subscription and no more than the grants and scopes that the initial access token allows, and no role. Metadata that is not known is ignored.',
      access: 'registration',
      request: {
        schema: 'DynamicRegistration',
        mediaTypes: JSON_TYPE,
        required: true,
        example: METADATA,
      },
      answers: {
        201: known('Registered', {
          ...REGISTERED,
          client_secret: 'lJ4vjV0iJb9vWmSg1PzmS9oMf3XcKq0LrUeZyDtw3iE',
          client_secret_expires_at: 0,
        }),
        ...REFUSALS,
      },
    },
  },
  '/oauth2/api/v1/register/{client_id}': {
    get: configures('Read the registration of a client by itself', {
      description: 'RFC 7592 section 2.1, with the registration access token.',
    }),
    put: configures('Replace the registration of a client by itself', {
      description:
        'RFC 7592 section 2.2. What is left out gets its default; what an administrator decides stays.',
      request: {
        schema: 'DynamicReplacement',
        mediaTypes: JSON_TYPE,
        required: true,
        example: { client_id: ID, ...METADATA },
      },
      answers: { 200: known('Replaced'), ...REFUSALS, ...DISABLED },
    }),
    delete: configures('Delete a client by itself', {
      description: 'RFC 7592 section 2.3.',
      answers: { 204: { description: 'Done' }, ...TOKEN_REFUSALS, ...DISABLED },
    }),
  },
};
