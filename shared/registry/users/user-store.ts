import type { Versioned } from '../client.ts';
import type { Page, PageRequest } from '../page.ts';
import type { User } from './user.ts';

/** Where users are kept, under their names in lower case. */
export interface UserStore {
  /** The user of this name in any case; undefined if there is none. */
  read(name: string): Promise<Versioned<User> | undefined>;
  /** Its ETag; undefined, and nothing changed, if the name is taken in any case. `lastSignInAt` is left out. */
  create(user: User): Promise<string | undefined>;
  /**
   * Replaces all but `lastSignInAt`.
   * @returns the new ETag; undefined, and nothing changed, if `etag` is stale or the user is gone.
   */
  replace(user: User, etag: string): Promise<string | undefined>;
  /** False, and nothing changed, if `etag` is stale. */
  remove(name: string, etag: string): Promise<boolean>;
  /** A user that is gone is no error. */
  noteSignIn(name: string, at: number): Promise<void>;
  /** By name in lower case. */
  list(page: PageRequest): Promise<Page<User>>;
}

/** What ends with a user's account besides its sessions: grants, and the tokens that came of them. */
export interface UserAccess {
  /** Ends all of it; again is no error. */
  endAll(user: string): Promise<void>;
}
