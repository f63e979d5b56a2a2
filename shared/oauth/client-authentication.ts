import { REFUSE_ON_MS } from '../cache/stale-cache.ts';
import type { Clock } from '../config/clock.ts';
import { readBasic } from '../http/basic-auth.ts';
import type { HttpCall } from '../http/call.ts';
import type { Parameters } from '../http/form.ts';
import type { Client, ClientDirectory, SecretVerifier } from '../registry/client.ts';
import { isClientId } from '../registry/client-id.ts';
import { OAuthError } from './errors.ts';
import type { Throttle } from './throttle.ts';

export interface ClientAuthenticationDeps {
  readonly clients: ClientDirectory;
  readonly secrets: SecretVerifier;
  readonly throttle: Throttle;
  readonly clock: Clock;
  /** Resolves after that many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Awaited before a client is looked up: makes the bootstrap client where it is due. */
  readonly beforeClient?: (clientId: string) => Promise<void>;
}

/** Why a client was not authenticated; a tag for log and trail, not for the caller. */
export type AuthenticationFailure =
  'unknown_client' | 'wrong_secret' | 'secret_expired' | 'client_disabled';

/** A refusal comes no sooner than this after the call, so that time tells nothing. */
const REFUSE_AFTER_MS = 100;

interface Credentials {
  readonly clientId: string;
  /** Readings of one secret; see `readBasic`. */
  readonly secrets: readonly string[];
  readonly inHeader: boolean;
}

/**
 * Authenticates the client by its secret, in the Authorization header or in the body (RFC 6749
 * section 2.3.1).
 * @param onFailure told of credentials that were compared in vain; the client if there is one.
 * @throws {OAuthError} `invalid_client` or `invalid_request`
 * @throws {Fault} 429 when too many have failed before
 */
export function authenticateClient(
  call: HttpCall,
  parameters: Parameters,
  deps: ClientAuthenticationDeps,
  onFailure: OnFailure,
): Promise<Client> {
  return call.trace.span('client.authenticate', () =>
    admitClient(call, parameters, deps, onFailure),
  );
}

type OnFailure = (reason: AuthenticationFailure, client: Client | undefined) => void;

async function admitClient(
  call: HttpCall,
  parameters: Parameters,
  deps: ClientAuthenticationDeps,
  onFailure: OnFailure,
): Promise<Client> {
  deps.throttle.admit(call);
  const credentials = readCredentials(call.headers.get('authorization'), parameters);
  const { client, verdict } = await judge(credentials, deps);
  if (verdict === 'accepted') {
    // Guesses sent at once are all compared at once; when they were too many, none of them gets in.
    deps.throttle.admit(call);
    call.annotate({ client: client.clientId });
    return client;
  }
  onFailure(verdict, client);
  const slowed = await deps.throttle.countFailure(call, credentials.clientId);
  const left = call.receivedAt + REFUSE_AFTER_MS - deps.clock.now();
  if (left > 0) await deps.wait(Math.min(left, REFUSE_AFTER_MS));
  throw slowed ?? OAuthError.invalidClient(verdict, credentials.inHeader);
}

/** RFC 6749 section 2.3: exactly one method of authentication. */
function readCredentials(authorization: string | null, parameters: Parameters): Credentials {
  const clientId = parameters.get('client_id');
  const secret = parameters.get('client_secret');
  if (parameters.has('client_assertion') || parameters.has('client_assertion_type')) {
    throw OAuthError.unreadableClient(
      'client_assertion',
      'This server takes no client assertions. Authenticate with client_id and client_secret.',
    );
  }
  if (authorization !== null) {
    if (secret !== undefined) {
      throw OAuthError.invalidRequest(
        'two_authentications',
        'Send the client credentials either in the Authorization header or in the body, not in both.',
      );
    }
    return readHeader(authorization, clientId);
  }
  if (clientId === undefined || secret === undefined) {
    throw OAuthError.unreadableClient(
      'no_credentials',
      'Client authentication is missing. Send client_id and client_secret in an Authorization header with Basic, or both in the body.',
    );
  }
  return { clientId, secrets: [secret], inHeader: false };
}

function readHeader(authorization: string, clientId: string | undefined): Credentials {
  // The host joins repeated headers with a comma, which no Basic credentials contain.
  if (/^Basic\b.*,/i.test(authorization) || /,\s*Basic\b/i.test(authorization)) {
    throw OAuthError.invalidRequest(
      'two_authorizations',
      'The request has more than one Authorization header. Send one.',
    );
  }
  if (!/^Basic(?: |$)/i.test(authorization)) {
    throw OAuthError.unreadableClient(
      'authorization_scheme',
      'The token endpoint takes only Basic in the Authorization header, with client_id and client_secret.',
    );
  }
  const basic = readBasic(authorization, isClientId);
  if (basic === undefined) {
    throw OAuthError.unreadableClient(
      'authorization_malformed',
      'The Authorization header is malformed. After Basic and a space comes the base64 of client_id, a colon and client_secret, in UTF-8.',
    );
  }
  if (clientId !== undefined && clientId !== basic.user) {
    throw OAuthError.invalidRequest(
      'two_clients',
      'client_id names another client than the Authorization header. Send it once, or the same in both.',
    );
  }
  return { clientId: basic.user, secrets: basic.passwords, inHeader: true };
}

type Judgement =
  | { readonly verdict: 'accepted'; readonly client: Client }
  | { readonly verdict: AuthenticationFailure; readonly client: Client | undefined };

async function judge(credentials: Credentials, deps: ClientAuthenticationDeps): Promise<Judgement> {
  const { clientId, secrets } = credentials;
  if (!isClientId(clientId)) return compare(undefined, secrets, deps);
  await deps.beforeClient?.(clientId);
  const client = await deps.clients.find(clientId);
  const judgement = await compare(client, secrets, deps);
  if (judgement.verdict === 'accepted' || client === undefined) return judgement;
  const latest = await deps.clients.find(clientId, REFUSE_ON_MS);
  if (latest?.updatedAt === client.updatedAt && latest.createdAt === client.createdAt) {
    return judgement;
  }
  return compare(latest, secrets, deps);
}

async function compare(
  client: Client | undefined,
  secrets: readonly string[],
  deps: ClientAuthenticationDeps,
): Promise<Judgement> {
  const outcome = await deps.secrets.verify(client, secrets);
  if (client === undefined) return { verdict: 'unknown_client', client };
  switch (outcome) {
    case 'wrong':
      return { verdict: 'wrong_secret', client };
    case 'expired':
      return { verdict: 'secret_expired', client };
    case 'accepted':
      return { verdict: client.enabled ? 'accepted' : 'client_disabled', client };
  }
}
