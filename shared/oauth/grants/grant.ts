import type { Parameters } from '../../http/form.ts';
import type { Client, GrantType } from '../../registry/client.ts';

export interface GrantRequest {
  /** Authenticated, and registered for the grant. */
  readonly client: Client;
  readonly parameters: Parameters;
}

/** What a grant comes to: whom the access token speaks for, and what for. */
export interface Granted {
  readonly subject: string;
  /** Joined by spaces; '' for none. */
  readonly scope: string;
}

/** One `grant_type` of the token endpoint. */
export interface Grant {
  readonly grantType: GrantType;
  /** @throws {OAuthError} */
  grant(request: GrantRequest): Promise<Granted> | Granted;
}
