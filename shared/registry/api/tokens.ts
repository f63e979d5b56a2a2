import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { Problem } from '../../http/problem.ts';
import { isTokenId } from '../../jwt/token-id.ts';
import { changeClient } from '../change-client.ts';
import type { IssuedToken, TokenQuery } from '../issued-tokens.ts';
import { readIfMatch } from './if-match.ts';
import { pageReply, readPageRequest } from './paging.ts';
import type { RegistryDeps, RegistryReply, Route } from './request.ts';
import { nameOf, readFilter, readPosition, timeOf } from './trail-filters.ts';

/** As the trail that they are found in, for those who may see everything. */
const readers = ['AuthGroup.Administrator', 'AuthGroup.ReadOnly'];

export const tokenRoutes: readonly Route[] = [
  { path: 'tokens', readers, operations: { GET: listTokens } },
  { path: 'tokens/*', readers, operations: { GET: getToken, DELETE: revokeToken } },
  { path: 'clients/*/tokens', operations: { DELETE: revokeTokensOfClient } },
];

const FILTERS = ['client_id', 'user', 'jti', 'from', 'to'] as const;

/** Newest first; `from` is inclusive, `to` exclusive, the other filters exact. */
async function listTokens(call: HttpCall, { tokens }: RegistryDeps): Promise<HttpReply> {
  const query = readTokenQuery(call);
  const scope = ['tokens', ...FILTERS.map((name) => readFilter(call, name) ?? '')];
  const { limit, after } = readPageRequest(call, scope);
  const page = await tokens.search(query, {
    limit,
    after: after === undefined ? undefined : readPosition(after),
  });
  const next = page.next === undefined ? undefined : nameOf(page.next);
  return pageReply({ items: page.tokens, next }, scope, viewToken);
}

async function getToken(call: HttpCall, deps: RegistryDeps, jti: string): Promise<HttpReply> {
  return json(200, viewToken(await findToken(call, deps, jti)));
}

/** One that is revoked already, or has expired, needs nothing. */
async function revokeToken(
  call: HttpCall,
  deps: RegistryDeps,
  jti: string,
): Promise<RegistryReply> {
  const token = await findToken(call, deps, jti);
  const { clientId, user, expiresAt } = token;
  await deps.revocations.revokeToken(
    { jti, client_id: clientId, exp: Math.floor(expiresAt / 1000) },
    'administrator',
  );
  return { status: 204, audit: { detail: `of ${user}, issued to ${clientId}` } };
}

/**
 * All access tokens of a client, and what users have granted it. They begin with, or keep, a time that
 * is not the client's any more, so that nothing has to be found; an instance that has not yet heard of
 * it issues more of them for up to 25 s, which are refused as well.
 */
async function revokeTokensOfClient(
  call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
): Promise<HttpReply> {
  const ifMatch = readIfMatch(call) ?? 'any';
  const now = deps.clock.now();
  const { etag } = await changeClient(deps.clients, clientId, ifMatch, (client) => ({
    ...client,
    // Never the same again, also where the clock of whoever did it before was ahead.
    tokensFrom: Math.max(now, client.tokensFrom + 1),
    updatedAt: now,
  }));
  return { status: 204, headers: { ETag: etag } };
}

function readTokenQuery(call: HttpCall): TokenQuery {
  const [clientId, user, jti, from, to] = FILTERS.map((name) => readFilter(call, name));
  return { clientId, user, jti, from: timeOf('from', from), to: timeOf('to', to) };
}

/** @throws {Problem} 404, 400 where there are too many to look for it */
async function findToken(
  call: HttpCall,
  { tokens }: RegistryDeps,
  jti: string,
): Promise<IssuedToken> {
  const query = { ...readTokenQuery(call), jti };
  const found = isTokenId(jti) ? await tokens.find(query) : undefined;
  if (found === 'too_many') {
    throw new Problem(
      400,
      'too_many_tokens',
      'More than a million entries of the audit trail are in question. Say when the token was issued with from and to, or for whom with client_id and user.',
    );
  }
  if (found !== undefined) return found;
  throw Problem.notFound(
    'The audit trail knows of no access token of this jti from the last 12 hours, or the times given. To end a token that it does not know, send the token itself to /oauth2/api/v1/revoke, or revoke all tokens of its client.',
  );
}

function viewToken(token: IssuedToken): Record<string, unknown> {
  const { jti, clientId, user, subscription, scope, grantId } = token;
  return {
    jti,
    client_id: clientId,
    user,
    subscription,
    scope,
    grant_id: grantId ?? null,
    issued_at: new Date(token.issuedAt).toISOString(),
    expires_at: new Date(token.expiresAt).toISOString(),
    state: token.state,
  };
}
