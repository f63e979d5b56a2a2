import type { HttpCall } from '../../http/call.ts';
import type { Parameters } from '../../http/form.ts';
import type { Client, TokenEndpointAuthMethod } from '../../registry/client.ts';

/** Why a client was not authenticated; a tag for log and trail, not for the caller. */
export type AuthenticationFailure =
  | 'unknown_client'
  | 'another_method'
  | 'wrong_secret'
  | 'secret_expired'
  | 'client_disabled'
  | 'wrong_assertion'
  | 'assertion_used'
  | 'wrong_certificate';

/** One way to prove who a client is (RFC 6749 section 2.3). */
export interface ClientAuthenticationMethod {
  /** The registered methods that it serves. */
  readonly serves: readonly TokenEndpointAuthMethod[];
  /**
   * What the request presents in this way; undefined if nothing.
   * @throws {OAuthError} for what cannot be read, with a text that says what to send.
   */
  read(call: HttpCall, parameters: Parameters): Presented | undefined;
}

/** Who a request says it is from, and how to find out whether that is so. */
export interface Presented {
  readonly clientId: string;
  /** In the Authorization header, so that a refusal carries its challenge (RFC 6749 section 5.2). */
  readonly inHeader: boolean;
  /**
   * Holds what was presented against the client as the registry has it.
   * @param client undefined where there is none, or none that may come this way: takes about as long,
   *   and is never accepted.
   */
  verify(client: Client | undefined): Promise<'accepted' | AuthenticationFailure>;
}
