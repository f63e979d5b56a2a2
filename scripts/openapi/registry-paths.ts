import type { Answer, Operation, Parameter, Paths } from './operation.ts';
import { header, query } from './operation.ts';
import type { ResponseName } from './schemas.ts';

const CLIENT = {
  client_name: 'apimconnectivity',
  description: '',
  subscription: 'flowgateiflmap',
  grant_types: ['client_credentials'],
  scope: '',
  redirect_uris: [],
  token_endpoint_auth_method: 'client_secret_basic',
  tls_client_certificate_bound_access_tokens: false,
  dpop_bound_access_tokens: false,
  require_pushed_authorization_requests: false,
  skip_consent: false,
  access_token_lifetime: 3600,
  refresh_token_lifetime: 43_200,
  allowed_origins: [],
  enabled: true,
};
const KNOWN_CLIENT = {
  client_id: 'apimconnectivity',
  client_id_issued_at: 1_893_456_000,
  ...CLIENT,
  created_at: '2030-01-01T00:00:00.000Z',
  updated_at: '2030-01-01T00:00:00.000Z',
};
export const SHOWN_ONCE = {
  client_secret: 'lJ4vjV0iJb9vWmSg1PzmS9oMf3XcKq0LrUeZyDtw3iE',
  client_secret_expires_at: 0,
};
const ROLE = { role: 'Orders.send', type: 'CUSTOM', description: 'Send orders.' };
const ASSIGNMENT = {
  user: 'oauth_client_apimconnectivity',
  role: 'ESBMessaging.send',
  assigned_at: '2030-01-01T00:00:00.000Z',
};
const KEY = {
  kid: 'q3mTzV0',
  alg: 'ES256',
  state: 'current',
  created_at: '2030-01-01T00:00:00.000Z',
  active_from: '2030-01-01T00:00:00.000Z',
};
const AUDIT_ENTRY = {
  id: '0193f2c4-5b1e-7c39-9a57-d2f9f4f0a9a1',
  time: '2030-01-01T00:00:00.000Z',
  actor: 'oauth_client_admin',
  action: 'client.create',
  object: { type: 'client', name: 'apimconnectivity' },
  address: '192.0.2.17',
  outcome: 'success',
  reason: '',
  detail: '',
  invocation_id: '7d8e8a1c-4f0b-4c43-8d0a-5d1f0f6e2b11',
};
const DIAGNOSIS = {
  ok: false,
  checks: [
    {
      check: 'role_assigned',
      ok: false,
      detail:
        'The iFlow wants the role ESBMessaging.send, which the user oauth_client_apimconnectivity does not have in flowgateiflmap. It is assigned to apimconnectivity, without the prefix: the user of the client is oauth_client_apimconnectivity.',
      remedy:
        'Assign it with PUT /registry/v1/subscriptions/flowgateiflmap/roles/ESBMessaging.send/users/oauth_client_apimconnectivity and take the other one back with DELETE /registry/v1/subscriptions/flowgateiflmap/roles/ESBMessaging.send/users/apimconnectivity.',
    },
  ],
};

export const JSON_TYPE = ['application/json'];
export const PATCH_TYPES = ['application/merge-patch+json', 'application/json'];
export const ETAG = { ETag: 'For If-Match' };
export const page = (...items: unknown[]) => ({ items, next_cursor: null });

export const PAGING: readonly Parameter[] = [
  query('limit', 'Most items.', { type: 'integer', minimum: 1, maximum: 200, default: 50 }),
  query('cursor', 'The next_cursor of the page before.'),
];
export const IF_MATCH = header('If-Match', 'The ETag that was read, or * for any.', true);
export const OPTIONAL_IF_MATCH = header('If-Match', 'The ETag of the client, or * for any.');

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  401: 'No good token',
  403: 'A good token without the right',
  404: 'There is nothing of this name',
  409: 'It contradicts what is there',
  412: 'It was changed since that ETag was read',
  413: 'A body above 256 KiB',
  415: 'Another media type',
  422: 'A member is invalid',
  428: 'If-Match is missing',
};
const PROBLEM_HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'WWW-Authenticate': 'Bearer (RFC 6750 section 3)' },
  403: { 'WWW-Authenticate': 'Bearer (RFC 6750 section 3)' },
  415: { Accept: 'What to send' },
};

/** Every management call may be refused for its token or its right. */
export function problems(...statuses: number[]): Record<number, Answer> {
  const answers: Record<number, Answer> = {};
  for (const status of [401, 403, ...statuses]) {
    const headers = PROBLEM_HEADERS[status];
    answers[status] = {
      description: PROBLEMS[status] ?? '',
      schema: 'Problem',
      mediaType: 'application/problem+json',
      ...(headers === undefined ? {} : { headers }),
    };
  }
  return answers;
}

export const BODY_PROBLEMS = [400, 413, 415, 422];

export function reads(
  summary: string,
  schema: ResponseName,
  example: unknown,
  more: Partial<Operation> & { readonly headers?: Answer['headers'] } = {},
): Operation {
  const { headers, ...rest } = more;
  const answer: Answer = { description: 'As asked', schema, example };
  return {
    summary,
    access: 'management',
    answers: {
      200: headers === undefined ? answer : { ...answer, headers },
      ...problems(400, 404),
    },
    ...rest,
  };
}

const changesSettings = (summary: string, mediaTypes: readonly string[], example: unknown) => ({
  summary,
  access: 'management' as const,
  parameters: [IF_MATCH],
  request: { schema: 'ClientSettings' as const, mediaTypes, required: true, example },
  answers: {
    200: { description: 'Changed', schema: 'Client', headers: ETAG, example: KNOWN_CLIENT },
    ...problems(404, 412, 428, ...BODY_PROBLEMS),
  } as const,
});

export const gone = (...more: number[]): Record<number, Answer> => ({
  204: { description: 'Done' },
  ...problems(404, ...more),
});

export const registryPaths: Paths = {
  '/registry/v1/clients': {
    get: reads('List clients', 'Clients', page(KNOWN_CLIENT), {
      parameters: [
        query('q', 'A part of the id or the name, in any case.'),
        query('expiring_within', 'Only clients with a secret that expires in so many days.', {
          type: 'integer',
          minimum: 1,
          maximum: 366,
        }),
        ...PAGING,
      ],
      description: 'A page of a search may be short, even empty, and not be the last one.',
    }),
    post: {
      summary: 'Register a client',
      access: 'management',
      request: {
        schema: 'ClientRegistration',
        mediaTypes: JSON_TYPE,
        required: true,
        example: { client_id: 'apimconnectivity', client_name: 'apimconnectivity' },
      },
      answers: {
        201: {
          description: 'Registered; the secret is shown this once',
          schema: 'NewClient',
          headers: { Location: 'The client', ...ETAG },
          example: { ...KNOWN_CLIENT, ...SHOWN_ONCE },
        },
        ...problems(409, ...BODY_PROBLEMS),
      },
    },
  },
  '/registry/v1/clients/{client_id}': {
    get: reads('Read a client', 'Client', KNOWN_CLIENT, { headers: ETAG }),
    put: changesSettings('Replace the settings of a client', JSON_TYPE, CLIENT),
    patch: {
      ...changesSettings('Change settings of a client', PATCH_TYPES, { enabled: false }),
      description: 'RFC 7396: null sets a member back to its default.',
    },
    delete: {
      summary: 'Delete a client, its secrets and its role assignments',
      access: 'management',
      parameters: [IF_MATCH],
      answers: gone(400, 412, 428),
    },
  },
  '/registry/v1/clients/{client_id}/diagnosis': {
    get: reads('Find out why a client is refused', 'Diagnosis', DIAGNOSIS, {
      description:
        'Walks the chain from the client to the iFlow as storage holds it at this moment, and changes nothing. An unknown client is a failed check. What can still be judged behind a failed check is.',
      parameters: [
        query(
          'address',
          'What follows /http in the URL of the call. Left out, only the client is checked.',
        ),
        query('method', 'Of the call, for CSRF protection.', {
          enum: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
          default: 'POST',
        }),
      ],
      answers: {
        200: { description: 'The checks', schema: 'Diagnosis', example: DIAGNOSIS },
        ...problems(400),
      },
    }),
  },
  '/registry/v1/subscriptions': {
    get: reads(
      'List subscriptions',
      'Subscriptions',
      page({ subscription: 'flowgateiflmap', application: 'iflmap' }),
      { parameters: PAGING },
    ),
  },
  '/registry/v1/subscriptions/{subscription}': {
    get: reads('Read a subscription', 'Subscription', {
      subscription: 'flowgateiflmap',
      application: 'iflmap',
    }),
  },
  '/registry/v1/subscriptions/{subscription}/roles': {
    get: reads('List roles', 'Roles', page(ROLE), { parameters: PAGING }),
  },
  '/registry/v1/subscriptions/{subscription}/roles/{role}': {
    get: reads('Read a role', 'Role', ROLE),
    put: {
      summary: 'Make a role, or replace its description',
      access: 'management',
      request: {
        schema: 'RoleSettings',
        mediaTypes: JSON_TYPE,
        required: false,
        example: { description: 'Send orders.' },
      },
      answers: {
        200: { description: 'Replaced', schema: 'Role', example: ROLE },
        201: {
          description: 'Made',
          schema: 'Role',
          headers: { Location: 'The role' },
          example: ROLE,
        },
        ...problems(404, 409, ...BODY_PROBLEMS),
      },
    },
    delete: {
      summary: 'Delete a role and its assignments',
      access: 'management',
      answers: gone(400, 409),
    },
  },
  '/registry/v1/subscriptions/{subscription}/roles/{role}/users': {
    get: reads('List the users of a role', 'Assignments', page(ASSIGNMENT), { parameters: PAGING }),
  },
  '/registry/v1/subscriptions/{subscription}/roles/{role}/users/{user}': {
    get: reads('Read an assignment', 'Assignment', ASSIGNMENT),
    put: {
      summary: 'Assign a role to a user',
      description: 'Again is no error. A client acts as the user oauth_client_<client_id>.',
      access: 'management',
      answers: gone(400, 422),
    },
    delete: {
      summary: 'Take a role back from a user',
      description: 'Again is no error.',
      access: 'management',
      answers: gone(400, 422),
    },
  },
  '/registry/v1/subscriptions/{subscription}/users/{user}/roles': {
    get: reads('List the roles of a user', 'Assignments', page(ASSIGNMENT), {
      parameters: PAGING,
    }),
  },
  '/registry/v1/audit': {
    get: {
      summary: 'Read the audit trail',
      description:
        'Newest first. For AuthGroup.Administrator and AuthGroup.ReadOnly. A page may be short, even empty, and not be the last one.',
      access: 'management',
      parameters: [
        query('from', 'A time with its zone; inclusive.', { format: 'date-time' }),
        query('to', 'A time with its zone; exclusive.', { format: 'date-time' }),
        query('actor', 'The user that acted; exact.'),
        query('object', 'The name of what was acted on; exact.'),
        query('action', 'What was done; exact.'),
        ...PAGING,
        header('Accept', 'application/x-ndjson for JSON lines, up to 5000 at a time.'),
      ],
      answers: {
        200: {
          description: 'Entries',
          schema: 'AuditTrail',
          textAs: { mediaType: 'application/x-ndjson', description: 'One AuditEntry to a line.' },
          headers: { Link: 'Of JSON lines: the next page (RFC 8288)' },
          example: page(AUDIT_ENTRY),
        },
        ...problems(400),
      },
    },
  },
  '/registry/v1/keys': {
    get: reads('List the signing keys', 'SigningKeys', page(KEY), {
      answers: {
        200: { description: 'The key ring', schema: 'SigningKeys', example: page(KEY) },
        ...problems(),
      },
    }),
    post: {
      summary: 'Make the next signing key',
      access: 'management',
      answers: {
        200: { description: 'One waits for its turn already', schema: 'SigningKey', example: KEY },
        201: { description: 'Made', schema: 'SigningKey', example: KEY },
        ...problems(),
      },
    },
  },
};
