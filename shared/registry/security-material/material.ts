/**
 * The kinds of security material: what of each an API may show, and what it never does. Names and
 * meanings are those of SAP Help, Security Content.
 */
export interface MaterialKinds {
  readonly 'user-credentials': {
    readonly shown: {
      readonly userKind: UserKind;
      readonly user: string;
      readonly companyId: string;
    };
    readonly secret: { readonly password: string };
  };
  readonly 'oauth2-client-credentials': {
    readonly shown: {
      readonly tokenServiceUrl: string;
      readonly clientId: string;
      readonly clientAuthentication: 'header' | 'body';
      readonly scope: string;
      readonly contentType: 'application/x-www-form-urlencoded' | 'application/json';
      readonly resource: string;
      readonly audience: string;
      readonly customParameters: readonly CustomParameter[];
    };
    readonly secret: { readonly clientSecret: string };
  };
  readonly 'secure-parameter': {
    readonly shown: Readonly<Record<string, never>>;
    readonly secret: { readonly value: string };
  };
  readonly 'key-pair': {
    /** PEM, the key's own certificate first. */
    readonly shown: { readonly certificates: readonly string[] };
    /** PKCS #8, PEM. */
    readonly secret: { readonly privateKey: string };
  };
  readonly certificate: {
    /** PEM, one. */
    readonly shown: { readonly certificates: readonly string[] };
    readonly secret: Readonly<Record<string, never>>;
  };
}

export type Kind = keyof MaterialKinds;
export type UserKind = 'default' | 'successfactors' | 'openconnectors';

export interface CustomParameter {
  readonly key: string;
  readonly value: string;
  readonly sendAs: 'body' | 'header' | 'query';
}

/** What whoever writes it says of it. */
export interface Draft<K extends Kind> {
  readonly kind: K;
  readonly name: string;
  readonly description: string;
  readonly shown: MaterialKinds[K]['shown'];
  readonly secret: MaterialKinds[K]['secret'];
}

export interface Material<K extends Kind> extends Draft<K> {
  /** New with every change. */
  readonly version: string;
  /** User names, and milliseconds since the epoch. */
  readonly createdBy: string;
  readonly createdAt: number;
  readonly changedBy: string;
  readonly changedAt: number;
}

/** Material of any kind, told apart by `kind`. */
export type AnyMaterial = { readonly [K in Kind]: Material<K> }[Kind];

/**
 * Names are unique within a space: a tenant has one list of credentials, whatever their kind, and one
 * keystore.
 */
export type Space = 'credentials' | 'keystore';

const SPACES: Readonly<Record<Kind, Space>> = {
  'user-credentials': 'credentials',
  'oauth2-client-credentials': 'credentials',
  'secure-parameter': 'credentials',
  'key-pair': 'keystore',
  certificate: 'keystore',
};

export const spaceOf = (kind: Kind): Space => SPACES[kind];

/** How a sentence calls each kind. */
export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  'user-credentials': 'user credentials',
  'oauth2-client-credentials': 'OAuth2 client credentials',
  'secure-parameter': 'a secure parameter',
  'key-pair': 'a key pair',
  certificate: 'a certificate',
};

export function isKind(text: string): text is Kind {
  return Object.hasOwn(SPACES, text);
}

/** Whether it is of that kind; narrows the type. */
export function isOfKind<K extends Kind>(
  material: AnyMaterial,
  kind: K,
): material is AnyMaterial & Material<K> {
  return material.kind === kind;
}
