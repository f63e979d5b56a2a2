import type { Application } from '../config/subscriptions.ts';

/** What the registry keeps of one OAuth client. Wire names are those of RFC 7591 where it has one. */
export interface Client {
  readonly clientId: string;
  readonly clientName: string;
  readonly description: string;
  /** Name of the subscription its tokens are for (`aud`). */
  readonly subscription: string;
  readonly grantTypes: readonly GrantType[];
  /** Scopes that it may ask for. */
  readonly scopes: readonly string[];
  /** Those of {@link Client.scopes} that it gets when it asks for none; undefined for all. */
  readonly defaultScopes: readonly string[] | undefined;
  readonly redirectUris: readonly string[];
  readonly tokenEndpointAuthMethod: TokenEndpointAuthMethod;
  /** Public keys for `private_key_jwt` and `self_signed_tls_client_auth`; this or `jwksUri`. */
  readonly jwks: JsonWebKeySet | undefined;
  readonly jwksUri: string | undefined;
  /** For `tls_client_auth`: what the certificate's subject has to be (RFC 8705 section 2.1.2). */
  readonly tlsClientAuth: CertificateSubject | undefined;
  /** Its access tokens are bound to a DPoP key (RFC 9449 section 5.2): without a proof it gets none. */
  readonly dpopBoundAccessTokens: boolean;
  /** Its access tokens are bound to its certificate (RFC 8705 section 3.4). */
  readonly tlsClientCertificateBoundAccessTokens: boolean;
  /** The authorization endpoint takes only what it has pushed (RFC 9126 section 6). */
  readonly requirePushedAuthorizationRequests: boolean;
  /** Users are not asked whether it may act for them. */
  readonly skipConsent: boolean;
  /** Seconds, 60 to 43,200. */
  readonly accessTokenLifetime: number;
  /** Seconds. */
  readonly refreshTokenLifetime: number;
  /** Origins that a browser may call the token endpoint from. */
  readonly allowedOrigins: readonly string[];
  readonly enabled: boolean;
  /** At most two. */
  readonly secrets: readonly StoredSecret[];
  /** Milliseconds since the epoch. Tokens made before this are refused. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /**
   * Milliseconds since the epoch: access tokens from before all its tokens were revoked are refused.
   * `createdAt` until then.
   */
  readonly tokensFrom: number;
  /** Of a client that has registered itself (RFC 7591), and may change its registration (RFC 7592). */
  readonly registration: SelfRegistration | undefined;
}

/** How a client that has registered itself may do so again, and what it may give itself. */
export interface SelfRegistration {
  /** SHA-256 of its registration access token, base64url. */
  readonly tokenHash: string;
  readonly limits: RegistrationLimits;
  /** When it gave itself other redirect URIs, milliseconds since the epoch; undefined for never. */
  readonly redirectsSince?: number;
  /** Its deletion has begun, and may be finished by whoever has begun it. */
  readonly isBeingDeleted?: boolean;
}

/** What clients may be registered for without an administrator. */
export interface RegistrationLimits {
  readonly grantTypes: readonly GrantType[];
  readonly scopes: readonly string[];
}

export const GRANT_TYPES = [
  'client_credentials',
  'authorization_code',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:grant-type:token-exchange',
] as const;

export type GrantType = (typeof GRANT_TYPES)[number];

/**
 * Those that a client may use that cannot prove who it is: what is presented in them is bound to the
 * client, by a code verifier or by a key.
 */
export const GRANTS_OF_PUBLIC_CLIENTS: readonly GrantType[] = [
  'authorization_code',
  'refresh_token',
];

/**
 * How a client proves who it is. `client_secret_basic` and `client_secret_post` are both accepted
 * whichever of the two is registered; of the others each is the only one.
 */
export const AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const;

export type TokenEndpointAuthMethod = (typeof AUTH_METHODS)[number];

/** RFC 7517 section 5; public keys only. */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKey[];
}

/** RFC 7517 section 4. */
export type JsonWebKey = Readonly<Record<string, unknown>>;

/** RFC 8705 section 2.1.2: one name that the certificate has to have. */
export interface CertificateSubject {
  readonly kind: 'subject_dn' | 'san_dns' | 'san_uri' | 'san_ip' | 'san_email';
  readonly value: string;
}

export type StoredSecret = {
  readonly secretId: string;
  /** Last four characters, to tell secrets apart. */
  readonly lastFour: string;
  readonly createdAt: number;
  /** Milliseconds since the epoch; undefined never expires. */
  readonly expiresAt: number | undefined;
} & (
  | {
      /** A secret that we generated: 256 random bits need no slow hash. */
      readonly kind: 'sha256';
      /** base64url. */
      readonly hash: string;
    }
  | {
      /** A secret that a person chose. */
      readonly kind: 'scrypt';
      /** base64url. */
      readonly hash: string;
      readonly salt: string;
    }
);

export interface Versioned<T> {
  readonly value: T;
  /** A strong HTTP entity tag, quotes included. */
  readonly etag: string;
}

/** What the OAuth rooms need to know of clients. */
export interface ClientDirectory {
  /**
   * The client, as storage held it at most `maxAgeMs` (25 s unless told) ago; undefined if there is
   * none. Absence is never served from memory, so a client works on every instance at once.
   */
  find(clientId: string, maxAgeMs?: number): Promise<Client | undefined>;
}

/** What token endpoint and dispatch need to know of role assignments. */
export interface RoleDirectory {
  /**
   * The roles of `user` in `subscription`, as storage held them at most `maxAgeMs` (25 s unless
   * told) ago.
   */
  rolesOf(subscription: string, user: string, maxAgeMs?: number): Promise<ReadonlySet<string>>;
}

/** The user that a client acts as; roles are assigned to this name, case-sensitive. */
export function userOfClient(clientId: string): string {
  return `oauth_client_${clientId}`;
}

export interface PredefinedRole {
  readonly role: string;
  readonly application: Application;
  readonly description: string;
}

/** Roles that exist in every deployment and cannot be deleted. */
export const PREDEFINED_ROLES: readonly PredefinedRole[] = [
  { role: 'ESBMessaging.send', application: 'iflmap', description: 'Send messages to iFlows.' },
  {
    role: 'Token.Introspect',
    application: 'iflmap',
    description: 'Ask about any token of this subscription.',
  },
  {
    role: 'Token.Introspect',
    application: 'tmn',
    description: 'Ask about any token of this subscription.',
  },
  { role: 'AuthGroup.Administrator', application: 'tmn', description: 'Everything.' },
  {
    role: 'AuthGroup.IntegrationDeveloper',
    application: 'tmn',
    description: 'Packages, iFlows, deployment and monitoring.',
  },
  { role: 'AuthGroup.ReadOnly', application: 'tmn', description: 'Reads everything but payloads.' },
];

/** Whoever has secrets: a client, or a person with a password. */
export type SecretHolder = Pick<Client, 'clientId' | 'secrets'>;

/** Compares presented secrets with a client's. */
export interface SecretVerifier {
  /**
   * Takes about as long for a client that does not exist as for one that does. What scrypt has
   * accepted is remembered in memory under a keyed hash.
   * @param presented readings of one secret (as sent, and form-decoded); any of them may match.
   * @throws {Fault} 503 with Retry-After while too many scrypt computations are under way.
   */
  verify(
    client: SecretHolder | undefined,
    presented: readonly string[],
  ): Promise<'accepted' | 'wrong' | 'expired'>;
}
