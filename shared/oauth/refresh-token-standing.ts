import type { Client } from '../registry/client.ts';
import { type GrantStore, isGrantOf, type UserGrant } from './grant-store.ts';
import type { RefreshTokens } from './refresh-tokens.ts';

/** A refresh token of ours, good or not. */
export interface KnownRefreshToken {
  readonly grant: UserGrant;
  /** Whether no other has replaced it. */
  readonly isNewest: boolean;
}

/** What a refresh token is of; undefined for what is none of ours. */
export async function findRefreshToken(
  token: string,
  deps: {
    readonly refreshTokens: Pick<RefreshTokens, 'read'>;
    readonly grants: Pick<GrantStore, 'find'>;
  },
): Promise<KnownRefreshToken | undefined> {
  const id = deps.refreshTokens.read(token);
  const found = id === undefined ? undefined : await deps.grants.find(id.grantId);
  if (id === undefined || found === undefined) return undefined;
  return { grant: found.value, isNewest: found.value.generation === id.generation };
}

/**
 * When a refresh token ends that its client would get tokens for now.
 * @returns milliseconds since the epoch; undefined if it would not get any.
 */
export function endOf(
  { grant, isNewest }: KnownRefreshToken,
  client: Client,
  now: number,
): number | undefined {
  const end = Math.min(grant.expiresAt, grant.createdAt + client.refreshTokenLifetime * 1000);
  const isGood =
    isNewest &&
    grant.revokedAt === undefined &&
    grant.clientId === client.clientId &&
    isGrantOf(client, grant) &&
    client.grantTypes.includes('refresh_token');
  return isGood && end > now ? end : undefined;
}
