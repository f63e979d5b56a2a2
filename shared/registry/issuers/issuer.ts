import type { KeySource } from '../../jwt/fetch-keys.ts';

/** Another authorization server whose tokens are taken, and what its tokens mean here. */
export interface TrustedIssuer {
  /** Chosen by the administrator: {@link isIssuerId}. */
  readonly issuerId: string;
  /** `iss` of its tokens, exactly. */
  readonly issuer: string;
  readonly name: string;
  readonly description: string;
  /** Address of its metadata (RFC 8414, OpenID Connect Discovery); this or `jwksUri`. */
  readonly discovery: string | undefined;
  readonly jwksUri: string | undefined;
  /** One of them has to be in `aud` of its tokens. */
  readonly audience: readonly string[];
  /** The subscription that its tokens are good for. */
  readonly subscription: string;
  readonly use: readonly IssuerUse[];
  readonly enabled: boolean;
  /** Only tokens with `typ: at+jwt` (RFC 9068 section 2.1), so that no other kind passes for one. */
  readonly requireAtJwt: boolean;
  /** All of them have to match. */
  readonly requiredClaims: readonly ClaimMatch[];
  /** The first that matches decides which client a token is of. */
  readonly clientRules: readonly ClientRule[];
  /** The claim that names the user of a token that is of no client; undefined: then it is refused. */
  readonly userClaim: string | undefined;
  /** Before the claim's value: keeps users of different issuers apart. */
  readonly userPrefix: string;
  /** The claim whose values give roles, beside those that are assigned to the user. */
  readonly roleClaim: string | undefined;
  readonly roleRules: readonly RoleRule[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** `direct`: its tokens are shown to iFlows and to management. `exchange`: to the token endpoint. */
export const ISSUER_USES = ['direct', 'exchange'] as const;
export type IssuerUse = (typeof ISSUER_USES)[number];

/**
 * A claim, by its name or, for one inside of another, by its JSON Pointer (RFC 6901), such as
 * `/realm_access/roles`; and the value that it has, or has among others. Undefined: any value.
 */
export interface ClaimMatch {
  readonly claim: string;
  readonly value: string | undefined;
}

export interface ClientRule extends ClaimMatch {
  /** A registered client: the token acts as the user of this client. */
  readonly clientId: string;
}

export interface RoleRule {
  readonly value: string;
  readonly role: string;
}

/** Trusted issuers of a deployment, at most: all of them are in memory. */
export const MOST_ISSUERS = 100;

export function isIssuerId(text: string): boolean {
  return /^[a-z0-9-]{1,60}$/.test(text);
}

/** What token endpoint, dispatch and management need to know of trusted issuers. */
export interface IssuerDirectory {
  /**
   * The enabled trusted issuers with this `iss`, in the order of their ids, as storage held them at
   * most `maxAgeMs` (25 s unless told) ago.
   */
  of(iss: string, maxAgeMs?: number): Promise<readonly TrustedIssuer[]>;
}

/** Where its keys are; the registry lets no issuer pass that has neither address. */
export function sourceOf({ issuer, discovery, jwksUri = '' }: TrustedIssuer): KeySource {
  return discovery === undefined ? { jwksUri } : { discovery, issuer };
}

/** RFC 8725 section 3.11; many servers have JWT, or nothing, where RFC 9068 wants at+jwt. */
export function tokenTypesOf({ requireAtJwt }: TrustedIssuer): readonly (string | undefined)[] {
  return requireAtJwt ? ['at+jwt'] : ['at+jwt', 'jwt', undefined];
}
