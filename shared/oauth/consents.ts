import type { Client } from '../registry/client.ts';

/** What users have allowed clients before, so that they are not asked again. */
export interface Consents {
  /**
   * The scopes that the user has allowed the client as it is registered; undefined if it was never
   * asked, or has taken them back.
   */
  find(user: string, client: ConsentingClient): Promise<ReadonlySet<string> | undefined>;
  /** Remembers these and no others. */
  remember(user: string, client: ConsentingClient, scopes: ReadonlySet<string>): Promise<void>;
  /** The user is asked again; without consent it is no error. */
  forget(user: string, clientId: string): Promise<void>;
}

/** A client with the time since when consents count: another with the same id begins without any. */
export interface ConsentingClient {
  readonly clientId: string;
  readonly createdAt: number;
}

/** A client that has given itself other redirect URIs is not the one that users have allowed. */
export function consentedAs({ clientId, createdAt, registration }: Client): ConsentingClient {
  return { clientId, createdAt: registration?.redirectsSince ?? createdAt };
}
