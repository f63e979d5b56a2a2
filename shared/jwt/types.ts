/** Claims of an access token (RFC 9068 section 2.2) as Flowgate issues and accepts them. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly client_id: string;
  /** The subscription. */
  readonly aud: string;
  readonly exp: number;
  readonly iat: number;
  readonly jti: string;
  readonly scope?: string;
  readonly roles?: readonly string[];
  /** What the bearer has to hold (RFC 7800). */
  readonly cnf?: Confirmation;
  /** The user's grant that the token was given out of. */
  readonly grant_id?: string;
  /** When the user signed in (RFC 9068 section 2.2.1). */
  readonly auth_time?: number;
  /** RFC 8693 section 4.1. */
  readonly act?: Actor;
}

/** A DPoP key by its thumbprint (RFC 9449 section 6.1), or a certificate (RFC 8705 section 3.1). */
export type Confirmation = { readonly jkt: string } | { readonly 'x5t#S256': string };

export function isConfirmation(value: unknown): value is Confirmation {
  if (typeof value !== 'object' || value === null) return false;
  const members = Object.entries(value);
  const [name, text] = members[0] ?? [];
  return (
    members.length === 1 &&
    (name === 'jkt' || name === 'x5t#S256') &&
    typeof text === 'string' &&
    text !== ''
  );
}

/** Who acts for the subject of a token. */
export interface Actor {
  readonly sub: string;
  readonly act?: Actor;
}

/** A signed token, and what it says. */
export interface IssuedToken {
  readonly token: string;
  readonly claims: AccessTokenClaims;
}

export interface AccessTokenIssuer {
  /**
   * Signs an access token with the ring's current key. `iss`, `iat`, `exp` and `jti` are set here.
   * @param grant `lifetime` in seconds; `tokensFrom` of the client in milliseconds; `authTime` in
   *   seconds since the epoch.
   */
  issue(grant: {
    readonly subject: string;
    readonly clientId: string;
    readonly tokensFrom: number;
    readonly audience: string;
    readonly lifetime: number;
    readonly scope: string;
    readonly roles: readonly string[];
    readonly confirmation?: Confirmation | undefined;
    readonly grantId?: string | undefined;
    readonly authTime?: number | undefined;
    readonly actor?: Actor | undefined;
  }): Promise<IssuedToken>;
}

export interface AccessTokenVerifier {
  /**
   * Checks everything that a token says of itself: form, signature, `typ`, issuer, times, and that
   * every required claim is there. A token seen before is answered from memory until it expires.
   * Whether it is for this subscription, and whether its client still stands, is the caller's check
   * (`oauth/bearer.ts`).
   * @throws {TokenFault}
   */
  verify(token: string): Promise<AccessTokenClaims>;
}

/** Why a token was refused; the caller of the API gets our text, never the library's. */
export class TokenFault extends Error {
  readonly reason: 'invalid_token' | 'expired';
  /** Which check it failed, for logs and tests; the text does not tell. */
  readonly check: string;

  constructor(reason: 'invalid_token' | 'expired', detail: string, check: string) {
    super(detail);
    this.name = 'TokenFault';
    this.reason = reason;
    this.check = check;
  }
}
