import type { Paths } from './operation.ts';
import {
  BODY_PROBLEMS,
  ETAG,
  gone,
  IF_MATCH,
  JSON_TYPE,
  page,
  PAGING,
  PATCH_TYPES,
  problems,
  reads,
} from './registry-paths.ts';

const SETTINGS = {
  issuer: 'https://login.microsoftonline.com/5c5f2a70-0000-0000-0000-000000000000/v2.0',
  name: 'Entra ID',
  description: '',
  discovery:
    'https://login.microsoftonline.com/5c5f2a70-0000-0000-0000-000000000000/v2.0/.well-known/openid-configuration',
  audience: ['0b6f1c1e-0000-0000-0000-000000000000'],
  subscription: 'flowgateiflmap',
  use: ['direct'],
  enabled: true,
  require_at_jwt: false,
  required_claims: [{ claim: 'idtyp', value: 'app' }],
  client_rules: [
    { claim: 'azp', value: '8e2d5a7b-0000-0000-0000-000000000000', client_id: 'partner' },
  ],
  user_claim: 'azp',
  user_prefix: 'entra:',
  role_claim: 'roles',
  role_rules: [{ value: 'Flowgate.Send', role: 'ESBMessaging.send' }],
};
const ISSUER = {
  issuer_id: 'entra',
  ...SETTINGS,
  created_at: '2030-01-01T00:00:00.000Z',
  updated_at: '2030-01-01T00:00:00.000Z',
};
const CHANGED = {
  200: { description: 'Changed', schema: 'Issuer', headers: ETAG, example: ISSUER },
} as const;

const DIAGNOSIS = {
  ok: false,
  checks: [
    {
      check: 'keys_fetched',
      ok: false,
      detail: 'https://idp.example.com/jwks cannot be reached (ECONNREFUSED).',
      remedy:
        'Open the address in a browser, and correct discovery or jwks_uri with PATCH /registry/v1/issuers/entra if it is not right.',
    },
  ],
};

export const issuerPaths: Paths = {
  '/registry/v1/issuers': {
    get: reads('List trusted issuers', 'Issuers', page(ISSUER), { parameters: PAGING }),
    post: {
      summary: 'Trust an issuer',
      access: 'management',
      request: {
        schema: 'IssuerRegistration',
        mediaTypes: JSON_TYPE,
        required: true,
        example: { issuer_id: 'entra', ...SETTINGS },
      },
      answers: {
        201: {
          description: 'Registered',
          schema: 'Issuer',
          headers: { Location: 'The issuer', ...ETAG },
          example: ISSUER,
        },
        ...problems(409, ...BODY_PROBLEMS),
      },
    },
  },
  '/registry/v1/issuers/{issuer_id}': {
    get: reads('Read a trusted issuer', 'Issuer', ISSUER, { headers: ETAG }),
    put: {
      summary: 'Replace the settings of a trusted issuer',
      access: 'management',
      parameters: [IF_MATCH],
      request: {
        schema: 'IssuerSettings',
        mediaTypes: JSON_TYPE,
        required: true,
        example: SETTINGS,
      },
      answers: { ...CHANGED, ...problems(404, 409, 412, 428, ...BODY_PROBLEMS) },
    },
    patch: {
      summary: 'Change settings of a trusted issuer',
      description:
        'RFC 7396: null sets a member back to its default; rules are replaced as a whole.',
      access: 'management',
      parameters: [IF_MATCH],
      request: {
        schema: 'IssuerChange',
        mediaTypes: PATCH_TYPES,
        required: true,
        example: { enabled: false },
      },
      answers: { ...CHANGED, ...problems(404, 409, 412, 428, ...BODY_PROBLEMS) },
    },
    delete: {
      summary: 'Trust an issuer no longer',
      access: 'management',
      parameters: [IF_MATCH],
      answers: gone(400, 412, 428),
    },
  },
  '/registry/v1/issuers/{issuer_id}/diagnosis': {
    get: reads(
      'Fetch the keys of an issuer now and check its rules',
      'IssuerDiagnosis',
      DIAGNOSIS,
      {
        description: 'Changes nothing. An issuer that does not answer is a failed check.',
      },
    ),
    post: {
      summary: 'The same, and walk a token of the issuer through all that it meets',
      description:
        'Says where the token stops, whom it acts as, and with which roles. Takes AuthGroup.Administrator.',
      access: 'management',
      request: {
        schema: 'IssuerToken',
        mediaTypes: JSON_TYPE,
        required: true,
        example: { token: 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJpIn0.c2lnbmF0dXJl' },
      },
      answers: {
        200: { description: 'The checks', schema: 'IssuerDiagnosis', example: DIAGNOSIS },
        ...problems(404, ...BODY_PROBLEMS),
      },
    },
  },
};
