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
}

export interface AccessTokenIssuer {
  /**
   * Signs an access token with the ring's current key. `iss`, `iat`, `exp` and `jti` are set here.
   * @param grant `lifetime` in seconds; `registeredAt`, the client's `createdAt`, in milliseconds.
   */
  issue(grant: {
    readonly subject: string;
    readonly clientId: string;
    readonly registeredAt: number;
    readonly audience: string;
    readonly lifetime: number;
    readonly scope: string;
    readonly roles: readonly string[];
  }): Promise<string>;
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
