import type { Subscriptions } from '../../config/subscriptions.ts';
import { Problem } from '../../http/problem.ts';
import {
  type ClientSettings,
  readClientSettings,
  type SettingName,
  settingMembers,
} from '../../registry/api/client-members.ts';
import type { Members } from '../../registry/api/json-body.ts';
import type { Client, RegistrationLimits } from '../../registry/client.ts';
import { OAuthError } from '../errors.ts';

/**
 * Client metadata that counts here (RFC 7591 section 2, RFC 8705 sections 2.1.2 and 3.4, RFC 9126
 * section 6, RFC 9449 section 5.2), beside `response_types`. All else is ignored, as section 2 has it:
 * what only an administrator gives a client, too.
 */
const METADATA: readonly SettingName[] = [
  'client_name',
  'redirect_uris',
  'grant_types',
  'scope',
  'token_endpoint_auth_method',
  'jwks',
  'jwks_uri',
  'tls_client_auth_subject_dn',
  'tls_client_auth_san_dns',
  'tls_client_auth_san_uri',
  'tls_client_auth_san_ip',
  'tls_client_auth_san_email',
  'tls_client_certificate_bound_access_tokens',
  'dpop_bound_access_tokens',
  'require_pushed_authorization_requests',
];

export interface RegistrationRules {
  readonly subscriptions: Subscriptions;
  /** Those that are switched on. */
  readonly authMethods: readonly string[];
}

/**
 * The settings of a client by the metadata that it was registered with.
 * @param given what an administrator or the initial access token decides, by wire names.
 * @throws {OAuthError} 400 `invalid_redirect_uri` or `invalid_client_metadata`
 */
export function readClientMetadata(
  members: Members,
  clientId: string,
  limits: RegistrationLimits,
  given: Readonly<Partial<Record<SettingName, unknown>>>,
  rules: RegistrationRules,
): ClientSettings {
  const asked = new Map<string, unknown>(Object.entries(given));
  for (const name of METADATA) {
    const value = members.get(name) ?? undefined;
    if (value !== undefined) asked.set(name, value);
  }
  if (!asked.has('grant_types')) asked.set('grant_types', defaultGrants(limits));
  if (!asked.has('scope')) asked.set('scope', limits.scopes.join(' '));
  const settings = readSettings(asked, clientId, rules.subscriptions);
  requireWithin(settings, limits, rules);
  requireResponseTypes(members.get('response_types') ?? undefined, settings);
  return settings;
}

/** RFC 7591 section 2 has `authorization_code`; a token that is not for it is for something else. */
function defaultGrants({ grantTypes }: RegistrationLimits): readonly string[] {
  return grantTypes.includes('authorization_code') ? ['authorization_code'] : grantTypes;
}

function readSettings(
  asked: Members,
  clientId: string,
  subscriptions: Subscriptions,
): ClientSettings {
  try {
    return readClientSettings(asked, clientId, subscriptions);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [first] = error.errors;
    const where = first === undefined ? '' : `${first.pointer.slice(1)}: `;
    throw where.startsWith('redirect_uris')
      ? new OAuthError('invalid_redirect_uri', error.message, { reason: 'redirect_uri' })
      : invalidMetadata(`${where}${error.message}`);
  }
}

function requireWithin(
  { grantTypes, scopes, tokenEndpointAuthMethod: method }: ClientSettings,
  limits: RegistrationLimits,
  { authMethods }: RegistrationRules,
): void {
  const grant = grantTypes.find((one) => !limits.grantTypes.includes(one));
  if (grant !== undefined) {
    throw invalidMetadata(
      `grant_types: this client may have ${limits.grantTypes.join(', ')}, and not ${grant}.`,
    );
  }
  const excess = scopes.filter((one) => !limits.scopes.includes(one));
  if (excess.length > 0) {
    const most = limits.scopes.length === 0 ? 'no scope' : limits.scopes.join(' ');
    throw invalidMetadata(`scope: this client may have ${most}, and nothing else.`);
  }
  if (!authMethods.includes(method)) {
    throw invalidMetadata(
      `token_endpoint_auth_method: ${method} is not switched on here. There are ${authMethods.join(', ')}.`,
    );
  }
}

/** RFC 7591 section 2.1: the response type `code` and the grant `authorization_code` go together. */
function requireResponseTypes(asked: unknown, settings: ClientSettings): void {
  if (asked === undefined) return;
  const expected = responseTypesOf(settings);
  const types: readonly unknown[] = Array.isArray(asked) ? asked : [undefined];
  if (types.every((type) => type === 'code') && types.length > 0 === expected.length > 0) return;
  throw invalidMetadata(
    'response_types: it is [code] with the grant authorization_code, and empty without it (RFC 7591 section 2.1). There is no other.',
  );
}

const responseTypesOf = ({ grantTypes }: Pick<Client, 'grantTypes'>): readonly string[] =>
  grantTypes.includes('authorization_code') ? ['code'] : [];

function invalidMetadata(description: string): OAuthError {
  return new OAuthError('invalid_client_metadata', description, { reason: 'client_metadata' });
}

/** What a client is told of its registration (RFC 7591 section 3.2.1), without secret and token. */
export function viewRegistration(client: Client): Record<string, unknown> {
  const members = settingMembers(client);
  return {
    client_id: client.clientId,
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    ...Object.fromEntries(
      METADATA.filter((name) => members[name] !== undefined).map((name) => [name, members[name]]),
    ),
    response_types: responseTypesOf(client),
  };
}
