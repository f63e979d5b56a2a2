import type { HttpCall } from '../http/call.ts';
import type { Confirmation } from '../jwt/types.ts';
import type { Client } from '../registry/client.ts';

/** What the caller has proven to hold, so that its access tokens are good in its hands only. */
export interface TokenBinding {
  /**
   * The key or certificate to bind the client's next access token to; undefined for a bearer token.
   * @throws {OAuthError} for a proof that is not good, or missing where the client has to have one.
   */
  confirm(call: HttpCall, client: Client): Promise<Confirmation | undefined>;
}

/** What whoever sends a bound access token has to show with it. */
export interface Possession {
  /**
   * @param token as it was sent; good by itself.
   * @param user whose token it is.
   * @throws {BearerFault} 401 when the caller does not hold what the token is bound to.
   */
  require(call: HttpCall, token: string, confirmation: Confirmation, user: string): Promise<void>;
}

/** RFC 9449 section 5; a token that is bound to a certificate is sent like any other bearer token. */
export function tokenTypeOf(confirmation: Confirmation | undefined): 'Bearer' | 'DPoP' {
  return confirmation !== undefined && 'jkt' in confirmation ? 'DPoP' : 'Bearer';
}
