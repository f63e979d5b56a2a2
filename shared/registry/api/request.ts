import type { Handler, HttpCall, HttpReply } from '../../http/call.ts';
import type { Clock } from '../../config/clock.ts';
import type { Subscriptions } from '../../config/subscriptions.ts';
import type { GrantEnding } from '../../oauth/end-grants.ts';
import type { BearerGate } from '../../oauth/gate.ts';
import type { GrantStore } from '../../oauth/grant-store.ts';
import type { Revocations } from '../../oauth/revocations.ts';
import type { AccessPolicyStore } from '../access-policies/access-policy.ts';
import type { AuditNote } from '../audit/audit-entry.ts';
import type { AuditReader } from '../audit/audit-reader.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { ClientStore } from '../client-store.ts';
import type { JsonClient } from '../../net/json-client.ts';
import type { PrivateHosts } from '../../net/private-hosts.ts';
import type { FlowTracer } from '../diagnosis/flow-trace.ts';
import type { InitialAccessTokenStore } from '../initial-access-tokens.ts';
import type { IssuedTokens } from '../issued-tokens.ts';
import type { IssuerStore } from '../issuers/issuer-store.ts';
import type { RoleStore } from '../role-store.ts';
import type { RandomBytes } from '../secrets.ts';
import type { UserAccess, UserStore } from '../users/user-store.ts';

export interface RegistryDeps {
  readonly gate: BearerGate;
  readonly subscriptions: Subscriptions;
  /** Those of `cacheClients` and `cacheRoles`, so that this instance sees its own changes at once. */
  readonly clients: ClientStore;
  readonly roles: RoleStore;
  readonly initialAccessTokens: InitialAccessTokenStore;
  readonly issuers: {
    /** That of `cacheIssuers`. */
    readonly store: IssuerStore;
    /** `iss` of our own tokens. */
    readonly own: string;
    readonly privateHosts: PrivateHosts;
    readonly json: JsonClient;
  };
  readonly users: UserStore;
  readonly userAccess: UserAccess;
  /** Access tokens that were issued, and how they and what users have granted are ended. */
  readonly tokens: IssuedTokens;
  readonly revocations: Pick<Revocations, 'revokeToken'>;
  readonly grantEnding: Pick<GrantEnding, 'endOfUser'>;
  readonly userGrants: Pick<GrantStore, 'listOfUser'>;
  /** For diagnosis. */
  readonly flows: FlowTracer;
  readonly accessPolicies: Pick<AccessPolicyStore, 'read'>;
  readonly authMethods: readonly string[];
  readonly audit: { readonly trail: Pick<AuditTrail, 'change'>; readonly reader: AuditReader };
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Rooms that answer below `/registry/v1/<name>`; they check their callers themselves. */
  readonly extra?: Readonly<Record<string, Handler>>;
}

/** A reply, and what it adds to the audit trail's entry of the change. */
export interface RegistryReply extends HttpReply {
  readonly audit?: AuditNote;
}

/** Answers a call whose caller has the right to it; `values` are the path's, decoded. */
export type Operation = (
  call: HttpCall,
  deps: RegistryDeps,
  ...values: string[]
) => Promise<RegistryReply> | RegistryReply;

/** One address: segments below `/registry/v1/`, of which `*` takes any value, and what it does. */
export interface Route {
  readonly path: string;
  /** Roles that may read; all three groups unless told. */
  readonly readers?: readonly string[];
  readonly operations: Readonly<
    Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Operation>>
  >;
}

/** Where the registry is served. */
export const BASE = '/registry/v1';

/** An address of the registry, for `Location`. */
export function addressOf(...segments: readonly string[]): string {
  return [BASE, ...segments.map(encodeURIComponent)].join('/');
}
