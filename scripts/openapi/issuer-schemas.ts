import { z } from 'zod';
import { subscriptionsOf } from '../../shared/config/subscriptions.ts';
import { ISSUER_READ_ONLY, schemaOfIssuer } from '../../shared/registry/api/issuer-members.ts';

/* Trusted issuers; what their settings may be comes from the code that reads them. */

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  issuer: 'iss of its tokens, exactly.',
  name: 'The issuer_id unless told.',
  description: 'What the issuer is for.',
  discovery:
    'Address of its metadata; unless told, and without jwks_uri, /.well-known/openid-configuration below the issuer.',
  jwks_uri: 'Where its keys are, in the place of discovery.',
  audience: 'One of them has to be in aud of its tokens.',
  subscription: 'What its tokens are good for: <account>iflmap unless told.',
  use: 'direct: its tokens are shown to iFlows and management. exchange: to the token endpoint.',
  enabled: 'The tokens of one that is not are refused.',
  require_at_jwt: 'Only tokens with typ at+jwt are taken (RFC 9068 section 2.1).',
  required_claims: 'All of them have to match; without value any does.',
  client_rules: 'The first that matches makes the token act as the user of that client.',
  user_claim:
    'The claim that names the user of a token which no rule for clients fits. With email, only a token whose email_verified is true names one.',
  user_prefix: 'Before the value of user_claim: the issuer_id and a colon unless told.',
  role_claim: 'The claim whose values give roles.',
  role_rules: 'Which role a value of role_claim gives, beside those assigned to the user.',
};

/** Defaults that depend on the issuer or the account are told in words. */
const WITHOUT_DEFAULT = ['name', 'subscription', 'user_prefix'];
const REQUIRED = ['issuer', 'audience'];

const settable: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.entries(schemaOfIssuer('', subscriptionsOf('flowgate')).shape).map(
    ([name, schema]): [string, z.ZodType] => {
      const text = DESCRIPTIONS[name] ?? '';
      if (REQUIRED.includes(name)) return [name, z.pipe(schema, z.any()).describe(text)];
      const described = WITHOUT_DEFAULT.includes(name) ? innerOf(schema) : schema;
      return [name, z.nullable(described).optional().describe(text)];
    },
  ),
);

function innerOf(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.core.$ZodDefault ? schema._zod.def.innerType : schema;
}

const readOnly = Object.fromEntries(
  ISSUER_READ_ONLY.map((name) => [
    name,
    z
      .unknown()
      .optional()
      .describe('Accepted and ignored, so that what was read can be sent back.'),
  ]),
);

const issuerId = z
  .string()
  .regex(/^[a-z0-9-]{1,60}$/)
  .describe('A short name of your choice.');

export const issuerRequests = {
  IssuerToken: z.strictObject({
    token: z.string().describe('Of the issuer, as a caller would send it. It is not kept.'),
  }),
  IssuerRegistration: z.strictObject({ ...settable, ...readOnly, issuer_id: issuerId }),
  IssuerSettings: z.strictObject({ ...settable, ...readOnly }),
  IssuerChange: z.strictObject(
    Object.fromEntries(
      Object.entries({ ...settable, ...readOnly }).map(([name, schema]) => [
        name,
        REQUIRED.includes(name) ? schema.optional() : schema,
      ]),
    ),
  ),
};

const time = z.string().meta({ format: 'date-time' });
const claimMatch = { claim: z.string(), value: z.string().optional() };

const Issuer = z
  .strictObject({
    issuer_id: issuerId,
    issuer: z.string(),
    name: z.string(),
    description: z.string(),
    discovery: z.string().optional(),
    jwks_uri: z.string().optional(),
    audience: z.array(z.string()).min(1),
    subscription: z.string(),
    use: z.array(z.enum(['direct', 'exchange'])).min(1),
    enabled: z.boolean(),
    require_at_jwt: z.boolean(),
    required_claims: z.array(z.strictObject(claimMatch)),
    client_rules: z.array(z.strictObject({ ...claimMatch, client_id: z.string() })),
    user_claim: z.string().optional(),
    user_prefix: z.string(),
    role_claim: z.string().optional(),
    role_rules: z.array(z.strictObject({ value: z.string(), role: z.string() })),
    created_at: time,
    updated_at: time,
  })
  .describe('What it does not have is left out.');

export const issuerResponses = {
  Issuer,
  Issuers: z.strictObject({
    items: z.array(Issuer),
    next_cursor: z.string().nullable().describe('For the next page; null on the last one.'),
  }),
  IssuerDiagnosis: z.strictObject({
    ok: z.boolean().describe('Whether every check is passed.'),
    checks: z.array(
      z.strictObject({
        check: z.enum([
          'issuer_enabled',
          'keys_fetched',
          'keys_usable',
          'clients_registered',
          'roles_exist',
          'token_read',
          'token_issuer',
          'token_key',
          'token_verified',
          'token_identity',
        ]),
        ok: z.boolean(),
        detail: z.string().describe('What was found.'),
        remedy: z.string().optional().describe('What to do; only where the check failed.'),
      }),
    ),
  }),
};
