import * as z from 'zod/mini';
import type { Subscriptions } from '../../config/subscriptions.ts';
import { Problem, type ProblemDetail } from '../../http/problem.ts';
import { faultOfOutboundUrl } from '../../net/outbound-url.ts';
import type { PrivateHosts } from '../../net/private-hosts.ts';
import { isClientId } from '../client-id.ts';
import { isForeignUser } from '../issuers/claim-rules.ts';
import { isIssuerId, ISSUER_USES, type TrustedIssuer } from '../issuers/issuer.ts';
import { isRoleName } from '../roles.ts';
import { list, subscription, text, yesOrNo } from './client-members.ts';
import type { Members } from './json-body.ts';
import { parseMembers } from './parse-members.ts';

/** What of a trusted issuer an administrator decides. */
export type IssuerSettings = Omit<TrustedIssuer, 'issuerId' | 'createdAt' | 'updatedAt'>;

/** What the rules for an issuer need to know of this deployment. */
export interface IssuerSurroundings {
  readonly subscriptions: Subscriptions;
  /** `iss` of our own tokens. */
  readonly ownIssuer: string;
  readonly privateHosts: PrivateHosts;
}

const MOST_RULES = 200;
/** Bytes of one issuer as it is stored, so that it fits into one property of its row. */
const LARGEST_ISSUER = 48_000;

const issuer = z
  .string('issuer is text: the iss of its tokens, exactly.')
  .check(
    z.regex(
      /^[\x21-\x7e]{1,500}$/,
      'issuer is the iss of its tokens, exactly: 1 to 500 characters without spaces.',
    ),
  );

const audience = list(
  z
    .string('An audience is text.')
    .check(z.regex(/^[\x21-\x7e]{1,500}$/, 'An audience has 1 to 500 characters without spaces.')),
  20,
  'audience',
).check(
  z.refine(
    (values) => values.length > 0,
    'audience names at least one value that aud of its tokens has: without it, tokens for anybody would do.',
  ),
);

const claim = z
  .string('claim is text.')
  .check(
    z.refine(
      (value) => /^[^\p{Cc}\p{Cs}]{1,200}$/u.test(value),
      'claim is the name of a claim, or a JSON Pointer such as /realm_access/roles; 1 to 200 characters.',
    ),
  );

const value = z
  .string('value is text.')
  .check(
    z.refine(
      (one) => /^[^\p{Cc}\p{Cs}]{1,500}$/u.test(one),
      'value is the text of a claim, 1 to 500 characters.',
    ),
  );

const clientId = z
  .string('client_id is text.')
  .check(z.refine(isClientId, 'client_id is the id of a registered client.'));

const role = z
  .string('role is text.')
  .check(z.refine(isRoleName, 'role is the name of a role of the subscription, case-sensitive.'));

const rules = <T extends z.ZodMiniType>(rule: T, what: string) =>
  z
    .array(rule, `${what} is an array.`)
    .check(z.maxLength(MOST_RULES, `${what} has at most ${MOST_RULES} entries.`));

const userPrefix = z
  .string('user_prefix is text.')
  .check(
    z.refine(
      (prefix) => prefix === '' || (prefix.length <= 60 && isForeignUser(prefix)),
      'user_prefix has at most 60 letters, digits and . _ @ + : | = , ~ -, begins with a letter or digit, and does not begin with oauth_client_, which is for clients.',
    ),
  );

/** The members that a caller may set, by their wire names, with their defaults. */
export function schemaOfIssuer(issuerId: string, subscriptions: Subscriptions) {
  const name = text(200, 'name').check(z.refine((one) => one.trim() !== '', 'name is not blank.'));
  const uses = list(
    z.enum(ISSUER_USES, `use holds ${ISSUER_USES.join(' and ')}, or one of them.`),
    2,
    'use',
  ).check(z.refine((all) => all.length > 0, 'use names at least one use.'));
  return z.object({
    issuer,
    name: z._default(name, issuerId),
    description: z._default(text(2000, 'description'), ''),
    discovery: z.optional(z.string('discovery is text.')),
    jwks_uri: z.optional(z.string('jwks_uri is text.')),
    audience,
    subscription: z._default(subscription(subscriptions), subscriptions.iflmap),
    use: z._default(uses, ['direct']),
    enabled: yesOrNo('enabled', true),
    require_at_jwt: yesOrNo('require_at_jwt'),
    required_claims: z._default(
      rules(z.strictObject({ claim, value: z.optional(value) }), 'required_claims'),
      [],
    ),
    client_rules: z._default(
      rules(
        z.strictObject({ claim, value: z.optional(value), client_id: clientId }),
        'client_rules',
      ),
      [],
    ),
    user_claim: z.optional(claim),
    user_prefix: z._default(userPrefix, `${issuerId}:`),
    role_claim: z.optional(claim),
    role_rules: z._default(rules(z.strictObject({ value, role }), 'role_rules'), []),
  });
}

/** Set by the registry: accepted and ignored, so that what GET returned can be sent back. */
export const ISSUER_READ_ONLY = ['issuer_id', 'created_at', 'updated_at'];

/** @throws {Problem} 422 */
export function readIssuerId(members: Members): string {
  const given = members.get('issuer_id');
  if (typeof given === 'string' && isIssuerId(given)) return given;
  throw Problem.invalid([
    {
      pointer: '/issuer_id',
      detail:
        'issuer_id is a short name of your choice for the issuer: 1 to 60 of the characters a-z 0-9 -.',
    },
  ]);
}

/**
 * Reads the settings of a trusted issuer; what is absent or null gets its default.
 * @throws {Problem} 422 with every invalid member
 */
export function readIssuerSettings(
  members: Members,
  issuerId: string,
  surroundings: IssuerSurroundings,
): IssuerSettings {
  const errors: ProblemDetail[] = [];
  const named = members.get('issuer_id') ?? issuerId;
  if (named !== issuerId) {
    const detail = 'An issuer_id cannot be changed. Make another issuer and delete this one.';
    errors.push({ pointer: '/issuer_id', detail });
  }
  const schema = schemaOfIssuer(issuerId, surroundings.subscriptions);
  const data = parseMembers(schema, members, ISSUER_READ_ONLY, errors);
  const { jwks_uri: jwksUri } = data;
  const settings: IssuerSettings = {
    issuer: data.issuer,
    name: data.name,
    description: data.description,
    discovery: data.discovery ?? (jwksUri === undefined ? wellKnown(data.issuer) : undefined),
    jwksUri,
    audience: data.audience,
    subscription: data.subscription,
    use: data.use,
    enabled: data.enabled,
    requireAtJwt: data.require_at_jwt,
    requiredClaims: data.required_claims.map((rule) => ({ claim: rule.claim, value: rule.value })),
    clientRules: data.client_rules.map((rule) => ({
      claim: rule.claim,
      value: rule.value,
      clientId: rule.client_id,
    })),
    userClaim: data.user_claim,
    userPrefix: data.user_prefix,
    roleClaim: data.role_claim,
    roleRules: data.role_rules,
  };
  const faults = [...faultsInSources(settings, surroundings), ...faultsInRules(settings)];
  if (faults.length > 0) throw Problem.invalid(faults);
  return settings;
}

/** OpenID Connect Discovery section 4.1: below the issuer's address. */
const wellKnown = (iss: string): string =>
  `${iss.replace(/\/$/, '')}/.well-known/openid-configuration`;

function faultsInSources(
  { issuer: iss, discovery, jwksUri }: IssuerSettings,
  { ownIssuer, privateHosts }: IssuerSurroundings,
): readonly ProblemDetail[] {
  const faults: ProblemDetail[] = [];
  if (iss === ownIssuer) {
    const detail = 'This is the issuer of our own tokens, which are taken anyway.';
    faults.push({ pointer: '/issuer', detail });
  }
  if (discovery !== undefined && jwksUri !== undefined) {
    const detail =
      'The keys are found by discovery or at jwks_uri: set one, and the other to null.';
    faults.push({ pointer: '/jwks_uri', detail });
  }
  for (const [pointer, address] of [
    ['/discovery', discovery],
    ['/jwks_uri', jwksUri],
  ] as const) {
    const detail = address === undefined ? undefined : faultOfOutboundUrl(address, privateHosts);
    if (detail !== undefined) faults.push({ pointer, detail });
  }
  return faults;
}

function faultsInRules(settings: IssuerSettings): readonly ProblemDetail[] {
  const faults: ProblemDetail[] = [];
  if (settings.clientRules.length === 0 && settings.userClaim === undefined) {
    const detail =
      'Say whom its tokens speak for: name the claim that holds the user, or give client_rules.';
    faults.push({ pointer: '/user_claim', detail });
  }
  if ((settings.roleClaim === undefined) !== (settings.roleRules.length === 0)) {
    const detail = 'role_claim and role_rules go together: set both or neither.';
    faults.push({ pointer: '/role_rules', detail });
  }
  if (Buffer.byteLength(JSON.stringify(settings)) > LARGEST_ISSUER) {
    const detail = `An issuer has at most ${LARGEST_ISSUER} bytes with all its rules.`;
    faults.push({ pointer: '', detail });
  }
  return faults;
}

/** An issuer's settings by their wire names; what it does not have is left out. */
export function issuerMembers(settings: IssuerSettings): Record<string, unknown> {
  const { discovery, jwksUri, userClaim, roleClaim } = settings;
  return {
    issuer: settings.issuer,
    name: settings.name,
    description: settings.description,
    ...(discovery === undefined ? {} : { discovery }),
    ...(jwksUri === undefined ? {} : { jwks_uri: jwksUri }),
    audience: settings.audience,
    subscription: settings.subscription,
    use: settings.use,
    enabled: settings.enabled,
    require_at_jwt: settings.requireAtJwt,
    required_claims: settings.requiredClaims,
    client_rules: settings.clientRules.map(({ clientId: id, ...match }) => ({
      ...match,
      client_id: id,
    })),
    ...(userClaim === undefined ? {} : { user_claim: userClaim }),
    user_prefix: settings.userPrefix,
    ...(roleClaim === undefined ? {} : { role_claim: roleClaim }),
    role_rules: settings.roleRules,
  };
}

export function viewIssuer(issuerAsStored: TrustedIssuer): Record<string, unknown> {
  return {
    issuer_id: issuerAsStored.issuerId,
    ...issuerMembers(issuerAsStored),
    created_at: new Date(issuerAsStored.createdAt).toISOString(),
    updated_at: new Date(issuerAsStored.updatedAt).toISOString(),
  };
}

/** A token to be looked at. */
export const tokenMembers = z.object({
  token: z.string('token is a token of the issuer, as a caller would send it.'),
});
