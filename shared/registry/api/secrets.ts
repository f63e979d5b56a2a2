import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { Problem } from '../../http/problem.ts';
import { changeClient, readClient } from '../change-client.ts';
import type { Client, StoredSecret, Versioned } from '../client.ts';
import { isAlive, MOST_SECRETS } from '../secrets.ts';
import { needsNoSecret, usesSecret } from './authentication-members.ts';
import { readIfMatch } from './if-match.ts';
import { type Members, readJsonObject, readOptionalJsonObject } from './json-body.ts';
import { pageOf, pageReply, readPageRequest } from './paging.ts';
import { addressOf, type RegistryDeps, type RegistryReply, type Route } from './request.ts';
import {
  EXPIRY,
  makeSecret,
  readExpiry,
  readSecretRequest,
  refuseUnknown,
  viewNewSecret,
  viewSecret,
} from './secret-members.ts';

/** If-Match is heeded and not required: the ETag is the client's, of which a secret is a part. */
export const secretRoutes: readonly Route[] = [
  { path: 'clients/*/secrets', operations: { GET: listSecrets, POST: addSecret } },
  {
    path: 'clients/*/secrets/*',
    operations: { GET: getSecret, PATCH: patchSecret, DELETE: deleteSecret },
  },
];

async function listSecrets(
  call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
): Promise<HttpReply> {
  const scope = ['secrets', clientId];
  const request = readPageRequest(call, scope);
  const { value, etag } = await readClient(deps.clients, clientId);
  const page = pageOf(
    value.secrets.toSorted((a, b) => (a.secretId < b.secretId ? -1 : 1)),
    (secret) => secret.secretId,
    request,
  );
  const now = deps.clock.now();
  const reply = pageReply(page, scope, (secret) => viewSecret(secret, value.secrets, now));
  return { ...reply, headers: { ...reply.headers, ETag: etag } };
}

async function addSecret(
  call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
): Promise<RegistryReply> {
  const members: Members = (await readOptionalJsonObject(call)) ?? new Map();
  refuseUnknown(members, ['client_secret', ...EXPIRY]);
  const ifMatch = readIfMatch(call) ?? 'any';
  const { value } = await readClient(deps.clients, clientId);
  if (!usesSecret(value)) throw needsNoSecret(value);
  makeRoom(value, deps.clock.now());
  const request = readSecretRequest(members, clientId, deps.clock.now());
  const secret = await makeSecret(request, deps);
  const changed = await changeClient(deps.clients, clientId, ifMatch, (client) => ({
    ...client,
    secrets: [...makeRoom(client, deps.clock.now()), secret.stored],
    updatedAt: deps.clock.now(),
  }));
  const reply = json(
    201,
    {
      client_id: clientId,
      ...viewSecret(secret.stored, changed.value.secrets, deps.clock.now()),
      ...viewNewSecret(secret),
    },
    {
      Location: addressOf('clients', clientId, 'secrets', secret.stored.secretId),
      ETag: changed.etag,
    },
  );
  return { ...reply, audit: { detail: `secret ${secret.stored.secretId}` } };
}

async function getSecret(
  _call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
  secretId: string,
): Promise<HttpReply> {
  const { value, etag } = await readClient(deps.clients, clientId);
  return secretReply({ value, etag }, secretId, deps);
}

async function patchSecret(
  call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
  secretId: string,
): Promise<HttpReply> {
  const patch = await readJsonObject(call, ['application/merge-patch+json', 'application/json']);
  refuseUnknown(patch, EXPIRY);
  const ifMatch = readIfMatch(call) ?? 'any';
  const expiry = EXPIRY.some((name) => patch.has(name))
    ? { expiresAt: readExpiry(patch, deps.clock.now()) }
    : {};
  const { value, etag } = await changeClient(deps.clients, clientId, ifMatch, (client) => {
    const secret = findSecret(client, secretId);
    const secrets = client.secrets.map((one) => (one === secret ? { ...one, ...expiry } : one));
    // An expired secret that comes alive again counts like a new one.
    if (secrets.filter((one) => isAlive(one, deps.clock.now())).length > MOST_SECRETS) {
      throw tooMany();
    }
    return { ...client, secrets, updatedAt: deps.clock.now() };
  });
  return secretReply({ value, etag }, secretId, deps);
}

/** The last secret may go too: then nobody can sign in as this client. */
async function deleteSecret(
  call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
  secretId: string,
): Promise<HttpReply> {
  const ifMatch = readIfMatch(call) ?? 'any';
  await changeClient(deps.clients, clientId, ifMatch, (client) => {
    const secret = findSecret(client, secretId);
    const secrets = client.secrets.filter((one) => one !== secret);
    return { ...client, secrets, updatedAt: deps.clock.now() };
  });
  return { status: 204 };
}

/** The secrets that stay beside a new one: expired ones go. @throws {Problem} 409 */
function makeRoom(client: Client, now: number): readonly StoredSecret[] {
  const alive = client.secrets.filter((secret) => isAlive(secret, now));
  if (alive.length >= MOST_SECRETS) throw tooMany();
  return alive;
}

function tooMany(): Problem {
  return Problem.conflict(
    `A client has at most ${MOST_SECRETS} secrets at a time. Delete the one that is no longer used, then send this again.`,
  );
}

function secretReply(
  { value, etag }: Versioned<Client>,
  secretId: string,
  { clock }: RegistryDeps,
): HttpReply {
  const secret = findSecret(value, secretId);
  return json(200, viewSecret(secret, value.secrets, clock.now()), { ETag: etag });
}

function findSecret(client: Client, secretId: string): StoredSecret {
  const found = client.secrets.find((secret) => secret.secretId === secretId);
  if (found === undefined) throw Problem.notFound('The client has no secret of this id.');
  return found;
}
