import { isDeepStrictEqual } from 'node:util';
import type { Handler, HttpCall, HttpReply } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import { usesSecret } from '../../registry/api/authentication-members.ts';
import { settingMembers, type SettingName } from '../../registry/api/client-members.ts';
import type { Members } from '../../registry/api/json-body.ts';
import { noteClientChange } from '../../registry/api/audited-changes.ts';
import { changeClient, deleteClient } from '../../registry/change-client.ts';
import {
  type Client,
  type SecretVerifier,
  type SelfRegistration,
  userOfClient,
} from '../../registry/client.ts';
import { isClientId } from '../../registry/client-id.ts';
import type { RoleStore } from '../../registry/role-store.ts';
import { listSubscriptions } from '../../registry/roles.ts';
import { equalsHash, type NewSecret, sha256 } from '../../registry/secrets.ts';
import { OAuthError } from '../errors.ts';
import { BearerFault } from '../gate.ts';
import { readClientMetadata } from './client-metadata.ts';
import {
  answer,
  makeSecret,
  readMetadata,
  REGISTRATION_PATH,
  type RegistrationDeps,
} from './registration-endpoint.ts';
import { readRegistrationToken, refuseToken } from './registration-token.ts';

const METHODS = ['GET', 'PUT', 'DELETE', 'OPTIONS'];

export interface ConfigurationDeps extends RegistrationDeps {
  readonly roles: RoleStore;
  readonly secrets: SecretVerifier;
}

interface Registered extends Client {
  readonly registration: SelfRegistration;
}

/**
 * Client configuration (RFC 7592 section 2): a client that has registered itself reads, replaces and
 * deletes its registration, with the registration access token that it was given.
 */
export function createConfigurationEndpoint(deps: ConfigurationDeps): Handler {
  return async (call) => {
    if (call.method === 'OPTIONS') return { status: 204, headers: { Allow: METHODS.join(', ') } };
    if (!METHODS.includes(call.method)) throw Fault.methodNotAllowed(METHODS);
    deps.throttle.admit(call);
    const token = readRegistrationToken(call, 'registration access token');
    const client = await authenticate(call, token, deps);
    if (call.method === 'GET') return answer(200, client, token, undefined, deps);
    const event = {
      actor: userOfClient(client.clientId),
      object: { type: 'client', name: client.clientId },
      call,
    };
    if (call.method === 'DELETE') {
      return deps.audit.change({ ...event, action: 'client.delete' }, () => remove(client, deps));
    }
    const members = await readMetadata(call);
    return deps.audit.change(
      { ...event, action: 'client.change' },
      () => replace(client, members, token, deps),
      ({ audit }) => audit,
    );
  };
}

/**
 * The client of the address, if the token is its own. One that is not there and a wrong token get the
 * same answer (RFC 7592 section 2.1).
 * @throws {BearerFault} 401; 403 for a client that an administrator has disabled
 */
async function authenticate(
  call: HttpCall,
  token: string,
  deps: ConfigurationDeps,
): Promise<Registered> {
  const clientId = clientIdOf(call.url.pathname);
  const client = isClientId(clientId) ? (await deps.clients.read(clientId))?.value : undefined;
  if (client !== undefined && isRegistered(client) && isTokenOf(client, token)) {
    const isFinishing = call.method === 'DELETE' && client.registration.isBeingDeleted === true;
    if (client.enabled || isFinishing) return client;
    throw new Fault(403, 'An administrator has disabled the client. Ask for it to be enabled.', {
      reason: 'client_disabled',
    });
  }
  const object = { type: 'client', name: client?.clientId ?? '' };
  throw await refuseToken(
    call,
    clientId,
    new BearerFault(
      'invalid_token',
      'This is not the registration access token of a client of this id.',
    ),
    {
      throttle: deps.throttle,
      note: (more) =>
        deps.audit.note({ action: 'client.configure', actor: '', object, call, ...more }),
    },
  );
}

const clientIdOf = (pathname: string): string => pathname.slice(REGISTRATION_PATH.length + 1);

const isRegistered = (client: Client): client is Registered => client.registration !== undefined;

const isTokenOf = ({ registration }: Registered, token: string): boolean =>
  equalsHash(sha256(token), registration.tokenHash);

/** RFC 7592 section 2.2: replaces all metadata; what is left out gets its default. */
async function replace(
  before: Registered,
  members: Members,
  token: string,
  deps: ConfigurationDeps,
): Promise<HttpReply & { readonly audit: ReturnType<typeof noteClientChange> }> {
  await requireOwn(before, members, deps);
  let secret: NewSecret | undefined;
  const { value } = await changeClient(deps.clients, before.clientId, 'any', (client) => {
    // Registered anew, or without its registration, since it was authenticated.
    if (!isRegistered(client) || !isTokenOf(client, token)) throw changedMeanwhile();
    const now = deps.clock.now();
    const settings = readClientMetadata(
      keepingSwitches(members, client),
      client.clientId,
      client.registration.limits,
      decidedByOthers(client, members),
      deps,
    );
    const isElsewhere = !isDeepStrictEqual(settings.redirectUris, client.redirectUris);
    // One whose secrets an administrator has taken away gets none by this.
    secret = usesSecret(settings) && !usesSecret(client) ? makeSecret(deps) : undefined;
    const kept = usesSecret(settings) ? client.secrets : [];
    return {
      ...client,
      ...settings,
      skipConsent: settings.skipConsent && !isElsewhere,
      registration: {
        ...client.registration,
        ...(isElsewhere ? { redirectsSince: now } : {}),
      },
      secrets: secret === undefined ? kept : [secret.stored],
      updatedAt: now,
    };
  });
  return { ...answer(200, value, token, secret, deps), audit: noteClientChange(before, value) };
}

/**
 * RFC 7592 section 2.2: the client says which one it is, leaves out what the server gives, and does
 * not choose its own secret.
 * @throws {OAuthError} 400
 */
async function requireOwn(
  client: Client,
  members: Members,
  { secrets }: ConfigurationDeps,
): Promise<void> {
  if (members.get('client_id') !== client.clientId) {
    throw invalid('client_id: send the one of the address (RFC 7592 section 2.2).');
  }
  const given = GIVEN_BY_SERVER.find((name) => members.has(name));
  if (given !== undefined) throw invalid(`${given}: leave it out (RFC 7592 section 2.2).`);
  const secret = members.get('client_secret') ?? undefined;
  if (secret === undefined) return;
  const same =
    typeof secret === 'string' && (await secrets.verify(client, [secret])) === 'accepted';
  if (!same) throw invalid('client_secret: send the one that was given, or leave it out.');
}

const GIVEN_BY_SERVER = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
];

const invalid = (description: string): OAuthError =>
  new OAuthError('invalid_client_metadata', description, { reason: 'client_metadata' });

const changedMeanwhile = (): BearerFault =>
  new BearerFault('invalid_token', 'The client has been registered anew meanwhile.');

/** What makes a client safer and is on stays on: an administrator may have asked for it. */
function keepingSwitches(members: Members, client: Client): Members {
  const kept = new Map(members);
  const settings = settingMembers(client);
  for (const name of SWITCHES) if (settings[name] === true) kept.set(name, true);
  return kept;
}

const SWITCHES = [
  'tls_client_certificate_bound_access_tokens',
  'dpop_bound_access_tokens',
  'require_pushed_authorization_requests',
] as const;

/** Settings that are not the client's to choose, as they are. */
function decidedByOthers(client: Client, members: Members): Partial<Record<SettingName, unknown>> {
  const {
    description,
    subscription,
    skip_consent,
    access_token_lifetime,
    refresh_token_lifetime,
    allowed_origins,
    enabled,
    default_scope,
  } = settingMembers(client);
  const scope = members.get('scope');
  const asked = typeof scope === 'string' ? scope.split(' ') : client.scopes;
  return {
    description,
    subscription,
    skip_consent,
    access_token_lifetime,
    refresh_token_lifetime,
    allowed_origins,
    enabled,
    ...(default_scope === undefined
      ? {}
      : { default_scope: client.defaultScopes?.filter((one) => asked.includes(one)).join(' ') }),
  };
}

/** RFC 7592 section 2.3. */
async function remove(client: Registered, deps: ConfigurationDeps): Promise<HttpReply> {
  const subscriptions = listSubscriptions(deps.subscriptions).map((one) => one.name);
  await deleteClient(deps, subscriptions, client.clientId, 'any');
  return { status: 204, headers: { 'Cache-Control': 'no-store' } };
}
