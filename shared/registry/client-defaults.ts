/** Seconds: an hour, and twelve. */
export const DEFAULT_LIFETIMES = {
  accessTokenLifetime: 3600,
  refreshTokenLifetime: 43_200,
} as const;
