import type { Clock } from '../../config/clock.ts';
import { type Handler, type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import { Problem } from '../../http/problem.ts';
import { usesSecret } from '../../registry/api/authentication-members.ts';
import { type Members, readJsonObject } from '../../registry/api/json-body.ts';
import { viewNewSecret } from '../../registry/api/secret-members.ts';
import type { AuditNote } from '../../registry/audit/audit-entry.ts';
import type { AuditTrail } from '../../registry/audit/audit-trail.ts';
import type { Client } from '../../registry/client.ts';
import type { ClientStore } from '../../registry/client-store.ts';
import type { InitialAccessTokenStore } from '../../registry/initial-access-tokens.ts';
import {
  generateSecret,
  type NewSecret,
  type RandomBytes,
  sha256,
} from '../../registry/secrets.ts';
import { NO_STORE, OAuthError } from '../errors.ts';
import { BearerFault } from '../gate.ts';
import type { Throttle } from '../throttle.ts';
import { readClientMetadata, type RegistrationRules, viewRegistration } from './client-metadata.ts';
import { countRegistration, findInitialAccessToken } from './initial-access.ts';
import { readRegistrationToken, refuseToken } from './registration-token.ts';

/** Where clients register themselves, below the issuer. */
export const REGISTRATION_PATH = '/oauth2/api/v1/register';

export interface RegistrationDeps extends RegistrationRules {
  /** No trailing slash. */
  readonly issuer: string;
  readonly clients: ClientStore;
  readonly initialAccessTokens: Pick<InitialAccessTokenStore, 'read' | 'replace'>;
  readonly throttle: Throttle;
  readonly audit: Pick<AuditTrail, 'note' | 'change'>;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/**
 * Dynamic client registration (RFC 7591 section 3) for whoever holds an initial access token. The
 * client gets an id that is made here, no role, and nothing beyond the limits of the token.
 */
export function createRegistrationEndpoint(deps: RegistrationDeps): Handler {
  return async (call) => {
    if (call.method === 'OPTIONS') return { status: 204, headers: { Allow: 'POST, OPTIONS' } };
    if (call.method !== 'POST') throw Fault.methodNotAllowed(['POST', 'OPTIONS']);
    const event = { action: 'client.register', actor: '', object: { type: 'client', name: '' } };
    const note = (more: AuditNote): void => deps.audit.note({ ...event, call, ...more });
    deps.throttle.admit(call);
    const text = readRegistrationToken(call, 'initial access token');
    const tokenId = await admit(call, text, deps, note);
    const members = await readMetadata(call);
    return deps.audit.change(
      { ...event, call, detail: `with the initial access token ${tokenId}` },
      async () => register(members, text, deps),
      ({ clientId }) => ({ name: clientId }),
    );
  };
}

/** The token's id. @throws {BearerFault} 401 @throws {Fault} 429 */
async function admit(
  call: HttpCall,
  text: string,
  deps: RegistrationDeps,
  note: (note: AuditNote) => void,
): Promise<string> {
  try {
    const { value } = await findInitialAccessToken(
      deps.initialAccessTokens,
      text,
      deps.clock.now(),
    );
    return value.tokenId;
  } catch (error) {
    if (!(error instanceof BearerFault)) throw error;
    throw await refuseToken(call, '', error, { throttle: deps.throttle, note });
  }
}

async function register(
  members: Members,
  text: string,
  deps: RegistrationDeps,
): Promise<HttpReply & { readonly clientId: string }> {
  const now = deps.clock.now();
  const clientId = deps.random(16).toString('hex');
  const { value } = await findInitialAccessToken(deps.initialAccessTokens, text, now);
  const settings = readClientMetadata(
    members,
    clientId,
    value.limits,
    {
      subscription: value.subscription,
      description: `Has registered itself with the initial access token ${value.tokenId}.`,
    },
    deps,
  );
  const secret = usesSecret(settings) ? makeSecret(deps) : undefined;
  const registrationToken = deps.random(32).toString('base64url');
  const client: Client = {
    clientId,
    ...settings,
    secrets: secret === undefined ? [] : [secret.stored],
    createdAt: now,
    updatedAt: now,
    tokensFrom: now,
    registration: {
      tokenHash: sha256(registrationToken).toString('base64url'),
      limits: value.limits,
    },
  };
  await countRegistration(deps.initialAccessTokens, text, () => deps.clock.now());
  if ((await deps.clients.create(client)) === undefined) {
    throw Fault.unavailable('The client could not be registered. Send the request again.', 1);
  }
  return { ...answer(201, client, registrationToken, secret, deps), clientId };
}

/** RFC 7591 section 3.2.1, RFC 7592 section 3. */
export function answer(
  status: number,
  client: Client,
  registrationToken: string,
  secret: NewSecret | undefined,
  { issuer }: { readonly issuer: string },
): HttpReply {
  return json(
    status,
    {
      ...viewRegistration(client),
      ...(secret === undefined ? {} : viewNewSecret(secret)),
      registration_access_token: registrationToken,
      registration_client_uri: `${issuer}${REGISTRATION_PATH}/${client.clientId}`,
    },
    NO_STORE,
  );
}

export function makeSecret({
  clock,
  random,
}: Pick<RegistrationDeps, 'clock' | 'random'>): NewSecret {
  return generateSecret(random, { createdAt: clock.now(), expiresAt: undefined });
}

/** @throws {OAuthError} 400 for what is no JSON object */
export async function readMetadata(call: HttpCall): Promise<Members> {
  try {
    return await readJsonObject(call);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new OAuthError('invalid_client_metadata', error.message, { reason: error.reason });
  }
}
