import { once } from '../cache/once.ts';
import { grantEnding } from './grants.ts';
import { tables } from './storage.ts';
import type { UserAccess } from '../registry/users/user-store.ts';
import { createUserStore } from '../storage/users.ts';

export const users = once(async () => createUserStore(await tables()));

/** What ends with an account besides its sessions, which end with the session key of the user. */
export const userAccess: UserAccess = {
  async endAll(user) {
    await (await grantEnding()).endAllOfUser(user);
  },
};
