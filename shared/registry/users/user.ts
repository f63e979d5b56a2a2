/** A person who may sign in. Roles are assigned to the name, as to the users of clients. */
export interface User {
  /** As {@link isUserName} has it. No two names differ only in case. */
  readonly user: string;
  readonly displayName: string;
  readonly email: string | undefined;
  readonly enabled: boolean;
  readonly credential: Password | UpstreamIdentity;
  /**
   * Sessions hold the one that they began with, and are over when it is another: it is made anew when
   * the user is disabled and when the password is changed. No clocks are compared.
   */
  readonly sessionKey: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastSignInAt: number | undefined;
}

export interface Password {
  readonly kind: 'password';
  /** scrypt, base64url. */
  readonly hash: string;
  readonly salt: string;
  /** It was set by an administrator: the user chooses another at the next sign-in. */
  readonly mustChange: boolean;
}

/** Who this is at the upstream OpenID provider: both are never given to anybody else (Core section 2). */
export interface UpstreamIdentity {
  readonly kind: 'upstream';
  readonly issuer: string;
  readonly subject: string;
}

const USER_NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,199}$/;

/** Names that mean something else: a client's user, and the app itself in the audit trail. */
const RESERVED = /^(oauth_client_.*|system)$/i;

/** Whether a person may have this name. */
export function isUserName(text: string): boolean {
  return USER_NAME.test(text) && !RESERVED.test(text);
}
