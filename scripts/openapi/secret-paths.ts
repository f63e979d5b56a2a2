import type { Paths } from './operation.ts';
import {
  BODY_PROBLEMS,
  ETAG,
  gone,
  JSON_TYPE,
  OPTIONAL_IF_MATCH,
  page,
  PAGING,
  PATCH_TYPES,
  problems,
  reads,
  SHOWN_ONCE,
} from './registry-paths.ts';

const SECRET = {
  secret_id: '9f86d081884c7d65',
  last_four: 'w3iE',
  created_at: '2030-01-01T00:00:00.000Z',
  expires_at: null,
  expires_in_days: null,
  state: 'current',
};
const NEXT = { ...SECRET, secret_id: '2c624232cc221771', state: 'next' };
const ROTATION = { rotating: true, current: SECRET, next: NEXT };

export const secretPaths: Paths = {
  '/registry/v1/clients/{client_id}/secrets': {
    get: reads('List the secrets of a client', 'Secrets', page(SECRET), {
      parameters: PAGING,
      headers: ETAG,
    }),
    post: {
      summary: 'Add a secret',
      description: 'A client has at most two that have not expired.',
      access: 'management',
      parameters: [OPTIONAL_IF_MATCH],
      request: {
        schema: 'SecretRequest',
        mediaTypes: JSON_TYPE,
        required: false,
        example: { expires_at: '2031-01-01T00:00:00Z' },
      },
      answers: {
        201: {
          description: 'Added; the secret is shown this once',
          schema: 'NewSecret',
          headers: { Location: 'The secret', ...ETAG },
          example: { client_id: 'apimconnectivity', ...SECRET, ...SHOWN_ONCE },
        },
        ...problems(404, 409, 412, ...BODY_PROBLEMS),
      },
    },
  },
  '/registry/v1/clients/{client_id}/secrets/{secret_id}': {
    get: reads('Read a secret, without its text', 'Secret', SECRET, { headers: ETAG }),
    patch: {
      summary: 'Change when a secret expires',
      access: 'management',
      parameters: [OPTIONAL_IF_MATCH],
      request: {
        schema: 'SecretChange',
        mediaTypes: PATCH_TYPES,
        required: true,
        example: { expires_at: '2031-01-01T00:00:00Z' },
      },
      answers: {
        200: { description: 'Changed', schema: 'Secret', headers: ETAG, example: SECRET },
        ...problems(404, 409, 412, ...BODY_PROBLEMS),
      },
    },
    delete: {
      summary: 'Delete a secret',
      access: 'management',
      parameters: [OPTIONAL_IF_MATCH],
      answers: gone(400, 412),
    },
  },
  '/registry/v1/clients/{client_id}/secrets/rotation': {
    get: reads('Read how a rotation stands', 'Rotation', ROTATION, { headers: ETAG }),
    post: {
      summary: 'Start to rotate the secret',
      description:
        'Makes a new secret beside the one that the client has. Both are good until the rotation is completed or cancelled.',
      access: 'management',
      parameters: [OPTIONAL_IF_MATCH],
      request: {
        schema: 'SecretRequest',
        mediaTypes: JSON_TYPE,
        required: false,
        example: { expires_at: '2031-01-01T00:00:00Z' },
      },
      answers: {
        201: {
          description: 'Started; the new secret is shown this once',
          schema: 'StartedRotation',
          headers: { Location: 'The new secret', ...ETAG },
          example: { client_id: 'apimconnectivity', ...ROTATION, ...SHOWN_ONCE },
        },
        ...problems(404, 409, 412, ...BODY_PROBLEMS),
      },
    },
    delete: {
      summary: 'Cancel the rotation: the new secret ends',
      access: 'management',
      parameters: [OPTIONAL_IF_MATCH],
      answers: gone(400, 412),
    },
  },
  '/registry/v1/clients/{client_id}/secrets/rotation/complete': {
    post: {
      summary: 'Complete the rotation: the old secret ends',
      description:
        'With secret_id, the id of the secret that stays, it may be sent again and never ends another one.',
      access: 'management',
      parameters: [OPTIONAL_IF_MATCH],
      request: {
        schema: 'RotationCompletion',
        mediaTypes: JSON_TYPE,
        required: false,
        example: { secret_id: NEXT.secret_id },
      },
      answers: {
        200: {
          description: 'Complete',
          schema: 'Rotation',
          headers: ETAG,
          example: { rotating: false, current: { ...NEXT, state: 'current' }, next: null },
        },
        ...problems(404, 409, 412, ...BODY_PROBLEMS),
      },
    },
  },
};
