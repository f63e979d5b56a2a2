import * as z from 'zod/mini';
import type { Subscriptions } from '../../config/subscriptions.ts';
import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { Problem } from '../../http/problem.ts';
import type { InitialAccessToken } from '../initial-access-tokens.ts';
import { sha256 } from '../secrets.ts';
import { schemaOfSettings } from './client-members.ts';
import { readJsonObject } from './json-body.ts';
import { pageReply, readPageRequest } from './paging.ts';
import { parseMembers } from './parse-members.ts';
import { addressOf, type RegistryDeps, type RegistryReply, type Route } from './request.ts';
import { readTime } from './time.ts';

/** A token is made and taken back, never changed: whoever holds it knows what it is good for. */
export const initialAccessTokenRoutes: readonly Route[] = [
  { path: 'initial-access-tokens', operations: { GET: listTokens, POST: makeToken } },
  { path: 'initial-access-tokens/*', operations: { GET: getToken, DELETE: removeToken } },
];

const DAY_MS = 86_400_000;
const MOST_CLIENTS = 1000;
const MOST_DAYS = 365;

/** What a token may be made with, by wire names. */
export function schemaOfInitialAccessToken(subscriptions: Subscriptions) {
  const { description, subscription, grant_types, scope } = schemaOfSettings(
    '',
    subscriptions,
  ).shape;
  const count = `max_clients is a whole number from 1 to ${MOST_CLIENTS}.`;
  const expiry = 'expires_at is a time such as 2030-01-31T00:00:00Z, with its zone.';
  return z.object({
    description,
    subscription,
    grant_types: z._default(grant_types, ['authorization_code', 'refresh_token']),
    scope,
    max_clients: z._default(
      z.int(count).check(z.minimum(1, count), z.maximum(MOST_CLIENTS, count)),
      1,
    ),
    expires_at: z.optional(
      z.string(expiry).check(z.refine((text) => readTime(text) !== undefined, expiry)),
    ),
  });
}

async function listTokens(call: HttpCall, deps: RegistryDeps): Promise<HttpReply> {
  const scope = ['initial-access-tokens'];
  const page = await deps.initialAccessTokens.list(readPageRequest(call, scope));
  return pageReply(page, scope, viewToken);
}

async function makeToken(call: HttpCall, deps: RegistryDeps): Promise<RegistryReply> {
  const members = await readJsonObject(call);
  const data = parseMembers(schemaOfInitialAccessToken(deps.subscriptions), members, []);
  const createdAt = deps.clock.now();
  const tokenId = deps.random(8).toString('hex');
  const text = `${tokenId}.${deps.random(32).toString('base64url')}`;
  const token: InitialAccessToken = {
    tokenId,
    description: data.description,
    hash: sha256(text).toString('base64url'),
    subscription: data.subscription,
    limits: { grantTypes: data.grant_types, scopes: data.scope },
    mostClients: data.max_clients,
    registered: 0,
    createdAt,
    expiresAt: readExpiry(data.expires_at, createdAt),
  };
  // 64 random bits that are taken already are a fault of ours.
  if (!(await deps.initialAccessTokens.create(token))) throw Problem.conflict('Send it again.');
  const reply = json(
    201,
    { ...viewToken(token), initial_access_token: text },
    { Location: addressOf('initial-access-tokens', tokenId) },
  );
  return { ...reply, audit: { name: tokenId, detail: `for ${token.subscription}` } };
}

async function getToken(_call: HttpCall, deps: RegistryDeps, tokenId: string): Promise<HttpReply> {
  const found = await deps.initialAccessTokens.read(tokenId);
  if (found === undefined) throw unknown();
  return json(200, viewToken(found.value));
}

/** Clients that were registered with it stay. */
async function removeToken(
  _call: HttpCall,
  deps: RegistryDeps,
  tokenId: string,
): Promise<HttpReply> {
  if (!(await deps.initialAccessTokens.remove(tokenId))) throw unknown();
  return { status: 204 };
}

/** Milliseconds since the epoch; a day from now unless told. @throws {Problem} 422 */
function readExpiry(text: string | undefined, now: number): number {
  const expiresAt = text === undefined ? now + DAY_MS : (readTime(text) ?? now);
  if (expiresAt > now && expiresAt <= now + MOST_DAYS * DAY_MS) return expiresAt;
  throw Problem.invalid([
    { pointer: '/expires_at', detail: `expires_at is within the next ${MOST_DAYS} days.` },
  ]);
}

/** Never with the token itself, which is shown once. */
function viewToken(token: InitialAccessToken): Record<string, unknown> {
  return {
    token_id: token.tokenId,
    description: token.description,
    subscription: token.subscription,
    grant_types: token.limits.grantTypes,
    scope: token.limits.scopes.join(' '),
    max_clients: token.mostClients,
    registered_clients: token.registered,
    created_at: new Date(token.createdAt).toISOString(),
    expires_at: new Date(token.expiresAt).toISOString(),
  };
}

function unknown(): Problem {
  return Problem.notFound('There is no initial access token of this id.');
}
