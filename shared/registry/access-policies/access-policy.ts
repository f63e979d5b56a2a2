/**
 * SAP Help, Defining Access Policies: whom a policy lets in, and the artifacts that it protects. On a
 * tenant it guards who works on them; here it guards who calls them.
 */
export interface AccessPolicy {
  readonly id: number;
  /** A role of the runtime's subscription, or `client:` and the id of a client. */
  readonly roleName: string;
  readonly description: string;
  readonly references: readonly ArtifactReference[];
}

export interface ArtifactReference {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly type: 'INTEGRATION_FLOW' | 'INTEGRATION_PACKAGE';
  readonly attribute: 'ID' | 'Name';
  readonly condition: 'exactString' | 'regularExpression';
  readonly value: string;
}

/** All policies of a deployment: they are few, and a call has to know them all. */
export interface AccessPolicies {
  /** The next policy or reference gets this id. */
  readonly nextId: number;
  readonly policies: readonly AccessPolicy[];
}

export const NO_POLICIES: AccessPolicies = { nextId: 1, policies: [] };

/** What a policy is held against. */
export interface ProtectedArtifact {
  readonly id: string;
  readonly name: string;
  readonly packageId: string;
  readonly packageName: string;
}

export interface AccessPolicyStore {
  read(): Promise<{ readonly value: AccessPolicies; readonly etag: string | undefined }>;
  /**
   * @param etag of what was read; undefined where there was nothing.
   * @returns false where others have been faster.
   */
  write(value: AccessPolicies, etag: string | undefined): Promise<boolean>;
}

export const CLIENT_PREFIX = 'client:';
