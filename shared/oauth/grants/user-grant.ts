import { REFUSE_ON_MS } from '../../cache/stale-cache.ts';
import type { Clock } from '../../config/clock.ts';
import type { HttpCall } from '../../http/call.ts';
import type { Confirmation } from '../../jwt/types.ts';
import type { AuditTrail } from '../../registry/audit/audit-trail.ts';
import { type Client, type ClientDirectory, userOfClient } from '../../registry/client.ts';
import { OAuthError } from '../errors.ts';
import { type GrantStore, isGrantOf, type UserGrant } from '../grant-store.ts';
import type { RefreshTokens } from '../refresh-tokens.ts';
import { UNKNOWN_TIME } from '../sign-in/sessions.ts';
import type { Granted } from './grant.ts';

/** What is asked about the people whose grants these are. */
export interface UserDirectory {
  /**
   * Whether the user is there and may sign in, as storage says now.
   * @param since milliseconds since the epoch: a user that was made later under the same name is another.
   */
  isEnabled(user: string, since: number): Promise<boolean>;
}

/** What the grants need that speak for people. */
export interface UserGrantDeps {
  readonly grants: Pick<GrantStore, 'create' | 'find' | 'rotate'>;
  /** Ends a grant with all tokens of it; one that is not there is no error. */
  readonly endGrant: (grantId: string) => Promise<void>;
  readonly refreshTokens: RefreshTokens;
  readonly clients: ClientDirectory;
  readonly users: UserDirectory;
  readonly audit: Pick<AuditTrail, 'record'>;
  readonly clock: Clock;
}

/** What was allowed, whom, for whom. */
type Allowed = Pick<UserGrant, 'user' | 'tokensFrom' | 'subscription' | 'createdAt'>;

/**
 * Client and user have to be those that the grant was made between.
 * @throws {OAuthError} `invalid_grant`
 */
export async function requireStanding(
  allowed: Allowed,
  client: Client,
  { clients, users }: Pick<UserGrantDeps, 'clients' | 'users'>,
): Promise<void> {
  if (
    !isGrantOf(client, allowed) &&
    !isGrantOf(await clients.find(client.clientId, REFUSE_ON_MS), allowed)
  ) {
    throw OAuthError.invalidGrant(
      'client_changed',
      'The client was registered anew or moved to another subscription, or all its tokens were revoked, since the user allowed it. Send the user to the authorization endpoint again.',
    );
  }
  if (!(await users.isEnabled(allowed.user, allowed.createdAt))) {
    throw OAuthError.invalidGrant('user_disabled', 'The user may not sign in any more.');
  }
}

/** Whether the caller has proven to hold the key that is asked for, if any is. */
export function isKeyShown(
  needed: Confirmation | undefined,
  shown: Confirmation | undefined,
): boolean {
  if (needed === undefined) return true;
  const [name, value] = Object.entries(needed)[0] ?? [];
  return shown !== undefined && new Map(Object.entries(shown)).get(name ?? '') === value;
}

/** @throws {OAuthError} `invalid_grant` unless the caller has proven to hold the key that is asked for. */
export function requireKey(
  needed: Confirmation | undefined,
  shown: Confirmation | undefined,
  what: string,
): void {
  if (isKeyShown(needed, shown)) return;
  throw OAuthError.invalidGrant(
    'wrong_key',
    `The ${what} is bound to a key that the request does not prove to hold. Send the proof of that key.`,
  );
}

/** The tokens of a grant: the refresh token of its generation, if the client is registered for it. */
export function tokensOf(
  grant: UserGrant,
  scopes: readonly string[],
  client: Client,
  { refreshTokens, clock }: Pick<UserGrantDeps, 'refreshTokens' | 'clock'>,
): Granted {
  return {
    subject: grant.user,
    scope: scopes.join(' '),
    grantId: grant.grantId,
    ...(grant.authTime === UNKNOWN_TIME ? {} : { authTime: grant.authTime }),
    // No token outlives its grant.
    mostSeconds: Math.max(1, Math.floor((grant.expiresAt - clock.now()) / 1000)),
    ...(client.grantTypes.includes('refresh_token')
      ? { refreshToken: refreshTokens.make(grant) }
      : {}),
  };
}

/**
 * Ends a grant whose code or refresh token came twice: one of the two was not sent by the client
 * (RFC 6749 section 4.1.2, RFC 9700 section 4.14.2).
 */
export async function endAfterReuse(
  grantId: string,
  what: 'authorization code' | 'refresh token',
  {
    call,
    client,
    user,
  }: { readonly call: HttpCall; readonly client: Client; readonly user: string },
  { endGrant, audit }: Pick<UserGrantDeps, 'endGrant' | 'audit'>,
): Promise<void> {
  await endGrant(grantId);
  await audit.record({
    action: 'grant.end',
    actor: userOfClient(client.clientId),
    object: { type: 'grant', name: grantId },
    call,
    detail: `${what} used again; all tokens that ${client.clientId} has of this grant of ${user} end`,
  });
}
