import { z } from 'zod';
import { subscriptionsOf } from '../../shared/config/subscriptions.ts';
import { READ_ONLY, schemaOfSettings } from '../../shared/registry/api/client-members.ts';
import { certificateSubjectMembers } from '../../shared/registry/api/key-members.ts';
import { AUTH_METHODS, GRANT_TYPES } from '../../shared/registry/client.ts';
import {
  authorizationMembers,
  authorizationRequests,
  authorizationResponses,
  UserGrant,
} from './authorization-schemas.ts';
import { facadeRequests, facadeResponses } from './facade-schemas.ts';
import { registrationRequests, registrationResponses } from './registration-schemas.ts';
import { issuerRequests, issuerResponses } from './issuer-schemas.ts';
import { userRequests, userResponses } from './user-schemas.ts';

/*
 * What the registry and the OAuth endpoints take and give, by the names that the description uses.
 * What a client's settings may be comes from the code that reads them.
 */

const time = z.string().meta({ format: 'date-time' });
const seconds = z.int().min(0).describe('Seconds since 1970.');

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  client_name: 'The client_id unless told.',
  description: 'What the client is for.',
  subscription:
    'Its tokens are for this subscription (their aud): <account>iflmap for iFlows (unless told), <account>tmn for management.',
  grant_types: 'Grants that it may use.',
  scope: 'Scopes that it may ask for; spaces between them.',
  default_scope: 'Those of scope that it gets when it asks for none; all of them if left out.',
  redirect_uris: 'Where authorization codes may be sent.',
  token_endpoint_auth_method:
    'The one method that is accepted of it; of client_secret_basic and client_secret_post both are, whichever is registered.',
  jwks: 'Its public keys, for private_key_jwt and self_signed_tls_client_auth; or jwks_uri.',
  jwks_uri: 'Where its public keys are, over https.',
  tls_client_auth_subject_dn:
    'For tls_client_auth: the subject of its certificate (RFC 8705 section 2.1.2), or one of the tls_client_auth_san_ members.',
  tls_client_auth_san_dns: 'For tls_client_auth: a DNS name of its certificate.',
  tls_client_auth_san_uri: 'For tls_client_auth: a URI of its certificate.',
  tls_client_auth_san_ip: 'For tls_client_auth: an IP address of its certificate.',
  tls_client_auth_san_email: 'For tls_client_auth: an e-mail address of its certificate.',
  tls_client_certificate_bound_access_tokens:
    'Its access tokens are good with its certificate only (RFC 8705 section 3.4).',
  dpop_bound_access_tokens:
    'Its access tokens are good with its DPoP key only (RFC 9449 section 5.2).',
  require_pushed_authorization_requests:
    'The authorization endpoint takes only what it has pushed (RFC 9126 section 6).',
  skip_consent: 'Users are not asked whether it may act for them.',
  access_token_lifetime: 'Seconds.',
  refresh_token_lifetime: 'Seconds.',
  allowed_origins: 'Origins from which a browser may read answers of the token endpoint.',
  enabled: 'A client that is not gets no token, and its tokens are refused.',
};

/** Defaults that depend on the client or the account are told in words. */
const WITHOUT_DEFAULT = ['client_name', 'subscription'];

const settings = schemaOfSettings('', subscriptionsOf('flowgate')).shape;

/** Every setting may be null, which is its default (RFC 7591 section 2). */
const settable = Object.fromEntries(
  Object.entries(settings).map(([name, schema]) => {
    const described = WITHOUT_DEFAULT.includes(name) ? schema.def.innerType : schema;
    return [
      name,
      z
        .nullable(described)
        .optional()
        .describe(DESCRIPTIONS[name] ?? ''),
    ];
  }),
);

const readOnly = Object.fromEntries(
  READ_ONLY.map((name) => [
    name,
    z
      .unknown()
      .optional()
      .describe('Accepted and ignored, so that what was read can be sent back.'),
  ]),
);

const clientId = z
  .string()
  .regex(/^[A-Za-z0-9._~-]{1,100}$/)
  .describe('Case-sensitive; neither . nor .. by itself. Generated if left out.');

const secretMembers = {
  client_secret: z
    .string()
    .min(16)
    .max(256)
    .nullable()
    .optional()
    .describe(
      'Any Unicode but control characters, and not the client_id in it. Generated if left out.',
    ),
  client_secret_expires_at: z
    .int()
    .min(0)
    .nullable()
    .optional()
    .describe('When the secret expires, in seconds since 1970; 0 for never.'),
  expires_at: z
    .union([time, z.int().min(0)])
    .nullable()
    .optional()
    .describe('The same as a time with its zone, or in seconds; null for never.'),
};
const { client_secret_expires_at, expires_at } = secretMembers;

/** What a client sends of itself in the body. */
const authentication = {
  client_id: z.string().optional(),
  client_secret: z.string().optional().describe('Never in the query.'),
  client_assertion_type: z
    .literal('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    .optional(),
  client_assertion: z
    .string()
    .optional()
    .describe('A JWT that the client has signed (RFC 7523); counts once. Never in the query.'),
};

/** RFC 8693 section 3. */
const TOKEN_TYPES = [
  'urn:ietf:params:oauth:token-type:access_token',
  'urn:ietf:params:oauth:token-type:jwt',
] as const;

export const requests = {
  ...registrationRequests,
  ...issuerRequests,
  ...userRequests,
  ...authorizationRequests,
  ...facadeRequests,
  ClientRegistration: z.strictObject({
    ...settable,
    ...readOnly,
    client_id: clientId.nullable().optional(),
    client_secret: secretMembers.client_secret,
    client_secret_expires_at,
  }),
  ClientSettings: z.strictObject({
    ...settable,
    ...readOnly,
    client_id: z.string().nullable().optional().describe('The one of the path, if it is sent.'),
  }),
  SecretRequest: z.strictObject(secretMembers),
  RotationCompletion: z.strictObject({
    secret_id: z.string().nullable().optional().describe('The secret that stays.'),
  }),
  SecretChange: z.strictObject({ client_secret_expires_at, expires_at }),
  RoleSettings: z.strictObject({
    description: z.string().max(500).nullable().optional().describe('One line.'),
    role: z.unknown().optional().describe('Accepted and ignored.'),
    type: z.unknown().optional().describe('Accepted and ignored.'),
  }),
  TokenRequest: z.object({
    grant_type: z.enum(GRANT_TYPES).optional().describe('In the query or in the body.'),
    scope: z
      .string()
      .optional()
      .describe('The default of the client, or what is left to narrow, if left out or blank.'),
    code: z.string().optional().describe('authorization_code: what the user was sent back with.'),
    redirect_uri: z.string().optional().describe('authorization_code: as it was asked with.'),
    code_verifier: z.string().optional().describe('authorization_code: RFC 7636.'),
    refresh_token: z.string().optional().describe('refresh_token: that of the last answer.'),
    assertion: z.string().optional().describe('jwt-bearer: a JWT of a trusted issuer (RFC 7523).'),
    subject_token: z
      .string()
      .optional()
      .describe(
        'token-exchange: an access token of a trusted issuer or of this server (RFC 8693).',
      ),
    subject_token_type: z.enum(TOKEN_TYPES).optional(),
    requested_token_type: z.enum(TOKEN_TYPES).optional(),
    audience: z.string().optional().describe('token-exchange: the subscription of the client.'),
    ...authentication,
    token_format: z.enum(['jwt', 'jwtrfc']).optional().describe('Every token is a JWT anyway.'),
  }),
  IntrospectionRequest: z.object({
    token: z.string().describe('The access or refresh token to ask about; never in the query.'),
    token_type_hint: z.string().optional().describe('Of no account: a token is found without.'),
    ...authentication,
  }),
  RevocationRequest: z.object({
    token: z.string().describe('An access or refresh token; never in the query.'),
    token_type_hint: z.string().optional().describe('Of no account: a token is found without.'),
    ...authentication,
  }),
};

const KeySetOfClient = z
  .strictObject({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) })
  .describe('RFC 7517 section 5; public keys only.');

/** What a client does not have is left out. */
const client = {
  client_id: clientId,
  client_id_issued_at: seconds,
  client_name: z.string(),
  description: z.string(),
  subscription: z.string(),
  grant_types: z.array(z.string()).min(1),
  scope: z.string(),
  default_scope: z.string().optional(),
  redirect_uris: z.array(z.string()),
  token_endpoint_auth_method: z.enum(AUTH_METHODS),
  jwks: KeySetOfClient.optional(),
  jwks_uri: z.string().optional(),
  ...Object.fromEntries(
    Object.keys(certificateSubjectMembers).map((name) => [name, z.string().optional()]),
  ),
  tls_client_certificate_bound_access_tokens: z.boolean(),
  dpop_bound_access_tokens: z.boolean(),
  require_pushed_authorization_requests: z.boolean(),
  skip_consent: z.boolean(),
  access_token_lifetime: z.int().min(60).max(43_200),
  refresh_token_lifetime: z.int(),
  allowed_origins: z.array(z.string()),
  enabled: z.boolean(),
  created_at: time,
  updated_at: time,
};

const Client = z.strictObject(client).describe('Never with a secret.');

const secret = {
  secret_id: z.string(),
  last_four: z.string().describe('Tells secrets apart.'),
  created_at: time,
  expires_at: time.nullable().describe('null for never.'),
  expires_in_days: z.int().min(0).nullable().describe('Whole days until then; null for never.'),
  state: z
    .enum(['current', 'next', 'expired'])
    .describe('Of two that have not expired the older and the newer, which the client moves to.'),
};
const shownOnce = {
  client_secret: z.string().describe('Shown this once.'),
  client_secret_expires_at: seconds.describe('Seconds since 1970; 0 for never.'),
};
/** A client that does not authenticate with a secret gets none. */
const perhapsShownOnce = {
  client_secret: shownOnce.client_secret.optional(),
  client_secret_expires_at: shownOnce.client_secret_expires_at.optional(),
};
const Secret = z.strictObject(secret);
const rotation = {
  rotating: z.boolean().describe('Whether the client has two secrets that have not expired.'),
  current: Secret.nullable(),
  next: Secret.nullable(),
};

const Token = z
  .strictObject({
    jti: z.string(),
    client_id: z.string(),
    user: z.string(),
    subscription: z.string(),
    scope: z.string(),
    grant_id: z.string().nullable().describe('Of the grant of a user that it was given out of.'),
    issued_at: time,
    expires_at: time,
    state: z
      .enum(['active', 'expired', 'revoked', 'refused'])
      .describe('refused while its client is disabled or belongs to another subscription.'),
  })
  .describe('Never with the token itself.');

const Subscription = z.strictObject({
  subscription: z.string(),
  application: z.enum(['iflmap', 'tmn']),
});

const Role = z.strictObject({
  role: z.string(),
  type: z.enum(['PREDEFINED', 'CUSTOM']),
  description: z.string(),
});

const Assignment = z.strictObject({
  user: z.string().describe('A client acts as oauth_client_<client_id>; case-sensitive.'),
  role: z.string(),
  assigned_at: time,
});

const SigningKey = z
  .strictObject({
    kid: z.string(),
    alg: z.enum(['ES256', 'RS256', 'PS256']),
    state: z.enum(['previous', 'current', 'next']),
    created_at: time,
    active_from: time,
    removed_after: time.optional(),
  })
  .describe('Never with its private part.');

const Check = z.strictObject({
  check: z.enum([
    'client_exists',
    'client_enabled',
    'secret_valid',
    'grant_allowed',
    'subscription',
    'flow_deployed',
    'role_assigned',
    'access_policy',
    'csrf',
  ]),
  ok: z.boolean(),
  detail: z.string().describe('What was found.'),
  remedy: z.string().optional().describe('The call to make; only where the check failed.'),
});

const AuditEntry = z
  .strictObject({
    id: z.string(),
    time,
    actor: z.string().describe('A user; system for the app itself, empty where nobody signed in.'),
    action: z.string(),
    object: z.strictObject({ type: z.string(), name: z.string() }),
    address: z.string().describe('Of the caller.'),
    outcome: z
      .enum(['success', 'failure', 'unknown'])
      .describe('unknown for a change that was begun and perhaps not ended.'),
    reason: z.string().describe('Why it failed; empty where it did not.'),
    detail: z.string(),
    invocation_id: z.string(),
    token: z
      .strictObject({
        jti: z.string(),
        expires_at: time,
        user: z.string().optional().describe('Where it is not the client itself.'),
        scope: z.string().optional(),
        grant_id: z.string().optional(),
      })
      .optional()
      .describe('The token that was issued.'),
  })
  .describe('Never with a secret, a token or a payload.');

const reason = z
  .enum([
    'missing_token',
    'invalid_token',
    'expired',
    'wrong_subscription',
    'revoked',
    'client_disabled',
    'missing_role',
    'access_policy',
    'csrf_required',
  ])
  .describe('Of a 401 or 403.');

const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({
    items: z.array(item),
    next_cursor: z.string().nullable().describe('For the next page; null on the last one.'),
  });

export const responses = {
  ...registrationResponses,
  ...issuerResponses,
  ...userResponses,
  ...authorizationResponses,
  ...facadeResponses,
  UserGrants: pageOf(UserGrant),
  Client,
  NewClient: z.strictObject({ ...client, ...perhapsShownOnce }),
  Clients: pageOf(Client),
  Secret,
  NewSecret: z.strictObject({ client_id: z.string(), ...secret, ...shownOnce }),
  Secrets: pageOf(Secret),
  Rotation: z.strictObject(rotation),
  StartedRotation: z.strictObject({ client_id: z.string(), ...rotation, ...shownOnce }),
  Token,
  Tokens: pageOf(Token),
  Subscription,
  Subscriptions: pageOf(Subscription),
  Role,
  Roles: pageOf(Role),
  Assignment,
  Assignments: pageOf(Assignment),
  SigningKey,
  SigningKeys: pageOf(SigningKey),
  Check,
  AuditEntry,
  AuditTrail: pageOf(AuditEntry),
  Diagnosis: z.strictObject({
    ok: z.boolean().describe('Whether every check is passed.'),
    checks: z
      .array(Check)
      .min(1)
      .describe('In the order in which a token request and then a call meet them.'),
  }),
  Problem: z
    .object({
      type: z.literal('about:blank'),
      title: z.string(),
      status: z.int().min(400).max(599),
      detail: z.string().describe('What to do.'),
      instance: z.string().describe('Names the invocation, as x-invocation-id does.'),
      reason: z.string().describe('Stable tag.'),
      error: z.string().optional().describe('On 401 and 403, by RFC 6750 section 3.1.'),
      error_description: z.string().optional().describe('On 401 and 403, the same as detail.'),
      errors: z
        .array(z.strictObject({ pointer: z.string(), detail: z.string() }))
        .optional()
        .describe('One entry per invalid member of the body (RFC 6901).'),
    })
    .describe('RFC 9457.'),
  TokenResponse: z
    .strictObject({
      access_token: z.string().describe('A JWT by RFC 9068.'),
      token_type: z.enum(['Bearer', 'DPoP']).describe('DPoP by RFC 9449 section 5.'),
      expires_in: z.int().min(1).max(43_200),
      scope: z.string().optional(),
      refresh_token: z.string().optional(),
      issued_token_type: z.string().optional().describe('RFC 8693 section 2.2.1.'),
    })
    .describe('RFC 6749 section 5.1.'),
  TokenError: z
    .strictObject({
      error: z.enum([
        'invalid_request',
        'invalid_client',
        'invalid_grant',
        'unauthorized_client',
        'unsupported_grant_type',
        'invalid_scope',
        'invalid_target',
        'invalid_dpop_proof',
        'use_dpop_nonce',
        'server_error',
        'temporarily_unavailable',
      ]),
      error_description: z.string(),
    })
    .describe('RFC 6749 section 5.2.'),
  BearerError: z
    .strictObject({
      error: z.enum(['invalid_token', 'insufficient_scope', 'invalid_dpop_proof']),
      error_description: z.string(),
      reason,
    })
    .describe('RFC 6750 section 3.1, with the reason.'),
  DispatchError: z.strictObject({
    error: z.enum(['invalid_request', 'server_error', 'temporarily_unavailable']),
    error_description: z.string(),
    reason: z.string(),
  }),
  KeySet: z
    .strictObject({
      keys: z.array(
        z
          .looseObject({
            kty: z.string(),
            kid: z.string(),
            alg: z.string(),
            use: z.literal('sig'),
          })
          .refine((key) => !('d' in key)),
      ),
    })
    .describe('RFC 7517 section 5.'),
  Introspection: z
    .strictObject({
      active: z.boolean(),
      token_type: z.enum(['Bearer', 'DPoP', 'refresh_token']).optional(),
      client_id: z.string().optional(),
      username: z.string().optional(),
      sub: z.string().optional(),
      aud: z.string().optional(),
      iss: z.string().optional(),
      exp: z.int().optional(),
      iat: z.int().optional(),
      jti: z.string().optional(),
      scope: z.string().optional(),
      cnf: z
        .looseObject({})
        .optional()
        .describe('What the bearer has to hold: jkt (RFC 9449) or x5t#S256 (RFC 8705).'),
      grant_id: z.string().optional().describe('Of the grant of a user that it was given out of.'),
      auth_time: z.int().optional().describe('When the user signed in.'),
      act: z.looseObject({ sub: z.string() }).optional().describe('RFC 8693 section 4.1.'),
    })
    .describe('RFC 7662 section 2.2.'),
  ServerMetadata: z
    .strictObject({
      issuer: z.string(),
      token_endpoint: z.string(),
      jwks_uri: z.string(),
      introspection_endpoint: z.string(),
      revocation_endpoint: z.string(),
      registration_endpoint: z.string().optional(),
      grant_types_supported: z.array(z.string()),
      token_endpoint_auth_methods_supported: z.array(z.string()),
      token_endpoint_auth_signing_alg_values_supported: z.array(z.string()).optional(),
      introspection_endpoint_auth_methods_supported: z.array(z.string()),
      introspection_endpoint_auth_signing_alg_values_supported: z.array(z.string()).optional(),
      introspection_signing_alg_values_supported: z.array(z.string()),
      revocation_endpoint_auth_methods_supported: z.array(z.string()),
      revocation_endpoint_auth_signing_alg_values_supported: z.array(z.string()).optional(),
      dpop_signing_alg_values_supported: z.array(z.string()),
      tls_client_certificate_bound_access_tokens: z.literal(true).optional(),
      response_types_supported: z.array(z.string()),
      ...authorizationMembers,
    })
    .describe('RFC 8414 section 2: what is switched on.'),
  Live: z.strictObject({ status: z.literal('live') }),
  Readiness: z.strictObject({
    status: z.enum(['ready', 'not_ready']),
    checks: z
      .record(z.string(), z.string())
      .describe('By name: ok, failed, or the tag of what to mend, such as master_key_mismatch.'),
  }),
  ServiceIndex: z.record(z.string(), z.string()),
};

export type RequestName = keyof typeof requests;
export type ResponseName = keyof typeof responses;
