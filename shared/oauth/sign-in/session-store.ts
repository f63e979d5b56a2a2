/** A browser in which a user has signed in. */
export interface Session {
  readonly user: string;
  /** `User.sessionKey` as it was: the session is over when the user has another. */
  readonly sessionKey: string;
  /** When the user has shown who it is, in milliseconds since the epoch, as the rest. */
  readonly authTime: number;
  /** When it was last used, to a few minutes. */
  readonly seenAt: number;
  readonly expiresAt: number;
}

/** Where sessions are kept, by the SHA-256 of their ids; every instance sees a change at once. */
export interface SessionStore {
  find(idHash: string): Promise<Session | undefined>;
  create(idHash: string, session: Session): Promise<void>;
  /** Takes note of its use; one that is gone stays so. */
  touch(idHash: string, seenAt: number): Promise<void>;
  /** Again is no error. */
  remove(idHash: string): Promise<void>;
}
