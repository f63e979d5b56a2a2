import { Fault } from '../../http/fault.ts';
import { Problem } from '../../http/problem.ts';
import type { IfMatch } from '../change-client.ts';
import type { Versioned } from '../client.ts';
import type { RoleStore } from '../role-store.ts';
import type { RandomBytes } from '../secrets.ts';
import type { User } from './user.ts';
import type { UserAccess, UserStore } from './user-store.ts';

/** How often a change meant for any version is tried again because another one came first. */
const TRIES = 10;

/** @throws {Problem} 404, naming a user that differs only in case. */
export async function readUser(store: UserStore, name: string): Promise<Versioned<User>> {
  const found = await store.read(name);
  if (found?.value.user === name) return found;
  throw Problem.notFound(
    found === undefined
      ? 'There is no user of this name. People who may sign in are listed at /registry/v1/users.'
      : `There is no user of this name. Names are case-sensitive: there is ${found.value.user}.`,
  );
}

/**
 * Applies `change` to the user as it is, and stores it if nobody has changed it meanwhile.
 * @throws {Problem} 404 if there is no such user, 412 if it is not one of the versions meant.
 */
export async function changeUser(
  store: UserStore,
  name: string,
  ifMatch: IfMatch,
  change: (user: User) => User | Promise<User>,
): Promise<Versioned<User>> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const current = await readUser(store, name);
    if (ifMatch !== 'any' && !ifMatch.includes(current.etag)) throw Problem.preconditionFailed();
    const value = await change(current.value);
    const etag = await store.replace(value, current.etag);
    if (etag !== undefined) return { value, etag };
  }
  throw tooBusy();
}

/** What ends every session of a user. */
export const newSessionKey = (random: RandomBytes): string => random(12).toString('base64url');

/**
 * Deletes a user, its sessions, its role assignments and what it has allowed clients. The user is
 * disabled first and removed last: whenever this is cut short nobody can sign in as it, it is still
 * there to be deleted again, and it never leaves roles behind for another person of its name.
 * @throws {Problem} 404 and 412 as {@link changeUser}; nothing has changed then.
 */
export async function deleteUser(
  deps: {
    readonly users: UserStore;
    readonly roles: RoleStore;
    readonly userAccess: UserAccess;
    readonly random: RandomBytes;
  },
  subscriptions: readonly string[],
  name: string,
  ifMatch: IfMatch,
): Promise<void> {
  const retired = await changeUser(deps.users, name, ifMatch, (user) => ({
    ...user,
    enabled: false,
    sessionKey: newSessionKey(deps.random),
  }));
  for (const subscription of subscriptions) await deps.roles.unassignAll(subscription, name);
  await deps.userAccess.endAll(name);
  let etag = retired.etag;
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await deps.users.remove(name, etag)) return;
    const current = await deps.users.read(name);
    // Another deletion has finished before this one; a user made since is not ours to remove.
    if (current?.value.createdAt !== retired.value.createdAt) return;
    etag = current.etag;
  }
  throw tooBusy();
}

function tooBusy(): Fault {
  return Fault.unavailable(
    'The user is being changed by others at the same moment. Send the request again.',
    1,
  );
}
