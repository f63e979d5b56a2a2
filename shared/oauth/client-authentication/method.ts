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
  | 'no_certificate'
  | 'wrong_certificate';

export type Verdict = 'accepted' | AuthenticationFailure;

/** One way to prove who a client is (RFC 6749 section 2.3). */
export interface ClientAuthenticationMethod {
  /** The registered methods that it serves. */
  readonly serves: readonly TokenEndpointAuthMethod[];
  /**
   * What the request presents in this way; undefined if nothing.
   * @throws {OAuthError} for what cannot be read, with a text that says what to send.
   */
  read(
    call: HttpCall,
    parameters: Parameters,
  ): Promise<Presented | undefined> | Presented | undefined;
}

/** Who a request says it is from, and how to find out whether that is so. */
export interface Presented {
  readonly clientId: string;
  /** A refusal carries the challenge of RFC 6749 section 5.2: the Authorization header was used. */
  readonly challenge: boolean;
  /** What to check after a refusal: the same whatever was wrong. */
  readonly advice: string;
  /**
   * Holds what was presented against the client as the registry has it. May be called again, for the
   * client as it is meanwhile.
   * @param client undefined where there is none, or none that may come this way: never accepted. What
   *   it takes less time then has to be less than what every refusal waits.
   */
  verify(client: Client | undefined): Promise<Verdict>;
}
