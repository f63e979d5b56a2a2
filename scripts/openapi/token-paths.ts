import { query, type Paths } from './operation.ts';
import { gone, OPTIONAL_IF_MATCH, page, PAGING, reads } from './registry-paths.ts';

const TOKEN = {
  jti: 'AZLmnAAADq3mW0y2Qk5x8rYt1vB7Jc',
  client_id: 'apimconnectivity',
  user: 'oauth_client_apimconnectivity',
  subscription: 'flowgateiflmap',
  scope: '',
  grant_id: null,
  issued_at: '2030-01-01T00:00:00.000Z',
  expires_at: '2030-01-01T01:00:00.000Z',
  state: 'active',
};

const TIMES = [
  query('from', 'Issued since; a time with its zone. 12 hours ago unless told.', {
    format: 'date-time',
  }),
  query('to', 'Issued before; a time with its zone.', { format: 'date-time' }),
];

export const tokenPaths: Paths = {
  '/registry/v1/tokens': {
    get: reads('Find issued access tokens', 'Tokens', page(TOKEN), {
      description:
        'By what the audit trail says of them, with how they stand now; the newest first. For AuthGroup.Administrator and AuthGroup.ReadOnly. A page may be short, even empty, and not be the last one.',
      parameters: [
        query('client_id', 'The client that they were issued to; exact.'),
        query('user', 'Whom they speak for: a person, or oauth_client_<client_id>; exact.'),
        query('jti', 'The id of one; exact.'),
        ...TIMES,
        ...PAGING,
      ],
    }),
  },
  '/registry/v1/tokens/{jti}': {
    get: reads('Read what is known of an access token', 'Token', TOKEN, { parameters: TIMES }),
    delete: {
      summary: 'Revoke an access token',
      description:
        'It is refused within 30 s on every instance. Again is no error, nor is one that has expired.',
      access: 'management',
      parameters: TIMES,
      answers: gone(400),
    },
  },
  '/registry/v1/clients/{client_id}/tokens': {
    delete: {
      summary: 'Revoke all tokens of a client',
      description:
        'Access and refresh tokens that were issued until now, and what users have granted the client. They are refused within 30 s on every instance; tokens that are issued afterwards are good.',
      access: 'management',
      parameters: [OPTIONAL_IF_MATCH],
      answers: gone(400, 412),
    },
  },
};
