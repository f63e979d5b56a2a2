import { StaleCache } from '../cache/stale-cache.ts';
import type { Clock } from '../config/clock.ts';
import type { Client, ClientDirectory, RoleDirectory } from './client.ts';
import { isClientId } from './client-id.ts';
import type { BootstrapStore, ClientStore } from './client-store.ts';
import type { RoleStore } from './role-store.ts';

/** Clients that one instance keeps in memory, at most. */
export const CACHED_CLIENTS = 10_000;
/** Users whose roles one instance keeps in memory, at most. */
export const CACHED_USERS = 10_000;

export interface CachedClients {
  readonly directory: ClientDirectory;
  /** Writes through to the store given; the directory of this instance sees them at once. */
  readonly store: ClientStore & BootstrapStore;
}

/** Puts a cache before a store of clients; see {@link ClientDirectory} for how old an answer may be. */
export function cacheClients(store: ClientStore & BootstrapStore, clock: Clock): CachedClients {
  const cache = new StaleCache<Client | undefined>(
    async (clientId) => {
      const found = await store.read(clientId);
      // Forgetting the read that is under way keeps its result, an absence, out of the cache.
      if (found === undefined) cache.forget(clientId);
      return found?.value;
    },
    { clock, maxEntries: CACHED_CLIENTS },
  );
  const writing = <T>(clientId: string, write: Promise<T>): Promise<T> =>
    // Also after a failure: whether the write arrived is then unknown.
    write.finally(() => cache.forget(clientId));
  return {
    directory: {
      // What cannot be a client id costs no storage call, however often it is tried.
      find: (clientId, maxAgeMs) =>
        isClientId(clientId) ? cache.get(clientId, maxAgeMs) : Promise.resolve(undefined),
    },
    store: {
      read: (clientId) => store.read(clientId),
      list: (page) => store.list(page),
      readOrigin: (clientId) => store.readOrigin(clientId),
      create: (client) => writing(client.clientId, store.create(client)),
      replace: (client, etag) => writing(client.clientId, store.replace(client, etag)),
      retire: (client, etag) => writing(client.clientId, store.retire(client, etag)),
      remove: (clientId, etag) => writing(clientId, store.remove(clientId, etag)),
      createFromSetting: (client, fingerprint) =>
        writing(client.clientId, store.createFromSetting(client, fingerprint)),
      replaceFromSetting: (client, etag, fingerprint) =>
        writing(client.clientId, store.replaceFromSetting(client, etag, fingerprint)),
    },
  };
}

export interface CachedRoles {
  readonly directory: RoleDirectory;
  /** Writes through to the store given; the directory of this instance sees them at once. */
  readonly store: RoleStore;
}

/** Puts a cache before a store of roles; see {@link RoleDirectory} for how old an answer may be. */
export function cacheRoles(store: RoleStore, clock: Clock): CachedRoles {
  const cache = new StaleCache<ReadonlySet<string>>(
    (key) => {
      const [subscription, user] = JSON.parse(key) as [string, string];
      return store.rolesOf(subscription, user);
    },
    { clock, maxEntries: CACHED_USERS },
  );
  const keyOf = (subscription: string, user: string): string =>
    JSON.stringify([subscription, user]);
  const writing = <T>(subscription: string, user: string, write: Promise<T>): Promise<T> =>
    write.finally(() => cache.forget(keyOf(subscription, user)));
  return {
    directory: {
      rolesOf: (subscription, user, maxAgeMs) => cache.get(keyOf(subscription, user), maxAgeMs),
    },
    store: {
      readRole: (subscription, role) => store.readRole(subscription, role),
      listRoles: (subscription) => store.listRoles(subscription),
      createRole: (subscription, role) => store.createRole(subscription, role),
      replaceRole: (subscription, role) => store.replaceRole(subscription, role),
      // It may concern any user.
      deleteRole: (subscription, role) =>
        store.deleteRole(subscription, role).finally(() => cache.clear()),
      assign: (subscription, assignment, kind) =>
        writing(subscription, assignment.user, store.assign(subscription, assignment, kind)),
      unassign: (subscription, role, user) =>
        writing(subscription, user, store.unassign(subscription, role, user)),
      readAssignment: (subscription, role, user) => store.readAssignment(subscription, role, user),
      listUsers: (subscription, role, page) => store.listUsers(subscription, role, page),
      listRolesOf: (subscription, user, page) => store.listRolesOf(subscription, user, page),
      rolesOf: (subscription, user) => store.rolesOf(subscription, user),
      unassignAll: (subscription, user) =>
        writing(subscription, user, store.unassignAll(subscription, user)),
    },
  };
}
