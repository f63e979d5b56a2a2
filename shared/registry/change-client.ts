import { Fault } from '../http/fault.ts';
import { Problem } from '../http/problem.ts';
import type { Client, Versioned } from './client.ts';
import { userOfClient } from './client.ts';
import type { ClientStore } from './client-store.ts';
import type { RoleStore } from './role-store.ts';

/**
 * Which version of a client a change is meant for (RFC 9110 section 13.1.1): any, or one of these
 * strong entity tags.
 */
export type IfMatch = 'any' | readonly string[];

/** How often a change meant for any version is tried again because another one came first. */
const TRIES = 10;

/**
 * Applies `change` to the client as it is, and stores it if nobody has changed it meanwhile.
 * @throws {Problem} 404 if there is no such client, 412 if it is not one of the versions meant.
 */
export async function changeClient(
  store: ClientStore,
  clientId: string,
  ifMatch: IfMatch,
  change: (client: Client) => Client | Promise<Client>,
): Promise<Versioned<Client>> {
  return writeClient(store, clientId, ifMatch, change, (client, etag) =>
    store.replace(client, etag),
  );
}

/** @throws {Problem} 404 */
export async function readClient(store: ClientStore, clientId: string): Promise<Versioned<Client>> {
  const found = await store.read(clientId);
  if (found === undefined) {
    throw Problem.notFound('There is no client of this id. Client ids are case-sensitive.');
  }
  return found;
}

/**
 * Deletes a client and all role assignments of its user. The client is disabled first and removed
 * last: whenever this is cut short it cannot get a token, is still there to be deleted again, and
 * never leaves roles behind for a client that is registered anew under its id.
 * @throws {Problem} 404 and 412 as {@link changeClient}; nothing has changed then.
 */
export async function deleteClient(
  stores: { readonly clients: ClientStore; readonly roles: RoleStore },
  subscriptions: readonly string[],
  clientId: string,
  ifMatch: IfMatch,
): Promise<void> {
  const { clients, roles } = stores;
  const retired = await writeClient(
    clients,
    clientId,
    ifMatch,
    ({ registration, ...client }) => ({
      ...client,
      enabled: false,
      registration: registration && { ...registration, isBeingDeleted: true },
    }),
    (client, etag) => clients.retire(client, etag),
  );
  for (const subscription of subscriptions) {
    await roles.unassignAll(subscription, userOfClient(clientId));
  }
  let etag = retired.etag;
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await clients.remove(clientId, etag)) return;
    const current = await clients.read(clientId);
    // Another deletion has finished before this one; a client registered since is not ours to remove.
    if (current?.value.createdAt !== retired.value.createdAt) return;
    etag = current.etag;
  }
  throw tooBusy();
}

async function writeClient(
  store: ClientStore,
  clientId: string,
  ifMatch: IfMatch,
  change: (client: Client) => Client | Promise<Client>,
  write: (client: Client, etag: string) => Promise<string | undefined>,
): Promise<Versioned<Client>> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const current = await readClient(store, clientId);
    if (ifMatch !== 'any' && !ifMatch.includes(current.etag)) throw Problem.preconditionFailed();
    const value = await change(current.value);
    const etag = await write(value, current.etag);
    if (etag !== undefined) return { value, etag };
  }
  throw tooBusy();
}

function tooBusy(): Fault {
  return Fault.unavailable(
    'The client is being changed by others at the same moment. Send the request again.',
    1,
  );
}
