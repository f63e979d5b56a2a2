import * as z from 'zod/mini';
import type { Subscriptions } from '../../config/subscriptions.ts';
import { Problem, type ProblemDetail } from '../../http/problem.ts';
import { AUTH_METHODS, type Client, GRANT_TYPES } from '../client.ts';
import { DEFAULT_LIFETIMES } from '../client-defaults.ts';
import { isOrigin, LONGEST_ORIGIN } from '../origins.ts';
import { listSubscriptions, nearestOf } from '../roles.ts';
import { faultsInAuthentication } from './authentication-members.ts';
import type { Members } from './json-body.ts';
import {
  certificateSubjectMembers,
  countCertificateSubjects,
  jwks,
  jwksUri,
  readCertificateSubject,
} from './key-members.ts';
import { parseMembers } from './parse-members.ts';

/** What of a client a caller decides. */
export type ClientSettings = Omit<
  Client,
  'clientId' | 'secrets' | 'createdAt' | 'updatedAt' | 'tokensFrom' | 'registration'
>;

const DAY = 86_400;

/** Text of at most `most` characters, which are code points. */
export const text = (most: number, what: string) =>
  z.string(`${what} is text.`).check(
    z.refine(
      (value) => Array.from(value).length <= most,
      `${what} has at most ${most} characters.`,
    ),
    z.refine(
      (value) => !/(?![\t\n\r])[\p{Cc}\p{Cs}]/u.test(value),
      `${what} has no control characters but tab and line breaks, and no half surrogate pairs.`,
    ),
  );

const seconds = (least: number, most: number, what: string) => {
  const rule = `${what} is a whole number of seconds from ${least} to ${most}.`;
  return z.int(rule).check(z.minimum(least, rule), z.maximum(most, rule));
};

/** Each value once, in the order given. */
export const list = <T extends z.ZodMiniType>(item: T, most: number, what: string) =>
  z.pipe(
    z
      .array(item, `${what} is an array.`)
      .check(z.maxLength(most, `${what} has at most ${most} entries.`)),
    z.transform((values) => [...new Set(values)]),
  );

const grantType = z.enum(GRANT_TYPES, {
  error: (issue) =>
    issue.input === 'password' || issue.input === 'implicit'
      ? `The grant ${issue.input} is not offered (RFC 9700 section 2); the grants are: ${GRANT_TYPES.join(', ')}.`
      : `There is no such grant; the grants are: ${GRANT_TYPES.join(', ')}.`,
});

/** RFC 6749 section 3.3. */
const scope = z.pipe(
  z.string('scope is text: scope names with spaces between them.').check(
    z.maxLength(2000, 'scope has at most 2000 characters.'),
    z.refine(
      (value) => /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(value),
      'A scope name has printable ASCII characters, without quotation mark and backslash.',
    ),
  ),
  z.transform((value) => [...new Set(value.split(' ').filter((name) => name !== ''))]),
);

/** RFC 6749 section 3.1.2; private-use schemes as RFC 8252 section 7.1 has them. */
const redirectUri = z
  .string('A redirect URI is text.')
  .check(
    z.maxLength(1000, 'A redirect URI has at most 1000 characters.'),
    z.refine(
      isRedirectUri,
      'A redirect URI is absolute, without fragment: https, http for the loopback only, or a private scheme with a dot in it.',
    ),
  );

function isRedirectUri(uri: string): boolean {
  if (!/^[\x21-\x7e]+$/.test(uri) || /["\\#]/.test(uri) || !URL.canParse(uri)) return false;
  const { protocol, hostname } = new URL(uri);
  if (protocol === 'https:') return true;
  if (protocol === 'http:') return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol.includes('.');
}

const origin = z
  .string('An origin is text.')
  .check(
    z.maxLength(LONGEST_ORIGIN, `An origin has at most ${LONGEST_ORIGIN} characters.`),
    z.refine(
      isOrigin,
      'An origin is what a browser sends, such as https://app.example.com: lower case, without path, slash at the end or default port.',
    ),
  );

export const yesOrNo = (what: string, unlessTold = false) =>
  z._default(z.boolean(`${what} is true or false.`), unlessTold);

/** The name of a subscription. */
export function subscription(subscriptions: Subscriptions) {
  const names = listSubscriptions(subscriptions).map((one) => one.name);
  return z.string('subscription is text.').check(
    z.refine((name) => names.includes(name), {
      error: (issue) =>
        `There is no such subscription. ${nearestOf(names, String(issue.input)) ?? `There are ${names.join(' and ')}.`}`,
    }),
  );
}

/** The members that a caller may set, by their wire names, with their defaults. */
export function schemaOfSettings(clientId: string, subscriptions: Subscriptions) {
  const clientName = text(200, 'client_name').check(
    z.refine((name) => name.trim() !== '', 'client_name is not blank.'),
  );
  const grantTypes = list(grantType, 10, 'grant_types').check(
    z.refine((grants) => grants.length > 0, 'grant_types names at least one grant.'),
  );
  return z.object({
    client_name: z._default(clientName, clientId),
    description: z._default(text(2000, 'description'), ''),
    subscription: z._default(subscription(subscriptions), subscriptions.iflmap),
    grant_types: z._default(grantTypes, ['client_credentials']),
    scope: z._default(scope, []),
    default_scope: z.optional(scope),
    redirect_uris: z._default(list(redirectUri, 10, 'redirect_uris'), []),
    token_endpoint_auth_method: z._default(
      z.enum(AUTH_METHODS, `token_endpoint_auth_method is one of ${AUTH_METHODS.join(', ')}.`),
      'client_secret_basic',
    ),
    jwks: z.optional(jwks),
    jwks_uri: z.optional(jwksUri),
    ...certificateSubjectMembers,
    tls_client_certificate_bound_access_tokens: yesOrNo(
      'tls_client_certificate_bound_access_tokens',
    ),
    dpop_bound_access_tokens: yesOrNo('dpop_bound_access_tokens'),
    require_pushed_authorization_requests: yesOrNo('require_pushed_authorization_requests'),
    skip_consent: yesOrNo('skip_consent'),
    access_token_lifetime: z._default(
      seconds(60, 43_200, 'access_token_lifetime'),
      DEFAULT_LIFETIMES.accessTokenLifetime,
    ),
    refresh_token_lifetime: z._default(
      seconds(60, 180 * DAY, 'refresh_token_lifetime'),
      DEFAULT_LIFETIMES.refreshTokenLifetime,
    ),
    allowed_origins: z._default(list(origin, 50, 'allowed_origins'), []),
    enabled: yesOrNo('enabled', true),
  });
}

/** Members that say how a client is; the rest of what GET returns is not for callers to set. */
export type SettingName = keyof z.input<ReturnType<typeof schemaOfSettings>>;

/** Set by the registry: accepted and ignored, so that what GET returned can be sent back. */
export const READ_ONLY = ['client_id', 'client_id_issued_at', 'created_at', 'updated_at'];

/**
 * Reads the settings of a client; what is absent or null (RFC 7591 section 2) gets its default.
 * @param alsoKnown members that the caller of this function reads by itself.
 * @throws {Problem} 422 with every invalid member
 */
export function readClientSettings(
  members: Members,
  clientId: string,
  subscriptions: Subscriptions,
  alsoKnown: readonly string[] = [],
): ClientSettings {
  const errors: ProblemDetail[] = [];
  const id = members.get('client_id');
  if (id !== undefined && id !== null && id !== clientId) {
    errors.push({
      pointer: '/client_id',
      detail: 'A client_id cannot be changed. Register another client and delete this one.',
    });
  }
  const schema = schemaOfSettings(clientId, subscriptions);
  const data = parseMembers(schema, members, [...READ_ONLY, ...alsoKnown], errors);
  const settings: ClientSettings = {
    clientName: data.client_name,
    description: data.description,
    subscription: data.subscription,
    grantTypes: data.grant_types,
    scopes: data.scope,
    defaultScopes: data.default_scope,
    redirectUris: data.redirect_uris,
    tokenEndpointAuthMethod: data.token_endpoint_auth_method,
    jwks: data.jwks,
    jwksUri: data.jwks_uri,
    tlsClientAuth: readCertificateSubject(data),
    tlsClientCertificateBoundAccessTokens: data.tls_client_certificate_bound_access_tokens,
    dpopBoundAccessTokens: data.dpop_bound_access_tokens,
    requirePushedAuthorizationRequests: data.require_pushed_authorization_requests,
    skipConsent: data.skip_consent,
    accessTokenLifetime: data.access_token_lifetime,
    refreshTokenLifetime: data.refresh_token_lifetime,
    allowedOrigins: data.allowed_origins,
    enabled: data.enabled,
  };
  const faults = faultsInAuthentication(settings);
  if (countCertificateSubjects(data) > 1) {
    const detail =
      'A certificate is known by one name (RFC 8705 section 2.1.2). Send one of the members.';
    throw Problem.invalid([{ pointer: '/tls_client_auth_subject_dn', detail }, ...faults]);
  }
  if (faults.length > 0) throw Problem.invalid(faults);
  return settings;
}

/** A client's settings by their wire names; what it does not have is left out. */
export function settingMembers(client: ClientSettings): Partial<Record<SettingName, unknown>> {
  const { defaultScopes, jwks: keys, jwksUri: keysAt, tlsClientAuth } = client;
  return {
    client_name: client.clientName,
    description: client.description,
    subscription: client.subscription,
    grant_types: client.grantTypes,
    scope: client.scopes.join(' '),
    ...(defaultScopes === undefined ? {} : { default_scope: defaultScopes.join(' ') }),
    redirect_uris: client.redirectUris,
    token_endpoint_auth_method: client.tokenEndpointAuthMethod,
    ...(keys === undefined ? {} : { jwks: keys }),
    ...(keysAt === undefined ? {} : { jwks_uri: keysAt }),
    ...(tlsClientAuth === undefined
      ? {}
      : { [`tls_client_auth_${tlsClientAuth.kind}`]: tlsClientAuth.value }),
    tls_client_certificate_bound_access_tokens: client.tlsClientCertificateBoundAccessTokens,
    dpop_bound_access_tokens: client.dpopBoundAccessTokens,
    require_pushed_authorization_requests: client.requirePushedAuthorizationRequests,
    skip_consent: client.skipConsent,
    access_token_lifetime: client.accessTokenLifetime,
    refresh_token_lifetime: client.refreshTokenLifetime,
    allowed_origins: client.allowedOrigins,
    enabled: client.enabled,
  };
}

/** A client as callers see it (RFC 7591 section 3.2.1): never a secret, never a hash. */
export function viewClient(client: Client): Record<string, unknown> {
  return {
    client_id: client.clientId,
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    ...settingMembers(client),
    created_at: new Date(client.createdAt).toISOString(),
    updated_at: new Date(client.updatedAt).toISOString(),
  };
}
