/** Values that count once, on whichever instance they come: `jti`, authorization codes and the like. */
export interface OneTimeValues {
  /**
   * Marks a value as used.
   * @param purpose keeps values of different kinds apart, such as `client_assertion`.
   * @param value of any length; only its hash is kept.
   * @param expiresAt milliseconds since the epoch, after which the value is refused for its age. The
   *   same value must always come with the same time.
   * @returns false if it has been used before.
   */
  use(purpose: string, value: string, expiresAt: number): Promise<boolean>;
}
