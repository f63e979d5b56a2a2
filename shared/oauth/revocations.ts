import { StaleCache } from '../cache/stale-cache.ts';
import type { Clock } from '../config/clock.ts';
import { Fault } from '../http/fault.ts';
import type { AccessTokenClaims } from '../jwt/types.ts';

/**
 * Milliseconds that a revocation is kept at most: no access token lives longer than 12 hours, and the
 * clock of whoever issued it may be ahead.
 */
export const LONGEST_REVOCATION_MS = 13 * 3_600_000;
/** Revocations that are remembered at a time, some 40 MB on each instance. */
export const MOST_REVOCATIONS = 200_000;
/** Those of one client's tokens that it has revoked itself. */
export const MOST_OF_CLIENT = 50_000;
/** Expired ones are forgotten that often. */
const SWEEP_MS = 60_000;

/** An access token, or all access tokens of a user's grant, that is accepted no more. */
export interface Revocation {
  readonly kind: 'token' | 'grant';
  /** `jti` or `grant_id`. */
  readonly id: string;
  /** Whose token it is; '' for a grant. */
  readonly clientId: string;
  /** Milliseconds since the epoch: when the last token that it concerns has expired. */
  readonly until: number;
}

/** Up to where the list has been read; made and understood by the store alone. */
export type RevocationMark = Readonly<Record<string, unknown>>;

/** Where revocations are kept until the tokens have expired. */
export interface RevocationStore {
  /** Writes before it returns. Those that are given at the same moment are written together. */
  append(revocation: Revocation): Promise<void>;
  /**
   * What was written since `mark`, and maybe some that was written before; all of it without one.
   * @returns the mark for the next time.
   */
  read(mark: RevocationMark | undefined): Promise<{
    readonly revocations: readonly Revocation[];
    readonly mark: RevocationMark;
  }>;
}

/** What the access tokens of a deployment are refused for one by one. */
export interface Revocations {
  /**
   * Whether a token, or the user's grant that it was given out of, is revoked, as storage held it at
   * most 25 s ago. Touches storage in the background alone, unless the instance has been idle for
   * longer than that.
   * @throws {Error} of storage when it has been away for more than 25 s: nothing is accepted on what
   *   is older.
   */
  isRevoked(token: Pick<AccessTokenClaims, 'jti' | 'grant_id'>): Promise<boolean>;
  /**
   * Revokes an access token on every instance; one that has expired needs nothing.
   * @param by a client that revokes its own tokens may only fill its own share of the list.
   * @throws {Fault} 503 when the list is full: nothing is ever dropped from it before its time.
   */
  revokeToken(
    token: Pick<AccessTokenClaims, 'jti' | 'client_id' | 'exp'>,
    by: 'client' | 'administrator',
  ): Promise<void>;
  /**
   * Revokes the access tokens of a user's grant on every instance.
   * @param until milliseconds since the epoch: when the last of them expires. No longer than 13 hours
   *   from now, which is longer than any access token lives.
   * @throws {Fault} 503 when the list is full.
   */
  revokeGrant(grantId: string, until: number): Promise<void>;
}

/** The {@link Revocations} of one instance. */
export function createRevocations(deps: {
  readonly store: RevocationStore;
  readonly clock: Clock;
}): Revocations {
  const { store, clock } = deps;
  const known = { token: new KnownIds(), grant: new KnownIds() };
  let mark: RevocationMark | undefined;
  let sweptAt = clock.now();

  // ADR 1: what is read again behind the answers is never older than 25 s.
  const list = new StaleCache(
    async () => {
      const read = await store.read(mark);
      mark = read.mark;
      const now = clock.now();
      for (const revocation of read.revocations) {
        if (revocation.until > now) known[revocation.kind].add(revocation);
      }
      if (Math.abs(now - sweptAt) < SWEEP_MS) return known;
      sweptAt = now;
      known.token.sweep(now);
      known.grant.sweep(now);
      return known;
    },
    { clock, maxEntries: 1 },
  );

  const revoke = async (revocation: Revocation, mostOfClient: number): Promise<void> => {
    const { kind, id, clientId, until } = revocation;
    if (until <= clock.now()) return;
    const { token, grant } = await list.get('');
    if ((known[kind].until(id) ?? 0) >= until) return;
    if (token.size + grant.size >= MOST_REVOCATIONS || token.ofClient(clientId) >= mostOfClient) {
      throw tooMany();
    }
    await store.append(revocation);
    known[kind].add(revocation);
  };

  return {
    async isRevoked({ jti, grant_id }) {
      const { token, grant } = await list.get('');
      return (
        token.until(jti) !== undefined ||
        (grant_id !== undefined && grant.until(grant_id) !== undefined)
      );
    },
    revokeToken: ({ jti, client_id, exp }, by) =>
      revoke(
        { kind: 'token', id: jti, clientId: client_id, until: exp * 1000 + LEEWAY_MS },
        by === 'client' ? MOST_OF_CLIENT : Infinity,
      ),
    revokeGrant: (grantId, until) =>
      revoke(
        {
          kind: 'grant',
          id: grantId,
          clientId: '',
          until: Math.min(until + LEEWAY_MS, clock.now() + LONGEST_REVOCATION_MS),
        },
        Infinity,
      ),
  };
}

/** Beyond `exp`, a token is accepted no longer than the clocks of two machines may differ. */
const LEEWAY_MS = 60_000;

/** Ids with the time until which they count, and how many there are of each client. */
class KnownIds {
  readonly #revocations = new Map<string, Revocation>();
  readonly #byClient = new Map<string, number>();

  add(revocation: Revocation): void {
    const { id, clientId, until } = revocation;
    const before = this.#revocations.get(id);
    if (before !== undefined && before.until >= until) return;
    this.#revocations.set(id, revocation);
    if (before === undefined) this.#byClient.set(clientId, this.ofClient(clientId) + 1);
  }

  until(id: string): number | undefined {
    return this.#revocations.get(id)?.until;
  }

  ofClient(clientId: string): number {
    return this.#byClient.get(clientId) ?? 0;
  }

  get size(): number {
    return this.#revocations.size;
  }

  /** Forgets what counts no longer at `now`. */
  sweep(now: number): void {
    for (const [id, { clientId, until }] of this.#revocations) {
      if (until > now) continue;
      this.#revocations.delete(id);
      const left = this.ofClient(clientId) - 1;
      if (left > 0) this.#byClient.set(clientId, left);
      else this.#byClient.delete(clientId);
    }
  }
}

function tooMany(): Fault {
  return Fault.unavailable(
    'Too many tokens that have not expired are revoked one by one. Wait until some have expired, or have an administrator revoke all tokens of the client at once.',
    60,
  );
}
