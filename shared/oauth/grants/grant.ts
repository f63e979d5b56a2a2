import type { HttpCall } from '../../http/call.ts';
import type { Parameters } from '../../http/form.ts';
import type { Actor, Confirmation } from '../../jwt/types.ts';
import type { Client } from '../../registry/client.ts';

export interface GrantRequest {
  /** Authenticated, and registered for the grant. */
  readonly client: Client;
  readonly parameters: Parameters;
  readonly call: HttpCall;
  /** The key or certificate that the access token will be bound to; undefined for a bearer token. */
  readonly confirmation: Confirmation | undefined;
}

/** What a grant comes to: whom the access token speaks for, and what for. */
export interface Granted {
  readonly subject: string;
  /** Joined by spaces; '' for none. */
  readonly scope: string;
  /** The user's grant that the token is given out of; undefined where no user has granted anything. */
  readonly grantId?: string;
  /** When the user signed in, epoch seconds. */
  readonly authTime?: number;
  /** Who acts for the subject (RFC 8693 section 4.1). */
  readonly actor?: Actor;
  /** Seconds that the access token may live at most, where the grant sets a limit. */
  readonly mostSeconds?: number;
  readonly refreshToken?: string;
  /** RFC 8693 section 2.2.1. */
  readonly issuedTokenType?: string;
}

/** One `grant_type` of the token endpoint. */
export interface Grant {
  /** @throws {OAuthError} */
  grant(request: GrantRequest): Promise<Granted> | Granted;
}

/** The grants that are offered, by `grant_type`; each is loaded when it is first asked for. */
export type Grants = ReadonlyMap<string, () => Promise<Grant> | Grant>;
