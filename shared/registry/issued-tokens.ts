import type { Clock } from '../config/clock.ts';
import type { Revocations } from '../oauth/revocations.ts';
import { findRefusal } from '../oauth/token-standing.ts';
import type { AuditEntry } from './audit/audit-entry.ts';
import type { AuditPosition, AuditReader } from './audit/audit-reader.ts';
import type { ClientDirectory } from './client.ts';

/**
 * `active` is accepted now; `refused` is not, and may be again: its client is disabled or belongs to
 * another subscription.
 */
export type TokenState = 'active' | 'expired' | 'revoked' | 'refused';

/** An access token that was issued, by what the audit trail keeps of it. */
export interface IssuedToken {
  readonly jti: string;
  readonly clientId: string;
  readonly user: string;
  readonly subscription: string;
  /** '' for none. */
  readonly scope: string;
  readonly grantId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly state: TokenState;
}

export interface TokenQuery {
  readonly clientId?: string | undefined;
  readonly user?: string | undefined;
  readonly jti?: string | undefined;
  /** Milliseconds since the epoch, inclusive; unless told as far back as a token may live. */
  readonly from?: number | undefined;
  /** Exclusive. */
  readonly to?: number | undefined;
}

export interface IssuedTokens {
  /** Newest first. A page may be short, even empty, and not be the last. */
  search(
    query: TokenQuery,
    page: { readonly limit: number; readonly after: AuditPosition | undefined },
  ): Promise<{
    readonly tokens: readonly IssuedToken[];
    readonly next: AuditPosition | undefined;
  }>;
  /**
   * One token, within the times of the query.
   * @returns undefined if none of this id was issued, `too_many` if there were more than a million
   *   entries of the trail to look at.
   */
  find(query: TokenQuery & { readonly jti: string }): Promise<IssuedToken | 'too_many' | undefined>;
}

/** The longest lifetime of an access token, and what the clock of its issuer may be behind. */
const LONGEST_LIFE_MS = 12 * 3_600_000 + 15 * 60_000;
/** Pages of the trail that are read for one token: a million entries. */
const MOST_PAGES = 20;

export function createIssuedTokens(deps: {
  readonly reader: AuditReader;
  readonly clients: ClientDirectory;
  readonly revocations: Pick<Revocations, 'isRevoked'>;
  readonly clock: Clock;
}): IssuedTokens {
  const { reader, clock } = deps;

  const search: IssuedTokens['search'] = async ({ clientId, user, jti, from, to }, page) => {
    const { entries, next } = await reader.query({
      ...page,
      from: from ?? clock.now() - LONGEST_LIFE_MS,
      to: to ?? Infinity,
      action: 'token.issue',
      object: clientId,
      keep: ({ actor, token }) =>
        token !== undefined &&
        (jti === undefined || token.jti === jti) &&
        (user === undefined || (token.user ?? actor) === user),
    });
    return { tokens: await Promise.all(entries.map((entry) => tokenOf(entry, deps))), next };
  };

  return {
    search,
    async find(query) {
      let after: AuditPosition | undefined;
      for (let read = 0; read < MOST_PAGES; read += 1) {
        const { tokens, next } = await search(query, { limit: 1, after });
        if (tokens[0] !== undefined || next === undefined) return tokens[0];
        after = next;
      }
      return 'too_many';
    },
  };
}

async function tokenOf(
  { time, actor, object, token }: AuditEntry,
  deps: Parameters<typeof createIssuedTokens>[0],
): Promise<IssuedToken> {
  if (token === undefined) throw new Error('An entry of the audit trail names no token.');
  const { jti, subscription, user = actor, scope = '', grantId } = token;
  const issued = { jti, clientId: object.name, user, subscription, scope, grantId };
  const times = { issuedAt: time, expiresAt: token.expiresAt * 1000 };
  return { ...issued, ...times, state: await stateOf({ ...issued, ...times }, deps) };
}

async function stateOf(
  token: Omit<IssuedToken, 'state'>,
  { clients, revocations, clock }: Parameters<typeof createIssuedTokens>[0],
): Promise<TokenState> {
  if (token.expiresAt <= clock.now()) return 'expired';
  const claims = {
    jti: token.jti,
    client_id: token.clientId,
    sub: token.user,
    aud: token.subscription,
    iat: Math.floor(token.issuedAt / 1000),
    ...(token.grantId === undefined ? {} : { grant_id: token.grantId }),
  };
  const refusal = await findRefusal(claims, clients, revocations);
  if (refusal === undefined) return 'active';
  return refusal.reason === 'revoked' ? 'revoked' : 'refused';
}
