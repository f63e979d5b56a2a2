import type { RegistrationLimits, Versioned } from './client.ts';
import type { Page, PageRequest } from './page.ts';

/** Lets whoever holds it register clients (RFC 7591 section 1.2), within its limits. */
export interface InitialAccessToken {
  readonly tokenId: string;
  readonly description: string;
  /** SHA-256 of its text, base64url: 256 random bits need no slow hash. */
  readonly hash: string;
  /** Name of the subscription that the clients' tokens are for. */
  readonly subscription: string;
  readonly limits: RegistrationLimits;
  /** Clients that may be registered with it, and that have been. */
  readonly mostClients: number;
  readonly registered: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Whether clients can still be registered with it. */
export function isUsable(token: InitialAccessToken, now: number): boolean {
  return now < token.expiresAt && token.registered < token.mostClients;
}

/** How long an expired one is still listed, milliseconds. */
const LISTED_AFTER_MS = 30 * 24 * 3_600_000;

/** Removes those that expired long ago. @returns how many. */
export async function removeLongExpired(
  store: Pick<InitialAccessTokenStore, 'list' | 'remove'>,
  now: number,
): Promise<number> {
  let removed = 0;
  let after: string | undefined;
  do {
    const page = await store.list({ after, limit: 200 });
    for (const { tokenId, expiresAt } of page.items) {
      if (expiresAt + LISTED_AFTER_MS < now && (await store.remove(tokenId))) removed += 1;
    }
    after = page.next;
  } while (after !== undefined);
  return removed;
}

export interface InitialAccessTokenStore {
  /** Undefined if there is none. */
  read(tokenId: string): Promise<Versioned<InitialAccessToken> | undefined>;
  /** False, and nothing changed, if the id is taken. */
  create(token: InitialAccessToken): Promise<boolean>;
  /** False, and nothing changed, if `etag` is stale or the token is gone. */
  replace(token: InitialAccessToken, etag: string): Promise<boolean>;
  /** False if there is none. */
  remove(tokenId: string): Promise<boolean>;
  /** In the order of ids. */
  list(page: PageRequest): Promise<Page<InitialAccessToken>>;
}
