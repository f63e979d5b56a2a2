import type { Confirmation } from '../jwt/types.ts';
import type { Client, Versioned } from '../registry/client.ts';
import type { Page, PageRequest } from '../registry/page.ts';

/** What a user has allowed a client: all tokens that came of one authorization code. */
export interface UserGrant {
  /** The claim `grant_id` of its access tokens; no secret. Made by {@link newGrantId}. */
  readonly grantId: string;
  readonly user: string;
  readonly clientId: string;
  /** `Client.tokensFrom` as it was: a client that was registered anew, or lost all its tokens, has another. */
  readonly tokensFrom: number;
  /** Of the client, as it was. */
  readonly subscription: string;
  readonly scopes: readonly string[];
  /** When the user signed in, epoch seconds. */
  readonly authTime: number;
  /** What its refresh tokens are bound to: a public client's key or certificate. */
  readonly confirmation: Confirmation | undefined;
  /** Milliseconds since the epoch, as the rest. */
  readonly createdAt: number;
  /** When a refresh token was used; undefined until then. */
  readonly lastUsedAt: number | undefined;
  /** No token of it is good after this. */
  readonly expiresAt: number;
  readonly revokedAt: number | undefined;
  /** How often its refresh token was replaced: the newest has this number. */
  readonly generation: number;
}

/**
 * Whether a grant's client is still the one that the user allowed: neither registered anew nor moved
 * since, nor have all its tokens been revoked.
 */
export function isGrantOf(
  client: Client | undefined,
  { tokensFrom, subscription }: Pick<UserGrant, 'tokensFrom' | 'subscription'>,
): boolean {
  return client?.tokensFrom === tokensFrom && client.subscription === subscription;
}

/** Where users' grants are kept; every instance sees a change at once. */
export interface GrantStore {
  /** False, and nothing changed, if there is one with this id: its authorization code was used before. */
  create(grant: UserGrant): Promise<boolean>;
  /** Also one that is revoked, or has expired and is not yet removed. */
  find(grantId: string): Promise<Versioned<UserGrant> | undefined>;
  /**
   * Takes note of a refresh token being replaced.
   * @returns false, and nothing changed, if the grant is not the one of the ETag any more.
   */
  rotate(
    grant: Pick<UserGrant, 'grantId' | 'generation' | 'lastUsedAt'>,
    etag: string,
  ): Promise<boolean>;
  /**
   * Ends a grant; its refresh token is refused from now on, on every instance. Its access tokens are
   * `Revocations`' business. Again is no error.
   * @param at milliseconds since the epoch.
   * @returns the grant; undefined if there is none.
   */
  revoke(grantId: string, at: number): Promise<UserGrant | undefined>;
  /** Grants that are neither revoked nor expired at `now`; `after` is a grant's id. */
  listOfUser(user: string, now: number, page: PageRequest): Promise<Page<UserGrant>>;
  /** Removes all that is kept of a user, grants and consents. */
  deleteOfUser(user: string): Promise<void>;
}
