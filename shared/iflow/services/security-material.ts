/** Credentials that receivers and scripts use, as administrators have written them; never logged. */
export interface SecurityMaterial {
  /** User Credentials (`UserCredentials`). */
  userCredentials(name: string): Promise<UserCredentials | undefined>;
  /** OAuth2 Client Credentials (`OAuth2ClientCredentials`). */
  oauth2ClientCredentials(name: string): Promise<OAuth2ClientCredentials | undefined>;
  /** Secure Parameter. */
  secureParameter(name: string): Promise<string | undefined>;
  /** A key pair of the keystore, with its certificate chain. */
  keyPair(alias: string): Promise<KeyPair | undefined>;
}

export interface UserCredentials {
  readonly name: string;
  readonly user: string;
  readonly password: string;
  /** Company id and the like: what kinds of credentials have beside user and password. */
  readonly properties: Readonly<Record<string, string>>;
}

/** SAP Help, Deploying an OAuth2 Client Credentials Artifact. */
export interface OAuth2ClientCredentials {
  readonly name: string;
  readonly tokenServiceUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where the token request has id and secret. */
  readonly clientAuthentication: 'header' | 'body';
  /** '' for none. */
  readonly scope: string;
  /** Media type of the token request. */
  readonly contentType: 'application/x-www-form-urlencoded' | 'application/json';
  readonly resource: string;
  readonly audience: string;
  readonly customParameters: readonly CustomParameter[];
  /** Changes whenever the material does: what was made with another one is not used any more. */
  readonly version: string;
}

export interface CustomParameter {
  readonly key: string;
  readonly value: string;
  readonly sendAs: 'body' | 'header' | 'query';
}

export interface KeyPair {
  readonly alias: string;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  /** PEM, the key's own certificate first. */
  readonly certificates: readonly string[];
  readonly version: string;
}
