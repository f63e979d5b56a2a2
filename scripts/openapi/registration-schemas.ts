import { z } from 'zod';
import { subscriptionsOf } from '../../shared/config/subscriptions.ts';
import { schemaOfInitialAccessToken } from '../../shared/registry/api/initial-access-tokens.ts';
import { AUTH_METHODS, GRANT_TYPES } from '../../shared/registry/client.ts';

/* Dynamic registration (RFC 7591, RFC 7592) and the tokens that let clients register. */

const time = z.string().meta({ format: 'date-time' });

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  description: 'What it is for.',
  subscription: 'The tokens of clients that are registered with it are for this one.',
  grant_types: 'Grants that such clients may have.',
  scope: 'Scopes that such clients may have.',
  max_clients: 'How many clients can be registered with it.',
  expires_at: 'A time with its zone within a year; a day from now unless told.',
};

const settable = Object.fromEntries(
  Object.entries(schemaOfInitialAccessToken(subscriptionsOf('flowgate')).shape).map(
    ([name, schema]) => [
      name,
      z
        .nullable(name === 'subscription' ? schema.def.innerType : schema)
        .optional()
        .describe(DESCRIPTIONS[name] ?? ''),
    ],
  ),
);

const keySet = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** Unknown members are ignored (RFC 7591 section 2). */
const metadata = {
  client_name: z.string().optional(),
  redirect_uris: z.array(z.string()).optional(),
  grant_types: z.array(z.enum(GRANT_TYPES)).optional(),
  response_types: z.array(z.literal('code')).optional(),
  scope: z.string().optional(),
  token_endpoint_auth_method: z.enum(AUTH_METHODS).optional(),
  jwks: keySet.optional(),
  jwks_uri: z.string().optional(),
  tls_client_auth_subject_dn: z.string().optional(),
  tls_client_auth_san_dns: z.string().optional(),
  tls_client_auth_san_uri: z.string().optional(),
  tls_client_auth_san_ip: z.string().optional(),
  tls_client_auth_san_email: z.string().optional(),
  tls_client_certificate_bound_access_tokens: z.boolean().optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
};

const InitialAccessToken = z.strictObject({
  token_id: z.string(),
  description: z.string(),
  subscription: z.string(),
  grant_types: z.array(z.string()),
  scope: z.string(),
  max_clients: z.int().min(1),
  registered_clients: z.int().min(0),
  created_at: time,
  expires_at: time,
});

export const registrationRequests = {
  InitialAccessTokenRequest: z.strictObject(settable),
  DynamicRegistration: z.looseObject(metadata),
  DynamicReplacement: z.looseObject({
    client_id: z.string().describe('The one of the address.'),
    client_secret: z.string().optional().describe('The one that was given.'),
    ...metadata,
  }),
};

export const registrationResponses = {
  InitialAccessToken,
  NewInitialAccessToken: z.strictObject({
    ...InitialAccessToken.shape,
    initial_access_token: z.string().describe('Shown this once.'),
  }),
  InitialAccessTokens: z.strictObject({
    items: z.array(InitialAccessToken),
    next_cursor: z.string().nullable().describe('For the next page; null on the last one.'),
  }),
  RegisteredClient: z
    .strictObject({
      client_id: z.string(),
      client_id_issued_at: z.int().min(0),
      client_secret: z.string().optional().describe('Shown when it is made, and then no more.'),
      client_secret_expires_at: z.int().min(0).optional(),
      ...metadata,
      registration_access_token: z.string(),
      registration_client_uri: z.string(),
    })
    .describe('RFC 7591 section 3.2.1, RFC 7592 section 3.'),
  RegistrationError: z
    .strictObject({
      error: z.enum([
        'invalid_redirect_uri',
        'invalid_client_metadata',
        'invalid_token',
        'invalid_request',
        'server_error',
        'temporarily_unavailable',
      ]),
      error_description: z.string(),
    })
    .describe('RFC 7591 section 3.2.2, RFC 6750 section 3.1.'),
};
