import { OAuthError } from '../errors.ts';
import type { UserGrant } from '../grant-store.ts';
import type { RefreshTokenId } from '../refresh-tokens.ts';
import { grantScope } from '../scope.ts';
import type { Grant, GrantRequest } from './grant.ts';
import {
  endAfterReuse,
  requireKey,
  requireStanding,
  tokensOf,
  type UserGrantDeps,
} from './user-grant.ts';

/**
 * Requests that arrive this close to each other may have been sent together, before any of them was
 * answered. Whoever comes second gets no token by it.
 */
const SAME_MOMENT_MS = 1000;

/**
 * RFC 6749 section 6 with RFC 9700 section 4.14.2: every use replaces the token, and one that comes
 * again ends its grant. Of several requests that come at the same moment with one token one gets the
 * next; the others are refused, but end nothing: the client sent them before it could know.
 */
export function refreshToken(deps: UserGrantDeps): Grant {
  return {
    async grant(request) {
      const { client, parameters, confirmation } = request;
      const id = readToken(request, deps);
      const found = await deps.grants.find(id.grantId);
      if (found === undefined || found.value.clientId !== client.clientId) {
        throw notGood(found === undefined ? 'unknown_grant' : 'grant_of_another_client');
      }
      const { value: grant, etag } = found;
      requireKey(grant.confirmation, confirmation, 'refresh token');
      requireNotOver(grant, request, deps);
      if (id.generation !== grant.generation) throw await refuseOld(id, grant, request, deps);
      await requireStanding(grant, client, deps);
      const scopes = narrow(parameters.get('scope'), grant, request);
      const next = { ...grant, generation: grant.generation + 1, lastUsedAt: deps.clock.now() };
      if (!(await deps.grants.rotate(next, etag))) throw sameMoment();
      return tokensOf(next, scopes, client, deps);
    },
  };
}

function readToken({ parameters }: GrantRequest, deps: UserGrantDeps): RefreshTokenId {
  const token = parameters.get('refresh_token');
  if (token === undefined) {
    throw OAuthError.invalidRequest(
      'refresh_token_missing',
      'refresh_token is missing. Send the one of the last answer in the body.',
    );
  }
  const id = deps.refreshTokens.read(token);
  if (id === undefined) throw notGood('unknown_refresh_token');
  return id;
}

/** The lifetime counts from the user's consent; a client whose lifetime was shortened loses the rest. */
function requireNotOver(
  { revokedAt, createdAt, expiresAt }: UserGrant,
  { client }: GrantRequest,
  { clock }: UserGrantDeps,
): void {
  if (revokedAt !== undefined) throw notGood('grant_revoked');
  const until = Math.min(expiresAt, createdAt + client.refreshTokenLifetime * 1000);
  if (until <= clock.now()) throw notGood('grant_expired');
}

/** A token that was replaced by another. */
async function refuseOld(
  { generation }: RefreshTokenId,
  grant: UserGrant,
  { call, client }: GrantRequest,
  deps: UserGrantDeps,
): Promise<OAuthError> {
  // Storage was restored from a backup: the token is newer than what we know of.
  if (generation > grant.generation) return notGood('refresh_token_ahead');
  const replacedAt = grant.lastUsedAt ?? 0;
  const isJustReplaced =
    generation === grant.generation - 1 && Math.abs(call.receivedAt - replacedAt) <= SAME_MOMENT_MS;
  if (isJustReplaced) return sameMoment();
  await endAfterReuse(grant.grantId, 'refresh token', { call, client, user: grant.user }, deps);
  return OAuthError.invalidGrant(
    'refresh_token_reused',
    'The refresh token was used before. All tokens of its grant are revoked, since one of its holders is not the client. Send the user to the authorization endpoint again.',
  );
}

/** RFC 6749 section 6: no more than was allowed, and no more than the client is registered for now. */
function narrow(
  asked: string | undefined,
  { scopes }: UserGrant,
  { client }: GrantRequest,
): readonly string[] {
  const allowed = scopes.filter((scope) => client.scopes.includes(scope));
  const scope = grantScope(asked, { scopes: allowed, defaultScopes: undefined });
  return scope === '' ? [] : scope.split(' ');
}

/** One text: what is wrong with it is nobody's business but the log's. */
const notGood = (reason: string): OAuthError =>
  OAuthError.invalidGrant(
    reason,
    'The refresh token is not one of this client, has expired or was revoked. Send the user to the authorization endpoint again.',
  );

const sameMoment = (): OAuthError =>
  OAuthError.invalidGrant(
    'refresh_token_in_use',
    'The refresh token is being used by another request at the same moment. Use the token of its answer.',
  );
