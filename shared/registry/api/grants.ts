import type { HttpCall, HttpReply } from '../../http/call.ts';
import { Problem } from '../../http/problem.ts';
import { isGrantOf, type UserGrant } from '../../oauth/grant-store.ts';
import type { Client } from '../client.ts';
import { readUser } from '../users/change-user.ts';
import { pageReply, readPageRequest } from './paging.ts';
import type { RegistryDeps, Route } from './request.ts';

export const grantRoutes: readonly Route[] = [
  { path: 'users/*/grants', operations: { GET: listGrants } },
  { path: 'users/*/grants/*', operations: { DELETE: endGrant } },
];

/**
 * What a user has allowed clients, by id; what has ended is left out, so that a page may be short and
 * not be the last.
 */
async function listGrants(call: HttpCall, deps: RegistryDeps, name: string): Promise<HttpReply> {
  const { value } = await readUser(deps.users, name);
  const scope = ['grants', value.user];
  const request = readPageRequest(call, scope);
  const page = await deps.userGrants.listOfUser(value.user, deps.clock.now(), request);
  const clients = await readClients(deps, page.items);
  const items = page.items.filter((grant) => isGrantOf(clients.get(grant.clientId), grant));
  return pageReply({ ...page, items }, scope, viewGrant);
}

async function readClients(
  { clients }: RegistryDeps,
  grants: readonly UserGrant[],
): Promise<ReadonlyMap<string, Client | undefined>> {
  const ids = [...new Set(grants.map(({ clientId }) => clientId))];
  const found = ids.map(async (id) => [id, (await clients.read(id))?.value] as const);
  return new Map(await Promise.all(found));
}

/** Ends a grant with all tokens of it; the client has to ask the user again. */
async function endGrant(
  _call: HttpCall,
  deps: RegistryDeps,
  name: string,
  grantId: string,
): Promise<HttpReply> {
  const { value } = await readUser(deps.users, name);
  if (await deps.grantEnding.endOfUser(value.user, grantId)) return { status: 204 };
  throw Problem.notFound(
    `The user has no such grant, or it has expired. Those that are alive are listed at /registry/v1/users/${encodeURIComponent(name)}/grants.`,
  );
}

function viewGrant(grant: UserGrant): Record<string, unknown> {
  const { lastUsedAt } = grant;
  return {
    grant_id: grant.grantId,
    client_id: grant.clientId,
    subscription: grant.subscription,
    scope: grant.scopes.join(' '),
    created_at: new Date(grant.createdAt).toISOString(),
    last_used_at: lastUsedAt === undefined ? null : new Date(lastUsedAt).toISOString(),
    expires_at: new Date(grant.expiresAt).toISOString(),
  };
}
