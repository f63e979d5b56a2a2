import type { Application } from '../config/subscriptions.ts';

/** What the registry keeps of one OAuth client. Wire names are those of RFC 7591 where it has one. */
export interface Client {
  readonly clientId: string;
  readonly clientName: string;
  readonly description: string;
  /** Name of the subscription its tokens are for (`aud`). */
  readonly subscription: string;
  readonly grantTypes: readonly GrantType[];
  /** Scopes that it may ask for, and gets when it asks for none. */
  readonly scopes: readonly string[];
  readonly redirectUris: readonly string[];
  readonly tokenEndpointAuthMethod: TokenEndpointAuthMethod;
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
}

export type GrantType = 'client_credentials';

/** `client_secret_basic` and `client_secret_post` are both accepted whichever is registered. */
export type TokenEndpointAuthMethod = 'client_secret_basic' | 'client_secret_post';

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

/** Compares presented secrets with a client's. */
export interface SecretVerifier {
  /**
   * Takes about as long for a client that does not exist as for one that does. What scrypt has
   * accepted is remembered in memory under a keyed hash.
   * @param presented readings of one secret (as sent, and form-decoded); any of them may match.
   * @throws {Fault} 503 with Retry-After while too many scrypt computations are under way.
   */
  verify(
    client: Client | undefined,
    presented: readonly string[],
  ): Promise<'accepted' | 'wrong' | 'expired'>;
}
