/** Seconds: an hour, and twelve. */
export const DEFAULT_LIFETIMES = {
  accessTokenLifetime: 3600,
  refreshTokenLifetime: 43_200,
} as const;

/** What a client is that says nothing of its keys, its users and how its tokens are bound. */
export const DEFAULT_OAUTH_SETTINGS = {
  defaultScopes: undefined,
  jwks: undefined,
  jwksUri: undefined,
  tlsClientAuth: undefined,
  dpopBoundAccessTokens: false,
  tlsClientCertificateBoundAccessTokens: false,
  requirePushedAuthorizationRequests: false,
  skipConsent: false,
  registration: undefined,
} as const;
