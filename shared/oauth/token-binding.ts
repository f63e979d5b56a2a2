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
