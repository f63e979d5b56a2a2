import { isDeepStrictEqual } from 'node:util';
import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { Problem } from '../../http/problem.ts';
import { changeClient, deleteClient, type IfMatch, readClient } from '../change-client.ts';
import { isClientId } from '../client-id.ts';
import type { Client, Versioned } from '../client.ts';
import { listSubscriptions } from '../roles.ts';
import { expiringSecrets } from '../expiring-secrets.ts';
import { searchClients } from '../search-clients.ts';
import { needsNoSecret, usesSecret } from './authentication-members.ts';
import {
  type ClientSettings,
  readClientSettings,
  settingMembers,
  viewClient,
} from './client-members.ts';
import { requireIfMatch } from './if-match.ts';
import { type Members, readJsonObject } from './json-body.ts';
import { badQuery, pageReply, readPageRequest, readQuery, readSearch } from './paging.ts';
import { noteClientChange } from './audited-changes.ts';
import { addressOf, type RegistryDeps, type RegistryReply, type Route } from './request.ts';
import { makeSecret, readSecretRequest, viewNewSecret } from './secret-members.ts';

export const clientRoutes: readonly Route[] = [
  { path: 'clients', operations: { GET: listClients, POST: registerClient } },
  {
    path: 'clients/*',
    operations: { GET: getClient, PUT: putClient, PATCH: patchClient, DELETE: removeClient },
  },
];

async function listClients(call: HttpCall, deps: RegistryDeps): Promise<HttpReply> {
  const text = readSearch(call);
  const days = readExpiringWithin(call);
  const scope = ['clients', text, ...(days === undefined ? [] : [String(days)])];
  const request = readPageRequest(call, scope);
  const now = deps.clock.now();
  const keep = (client: Client): boolean => expiringSecrets(client, days ?? 0, now).length > 0;
  const page = await searchClients(
    deps.clients,
    text,
    request,
    days === undefined ? undefined : keep,
  );
  return pageReply(page, scope, viewClient);
}

/** Days; undefined unless it is asked for. @throws {Problem} 400 */
function readExpiringWithin(call: HttpCall): number | undefined {
  const given = readQuery(call, 'expiring_within');
  if (given === undefined) return undefined;
  const days = /^\d{1,3}$/.test(given) ? Number(given) : 0;
  if (days >= 1 && days <= 366) return days;
  throw badQuery('expiring_within is a whole number of days from 1 to 366.');
}

async function registerClient(call: HttpCall, deps: RegistryDeps): Promise<RegistryReply> {
  const members = await readJsonObject(call);
  const clientId = readClientId(members, deps);
  const now = deps.clock.now();
  const settings = readClientSettings(members, clientId, deps.subscriptions, [
    'client_secret',
    'client_secret_expires_at',
  ]);
  const request = readSecretRequest(members, clientId, now);
  if (request.chosen !== undefined && !usesSecret(settings)) throw needsNoSecret(settings);
  const secret = usesSecret(settings) ? await makeSecret(request, deps) : undefined;
  const client: Client = {
    clientId,
    ...settings,
    secrets: secret === undefined ? [] : [secret.stored],
    createdAt: now,
    updatedAt: now,
    tokensFrom: now,
    registration: undefined,
  };
  const etag = await deps.clients.create(client);
  if (etag === undefined) {
    throw Problem.conflict(
      'A client of this id exists already. Choose another client_id, or leave it out to have one made.',
    );
  }
  const reply = json(
    201,
    { ...viewClient(client), ...(secret === undefined ? {} : viewNewSecret(secret)) },
    { Location: addressOf('clients', clientId), ETag: etag },
  );
  return { ...reply, audit: { name: clientId, detail: `in ${client.subscription}` } };
}

async function getClient(
  _call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
): Promise<HttpReply> {
  return clientReply(await readClient(deps.clients, clientId));
}

/** Replaces all settings: what is absent gets its default. Secrets stay. */
async function putClient(
  call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
): Promise<RegistryReply> {
  const members = await readJsonObject(call);
  const ifMatch = await requireIfMatch(call, () => readClient(deps.clients, clientId));
  return changeSettings(deps, clientId, ifMatch, () =>
    readClientSettings(members, clientId, deps.subscriptions),
  );
}

/**
 * RFC 7396: null sets a member back to its default. The one member that holds an object, `jwks`, has
 * one member itself, so that merging and replacing it are the same.
 */
async function patchClient(
  call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
): Promise<RegistryReply> {
  const patch = await readJsonObject(call, ['application/merge-patch+json', 'application/json']);
  const ifMatch = await requireIfMatch(call, () => readClient(deps.clients, clientId));
  return changeSettings(deps, clientId, ifMatch, (client) => {
    const merged = new Map([...Object.entries(settingMembers(client)), ...patch]);
    return readClientSettings(merged, clientId, deps.subscriptions);
  });
}

async function changeSettings(
  deps: RegistryDeps,
  clientId: string,
  ifMatch: IfMatch,
  settingsOf: (client: Client) => ClientSettings,
): Promise<RegistryReply> {
  let before: Client | undefined;
  const changed = await changeClient(deps.clients, clientId, ifMatch, (client) => {
    before = client;
    const settings = settingsOf(client);
    const registration = registrationAfter(client, settings);
    return { ...client, ...settings, registration, updatedAt: deps.clock.now() };
  });
  return { ...clientReply(changed), audit: noteClientChange(before, changed.value) };
}

/** What an administrator gives a client, or takes away, is what it may give itself from then on. */
function registrationAfter(
  { registration, grantTypes, scopes }: Client,
  settings: ClientSettings,
): Client['registration'] {
  if (registration === undefined) return undefined;
  const { limits, isBeingDeleted = false } = registration;
  return {
    ...registration,
    limits: {
      grantTypes: isDeepStrictEqual(settings.grantTypes, grantTypes)
        ? limits.grantTypes
        : settings.grantTypes,
      scopes: isDeepStrictEqual(settings.scopes, scopes) ? limits.scopes : settings.scopes,
    },
    // One that is enabled again is not to be deleted any more, also when it is disabled later.
    isBeingDeleted: isBeingDeleted && !settings.enabled,
  };
}

async function removeClient(
  call: HttpCall,
  deps: RegistryDeps,
  clientId: string,
): Promise<HttpReply> {
  const ifMatch = await requireIfMatch(call, () => readClient(deps.clients, clientId));
  const subscriptions = listSubscriptions(deps.subscriptions).map((one) => one.name);
  await deleteClient(deps, subscriptions, clientId, ifMatch);
  return { status: 204 };
}

function readClientId(members: Members, deps: RegistryDeps): string {
  const given = members.get('client_id');
  if (given === undefined || given === null) return deps.random(16).toString('hex');
  if (typeof given === 'string' && isClientId(given)) return given;
  throw Problem.invalid([
    {
      pointer: '/client_id',
      detail:
        'A client_id has 1 to 100 of the characters A-Z a-z 0-9 . _ ~ - and is neither . nor .. by itself. Leave it out to have one made.',
    },
  ]);
}

function clientReply({ value, etag }: Versioned<Client>): HttpReply {
  return json(200, viewClient(value), { ETag: etag });
}
