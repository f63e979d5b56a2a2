import { type Answer, type Operation, type Paths, query } from './operation.ts';
import {
  BODY_PROBLEMS,
  ETAG,
  gone,
  IF_MATCH,
  JSON_TYPE,
  OPTIONAL_IF_MATCH,
  page,
  PAGING,
  PATCH_TYPES,
  problems,
  reads,
} from './registry-paths.ts';

const SETTINGS = { display_name: 'Anna Müller', email: 'anna@example.com', enabled: true };
const USER = {
  user: 'anna',
  ...SETTINGS,
  must_change_password: true,
  upstream_issuer: null,
  upstream_subject: null,
  created_at: '2030-01-01T00:00:00.000Z',
  updated_at: '2030-01-01T00:00:00.000Z',
  last_sign_in_at: null,
};
const WITH_PASSWORD = { ...USER, password: 'k3hdx-9mwqr-vbn47-t2jpa' };

const changes = (
  summary: string,
  mediaTypes: readonly string[],
  example: unknown,
  description: string,
): Operation => ({
  summary,
  description,
  access: 'management',
  parameters: [IF_MATCH],
  request: { schema: 'UserSettings', mediaTypes, required: true, example },
  answers: {
    200: { description: 'Changed', schema: 'User', headers: ETAG, example: USER },
    ...problems(404, 412, 428, ...BODY_PROBLEMS),
  },
});

const aPage: Answer = { description: 'A page for people, as text/html' };
const goesOn: Answer = { description: 'To another page', headers: { Location: 'The page' } };

/** Pages are for browsers; what their forms hold is no interface. */
const showsPage = (summary: string, parameters: Operation['parameters'] = []): Operation => ({
  summary,
  access: 'public',
  parameters,
  answers: { 200: aPage, 303: goesOn, 400: aPage, 503: aPage },
});

const takesForm = (summary: string): Operation => ({
  summary,
  description:
    'Takes the form of the page, with the token in it, from the browser that it was given to.',
  access: 'public',
  answers: { 200: aPage, 303: goesOn, 400: aPage, 403: aPage, 429: aPage, 503: aPage },
});

export const userPaths: Paths = {
  '/registry/v1/users': {
    get: reads('List people who may sign in', 'Users', page(USER), {
      parameters: [
        query('q', 'A part of the name, the display name or the e-mail address, in any case.'),
        ...PAGING,
      ],
      description: 'A page of a search may be short, even empty, and not be the last one.',
    }),
    post: {
      summary: 'Let a person sign in',
      access: 'management',
      request: {
        schema: 'NewUser',
        mediaTypes: JSON_TYPE,
        required: true,
        example: { user: 'anna', ...SETTINGS },
      },
      answers: {
        201: {
          description: 'Made; a password that was made with it is shown this once',
          schema: 'UserWithPassword',
          headers: { Location: 'The user', ...ETAG },
          example: WITH_PASSWORD,
        },
        ...problems(409, ...BODY_PROBLEMS),
      },
    },
  },
  '/registry/v1/users/{user}': {
    get: reads('Read a user', 'User', USER, { headers: ETAG }),
    put: changes('Replace the settings of a user', JSON_TYPE, SETTINGS, 'The password stays.'),
    patch: changes(
      'Change settings of a user',
      PATCH_TYPES,
      { enabled: false },
      'RFC 7396: null sets a member back to its default. Disabling ends sessions at once, and what the user has allowed within 30 seconds.',
    ),
    delete: {
      summary: 'Delete a user, its sessions, its role assignments and what it has allowed',
      access: 'management',
      parameters: [IF_MATCH],
      answers: gone(400, 412, 428),
    },
  },
  '/registry/v1/users/{user}/password': {
    post: {
      summary: 'Set another password',
      description: 'Ends the sessions of the user, and what the user has allowed.',
      access: 'management',
      parameters: [OPTIONAL_IF_MATCH],
      request: { schema: 'NewPassword', mediaTypes: JSON_TYPE, required: false, example: {} },
      answers: {
        200: {
          description: 'Set; one that was made is shown this once',
          schema: 'UserWithPassword',
          headers: ETAG,
          example: WITH_PASSWORD,
        },
        ...problems(404, 409, 412, ...BODY_PROBLEMS),
      },
    },
  },
  '/oauth2/api/v1/sign-in': {
    get: showsPage('The page to sign in at', [
      query('return_to', 'Path and query of the authorization endpoint or the account page.'),
      query('login_hint', 'The user name that the page begins with.'),
      query('prompt', 'login: who has signed in is asked again.'),
    ]),
    post: takesForm('Sign in'),
  },
  '/oauth2/api/v1/sign-out': {
    get: showsPage('The page to sign out at'),
    post: takesForm('Sign out'),
  },
  '/oauth2/api/v1/account': {
    get: showsPage('The page of a user’s own account, with what it has allowed'),
  },
};
