import { tokenAnswers } from './oauth-paths.ts';
import { type Answer, type Paths, query } from './operation.ts';
import { gone, page, PAGING, reads } from './registry-paths.ts';

const FORM = ['application/x-www-form-urlencoded'];

const REQUEST = {
  response_type: 'code',
  client_id: 'app',
  redirect_uri: 'https://app.example/callback',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
} as const;

const ANSWERS: Readonly<Record<number, Answer>> = {
  200: { description: 'The consent page', mediaType: 'text/html' },
  303: {
    description:
      'To the sign-in page; or to the redirect URI with code, state and iss, or with error, error_description, state and iss (RFC 6749 section 4.1.2, RFC 9207)',
    headers: { Location: 'Where the browser goes' },
  },
  400: {
    description: 'A page: it is not known that the redirect URI is the client’s',
    mediaType: 'text/html',
  },
  403: { description: 'A page: the form is of another session', mediaType: 'text/html' },
  413: { description: 'A page: the request is too long', mediaType: 'text/html' },
};

const GRANT = {
  grant_id: 'kW8AJ6V1B0znKjMXd8NHjWUT94alkb2JLO2KnZvOsP3n0N',
  client_id: 'app',
  subscription: 'flowgateiflmap',
  scope: 'orders.read',
  created_at: '2030-01-01T00:00:00.000Z',
  last_used_at: null,
  expires_at: '2030-01-01T12:00:00.000Z',
};

export const authorizationPaths: Paths = {
  '/oauth2/api/v1/authorize': {
    get: {
      summary: 'Have a person allow a client something',
      description: 'RFC 6749 section 4.1.1 with PKCE, for a browser.',
      access: 'public',
      parameters: [
        query('client_id', 'The client.'),
        query('response_type', 'code.'),
        query('redirect_uri', 'One of the client; may be left out if it has one.'),
        query('scope', "The client's default if left out."),
        query('state', 'Comes back with the answer.'),
        query('code_challenge', 'RFC 7636.'),
        query('code_challenge_method', 'S256.'),
        query('request_uri', 'Of a request that was pushed, in the place of all but client_id.'),
        query('dpop_jkt', 'RFC 9449 section 10.'),
        query('prompt', 'none, login, consent, select_account.'),
        query('max_age', 'Seconds.'),
        query('login_hint', 'Who is to sign in.'),
      ],
      answers: ANSWERS,
    },
    post: {
      summary: 'Have a person allow a client something, with a form',
      description:
        'A request in a form leads to the same in the query. The form of the consent page comes here.',
      access: 'public',
      request: { schema: 'Decision', mediaTypes: FORM, required: true, example: REQUEST },
      answers: ANSWERS,
    },
  },
  '/oauth2/api/v1/par': {
    post: {
      summary: 'Push an authorization request',
      description:
        'RFC 9126. The client authenticates as at the token endpoint. The reference is good once: it is opened within 90 seconds and answered within 10 minutes.',
      access: 'client',
      request: { schema: 'PushedRequest', mediaTypes: FORM, required: true, example: REQUEST },
      answers: {
        ...Object.fromEntries(Object.entries(tokenAnswers).filter(([status]) => status !== '200')),
        201: {
          description: 'The reference',
          schema: 'PushedReference',
          headers: { 'Cache-Control': 'no-store' },
          example: {
            request_uri:
              'urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c6esc_11ACC5bwc01',
            expires_in: 90,
          },
        },
      },
    },
  },
  '/registry/v1/users/{user}/grants': {
    get: reads('List what a user has allowed clients', 'UserGrants', page(GRANT), {
      parameters: PAGING,
    }),
  },
  '/registry/v1/users/{user}/grants/{grant_id}': {
    delete: {
      summary: 'End a grant with all tokens of it',
      description: 'Refresh tokens end at once, access tokens within 30 seconds on every instance.',
      access: 'management',
      answers: gone(400, 404),
    },
  },
};
