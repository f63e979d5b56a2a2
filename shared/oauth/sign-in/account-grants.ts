/** What a user has allowed a client, as the user is shown it. */
export interface AccountGrant {
  readonly grantId: string;
  readonly clientId: string;
  /** The id where the client is gone. */
  readonly clientName: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly lastUsedAt: number | undefined;
}

export interface AccountGrants {
  /** Those that are alive, the newest first, at most a hundred. */
  list(user: string): Promise<readonly AccountGrant[]>;
  /**
   * Ends one with all its tokens, and the consent of the client is forgotten.
   * @returns false if the user has no such grant.
   */
  end(user: string, grantId: string): Promise<boolean>;
}
