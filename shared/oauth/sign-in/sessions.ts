import { createHmac, hash } from 'node:crypto';
import type { Clock } from '../../config/clock.ts';
import type { Cookie, HttpCall } from '../../http/call.ts';
import { cookieKind, readCookie } from '../../http/cookies.ts';
import type { RandomBytes } from '../../registry/secrets.ts';
import type { User } from '../../registry/users/user.ts';
import type { UserStore } from '../../registry/users/user-store.ts';
import { PEOPLE_PATH } from './addresses.ts';
import type { SessionStore } from './session-store.ts';
import type { SignedIn } from './sign-in.ts';

const MINUTE_MS = 60_000;
/** A session that is not used ends. */
export const IDLE_MS = 60 * MINUTE_MS;
/** A session ends, however much it is used. */
export const LONGEST_MS = 12 * 60 * MINUTE_MS;
/** In the place of when a person has signed in, where the upstream provider does not say. */
export const UNKNOWN_TIME = 0;
/** Its use is written down no more often than this. */
const TOUCH_MS = 5 * MINUTE_MS;

/** A session that is neither over nor of a user that is gone, disabled or has another password since. */
export interface OpenSession extends SignedIn {
  readonly account: User;
  /** The user has a password that somebody else has chosen: nothing is open to it but to change it. */
  readonly mustChangePassword: boolean;
}

export interface Sessions {
  find(call: HttpCall): Promise<OpenSession | undefined>;
  /**
   * Begins a session under a new id and ends the one that the browser had, so that nobody can know the
   * id beforehand.
   * @returns the cookie to set.
   */
  begin(call: HttpCall, account: User, authTime: number): Promise<Cookie>;
  /** @returns the cookie to set. */
  end(call: HttpCall): Promise<Cookie>;
}

/**
 * Sessions of people at the pages of this server. The cookie holds 256 random bits; the store has their
 * SHA-256 alone. Each page reads session and user from storage, so what ends on one instance has ended
 * on all.
 * @param csrfKey of the tokens of forms, which are made from the id: 32 bytes.
 */
export function createSessions(deps: {
  readonly store: SessionStore;
  readonly users: Pick<UserStore, 'read'>;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly csrfKey: Buffer;
  /** Whether people reach this server by https. */
  readonly isHttps: boolean;
}): Sessions {
  const { store, users, clock } = deps;
  const cookie = cookieKind('flowgate-session', {
    isHttps: deps.isHttps,
    path: PEOPLE_PATH,
    sameSite: 'Lax',
  });

  const idOf = (call: HttpCall): string | undefined => {
    const id = readCookie(call.headers, cookie.name);
    return id !== undefined && /^[A-Za-z0-9_-]{43}$/.test(id) ? id : undefined;
  };

  return {
    async find(call) {
      const id = idOf(call);
      if (id === undefined) return undefined;
      const session = await store.find(hashOf(id));
      const now = clock.now();
      if (session === undefined || now >= session.expiresAt || now >= session.seenAt + IDLE_MS) {
        return undefined;
      }
      const account = (await users.read(session.user))?.value;
      if (account?.enabled !== true || account.sessionKey !== session.sessionKey) return undefined;
      if (now >= session.seenAt + TOUCH_MS) await store.touch(hashOf(id), now);
      const { credential } = account;
      return {
        user: account.user,
        authTime: Math.floor(session.authTime / 1000),
        csrf: createHmac('sha256', deps.csrfKey).update(id).digest('base64url'),
        account,
        mustChangePassword: credential.kind === 'password' && credential.mustChange,
      };
    },

    async begin(call, account, authTime) {
      const before = idOf(call);
      if (before !== undefined) await store.remove(hashOf(before));
      const id = deps.random(32).toString('base64url');
      const now = clock.now();
      await store.create(hashOf(id), {
        user: account.user,
        sessionKey: account.sessionKey,
        authTime,
        seenAt: now,
        expiresAt: now + LONGEST_MS,
      });
      return cookie.set(id);
    },

    async end(call) {
      const id = idOf(call);
      if (id !== undefined) await store.remove(hashOf(id));
      return cookie.clear();
    },
  };
}

const hashOf = (id: string): string => hash('sha256', id, 'hex');
