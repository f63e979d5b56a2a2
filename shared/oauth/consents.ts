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

/** A client with the time of its registration: another with the same id begins without consents. */
export interface ConsentingClient {
  readonly clientId: string;
  readonly createdAt: number;
}
