import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { Problem } from '../../http/problem.ts';
import { changeClient, readClient } from '../change-client.ts';
import type { Client, StoredSecret } from '../client.ts';
import { secretsInUse } from '../secrets.ts';
import { needsNoSecret, usesSecret } from './authentication-members.ts';
import { readIfMatch } from './if-match.ts';
import { type Members, readOptionalJsonObject } from './json-body.ts';
import { addressOf, type RegistryDeps, type RegistryReply, type Route } from './request.ts';
import {
  EXPIRY,
  makeSecret,
  readSecretRequest,
  refuseUnknown,
  viewNewSecret,
  viewSecret,
} from './secret-members.ts';

/**
 * Moving a client from one secret to another, both good in between. Nothing is kept of it but the two
 * secrets: a client that has two is in rotation, however it has come to them. If-Match is heeded and
 * not required, as with secrets.
 */
export const secretRotationRoutes: readonly Route[] = [
  {
    path: 'clients/*/secrets/rotation',
    operations: { GET: getRotation, POST: startRotation, DELETE: cancelRotation },
  },
  { path: 'clients/*/secrets/rotation/complete', operations: { POST: completeRotation } },
];

async function getRotation(
  _call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
): Promise<HttpReply> {
  const { value, etag } = await readClient(deps.clients, clientId);
  return json(200, viewRotation(value, deps.clock.now()), { ETag: etag });
}

/** The new secret is shown this once; the old one goes on. */
async function startRotation(
  call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
): Promise<RegistryReply> {
  const members: Members = (await readOptionalJsonObject(call)) ?? new Map();
  refuseUnknown(members, ['client_secret', ...EXPIRY]);
  const ifMatch = readIfMatch(call) ?? 'any';
  const { value } = await readClient(deps.clients, clientId);
  if (!usesSecret(value)) throw needsNoSecret(value);
  requireOne(value, deps.clock.now());
  const secret = await makeSecret(readSecretRequest(members, clientId, deps.clock.now()), deps);
  const { value: changed, etag } = await changeClient(deps.clients, clientId, ifMatch, (client) => {
    const now = deps.clock.now();
    return { ...client, secrets: [requireOne(client, now), secret.stored], updatedAt: now };
  });
  const now = deps.clock.now();
  const reply = json(
    201,
    { client_id: clientId, ...viewRotation(changed, now), ...viewNewSecret(secret) },
    { Location: addressOf('clients', clientId, 'secrets', secret.stored.secretId), ETag: etag },
  );
  return { ...reply, audit: { detail: `secret ${secret.stored.secretId}` } };
}

/**
 * Ends the old secret. `secret_id` may name the new one: then this can be sent again, and never ends
 * another secret than it was meant for.
 */
async function completeRotation(
  call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
): Promise<RegistryReply> {
  const members: Members = (await readOptionalJsonObject(call)) ?? new Map();
  refuseUnknown(members, ['secret_id']);
  const meant = readSecretId(members);
  const ifMatch = readIfMatch(call) ?? 'any';
  let detail = '';
  const { value, etag } = await changeClient(deps.clients, clientId, ifMatch, (client) => {
    const now = deps.clock.now();
    const { current, next } = secretsInUse(client.secrets, now);
    const staying = next ?? current;
    if (meant !== undefined && staying?.secretId !== meant) throw anotherSecret(staying);
    if (next === undefined && meant === undefined) throw notRotating(client, 409);
    detail = next === undefined ? 'was complete' : `secret ${current?.secretId ?? ''} has ended`;
    return next === undefined ? client : { ...client, secrets: [next], updatedAt: now };
  });
  const reply = json(200, viewRotation(value, deps.clock.now()), { ETag: etag });
  return { ...reply, audit: { detail } };
}

/** Ends the new secret; the old one goes on. */
async function cancelRotation(
  call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
): Promise<RegistryReply> {
  const ifMatch = readIfMatch(call) ?? 'any';
  let ended = '';
  await changeClient(deps.clients, clientId, ifMatch, (client) => {
    const now = deps.clock.now();
    const { current, next } = secretsInUse(client.secrets, now);
    if (current === undefined || next === undefined) throw notRotating(client, 404);
    ended = next.secretId;
    return { ...client, secrets: [current], updatedAt: now };
  });
  return { status: 204, audit: { detail: `secret ${ended} has ended` } };
}

function viewRotation({ secrets }: Client, now: number): Record<string, unknown> {
  const { current, next } = secretsInUse(secrets, now);
  const view = (secret: StoredSecret | undefined) =>
    secret === undefined ? null : viewSecret(secret, secrets, now);
  return { rotating: next !== undefined, current: view(current), next: view(next) };
}

/** The one secret that a rotation begins with. @throws {Problem} 409 */
function requireOne({ secrets }: Client, now: number): StoredSecret {
  const { current, next } = secretsInUse(secrets, now);
  if (current === undefined) {
    throw Problem.conflict(
      'The client has no secret that has not expired, so there is nothing to rotate. Add one with POST at …/secrets.',
    );
  }
  if (next === undefined) return current;
  throw Problem.conflict(
    `A rotation is under way: the client has the secrets …${current.lastFour} and, newer, …${next.lastFour}. Complete it with POST at …/secrets/rotation/complete, or cancel it with DELETE at …/secrets/rotation, where the newer secret was lost.`,
  );
}

function readSecretId(members: Members): string | undefined {
  const given = members.get('secret_id') ?? undefined;
  if (given === undefined || typeof given === 'string') return given;
  throw Problem.invalid([
    { pointer: '/secret_id', detail: 'secret_id is the id of the new secret, as text.' },
  ]);
}

function anotherSecret(staying: StoredSecret | undefined): Problem {
  return Problem.conflict(
    staying === undefined
      ? 'The client has no secret that has not expired. Nothing was changed.'
      : `The newest secret of the client is another one, ${staying.secretId}. Nothing was changed.`,
  );
}

function notRotating(client: Client, status: 404 | 409): Problem {
  const count = client.secrets.length === 1 ? 'one secret' : 'no two secrets that have not expired';
  const detail = `No rotation is under way: the client has ${count}. Start one with POST at …/secrets/rotation.`;
  return status === 404 ? Problem.notFound(detail) : Problem.conflict(detail);
}
