import { randomBytes, randomUUID } from 'node:crypto';
import { subscriptionsOf } from '../../shared/config/subscriptions.ts';
import type { Handler } from '../../shared/http/call.ts';
import { createWriteBehind } from '../../shared/monitor/write-behind.ts';
import { createJsonClient } from '../../shared/net/json-client.ts';
import { createGrantEnding } from '../../shared/oauth/end-grants.ts';
import { BearerFault, type BearerGate } from '../../shared/oauth/gate.ts';
import { createRevocations } from '../../shared/oauth/revocations.ts';
import { createRegistryApi } from '../../shared/registry/api/registry-api.ts';
import type { AuditEntry } from '../../shared/registry/audit/audit-entry.ts';
import { createAuditReader } from '../../shared/registry/audit/audit-reader.ts';
import { createAuditTrail } from '../../shared/registry/audit/audit-trail.ts';
import type { FlowTracer } from '../../shared/registry/diagnosis/flow-trace.ts';
import { cacheClients, cacheRoles } from '../../shared/registry/directories.ts';
import { createIssuedTokens } from '../../shared/registry/issued-tokens.ts';
import { cacheIssuers } from '../../shared/registry/issuers/issuer-directory.ts';
import { indexOrigins } from '../../shared/registry/origins.ts';
import { openAccessPolicyStore } from '../../shared/storage/access-policies.ts';
import { openAuditStore } from '../../shared/storage/audit.ts';
import { createClientStore } from '../../shared/storage/clients.ts';
import { openConsents } from '../../shared/storage/consents.ts';
import { openGrants } from '../../shared/storage/grants.ts';
import { openInitialAccessTokens } from '../../shared/storage/initial-access-tokens.ts';
import { createIssuerStore } from '../../shared/storage/issuers.ts';
import { openOriginIndex } from '../../shared/storage/origins.ts';
import { openRevocations } from '../../shared/storage/revocations.ts';
import { createRoleStore } from '../../shared/storage/roles.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { createUserStore } from '../../shared/storage/users.ts';
import { testStorage } from '../support/azurite.ts';
import { type Answer, answerOf, type CallOptions, makeCall } from '../support/call.ts';

/** A clock that stands still until it is told. */
export function fakeClock(start = Date.UTC(2030, 0, 1)) {
  let now = start;
  return { now: () => now, advance: (ms: number) => void (now += ms) };
}

/** Lets in whoever shows the name of a role as bearer token, with that role. */
export const gateByRoleName: BearerGate = {
  authenticate(call, subscription) {
    const user = /^Bearer (\S+)$/.exec(call.headers.get('authorization') ?? '')?.[1];
    if (user === undefined) {
      return Promise.reject(new BearerFault('missing_token', 'Send a bearer token.'));
    }
    const claims = {
      iss: 'http://localhost',
      sub: user,
      client_id: user,
      aud: subscription,
      exp: 2,
      iat: 1,
      jti: 'a',
    };
    return Promise.resolve({ user, clientId: user, subscription, claims });
  },
  hasRole: (caller, oneOf) => Promise.resolve(oneOf.includes(caller.user)),
  requireRole(caller, oneOf) {
    if (oneOf.includes(caller.user)) return Promise.resolve();
    return Promise.reject(new BearerFault('missing_role', `This takes ${oneOf.join(' or ')}.`));
  },
};

export const subscriptions = subscriptionsOf('acme');
export const OWN_ISSUER = 'https://flowgate.example';
const PRIVATE_HOSTS = new Set(['127.0.0.1']);
const json = createJsonClient({ privateHosts: PRIVATE_HOSTS });
export const AUDIT_RETENTION_MS = 365 * 86_400_000;

/** A registry over storage of its own; `another()` is a second instance over the same storage. */
export async function openRegistry(
  extra?: Readonly<Record<string, Handler>>,
  flows: FlowTracer = { trace: () => Promise.resolve(undefined) },
) {
  const storage = await testStorage();
  const clock = fakeClock();
  const open = () => {
    const tables = openTables(storage);
    const clients = cacheClients(createClientStore(tables), clock);
    const index = openOriginIndex(tables);
    const roles = cacheRoles(createRoleStore(tables), clock);
    const issuers = cacheIssuers(createIssuerStore(tables), clock);
    const users = createUserStore(tables);
    const accessPolicies = openAccessPolicyStore(tables);
    const ended: string[] = [];
    const log = openAuditStore(tables);
    const behind = createWriteBehind<AuditEntry>((entries) => log.append(entries), {
      what: 'audit entries',
      onError: (problem, cause) => console.error(problem, cause),
    });
    const trail = createAuditTrail({ store: log, behind, clock, randomUUID });
    const reader = createAuditReader(log, behind, clock, AUDIT_RETENTION_MS);
    const store = openRevocations(tables, randomUUID(), clock);
    const revocations = createRevocations({ store, clock });
    const grants = openGrants(tables);
    const consents = openConsents(tables);
    const api = createRegistryApi({
      gate: gateByRoleName,
      subscriptions,
      clients: indexOrigins(clients.store, index, clock),
      roles: roles.store,
      initialAccessTokens: openInitialAccessTokens(tables),
      issuers: { store: issuers.store, own: OWN_ISSUER, privateHosts: PRIVATE_HOSTS, json },
      users,
      userGrants: grants,
      userAccess: { endAll: (user) => Promise.resolve(void ended.push(user)) },
      flows,
      accessPolicies,
      authMethods: ['client_secret_basic', 'private_key_jwt'],
      audit: { trail, reader },
      tokens: createIssuedTokens({ reader, clients: clients.directory, revocations, clock }),
      revocations,
      grantEnding: createGrantEnding({ grants, consents, revocations, clock }),
      clock,
      random: randomBytes,
      ...(extra === undefined ? {} : { extra }),
    });
    const call = (options: CallOptions): Promise<Answer> =>
      answerOf(
        api,
        makeCall({
          ...options,
          path: `/registry/v1${options.path}`,
          headers: { authorization: 'Bearer AuthGroup.Administrator', ...options.headers },
        }),
      );
    const send = (
      method: string,
      path: string,
      body?: unknown,
      headers: Readonly<Record<string, string>> = {},
    ) => call({ method, path, body, headers });
    const parts = {
      accessPolicies,
      clients,
      index,
      roles,
      users,
      ended,
      issuers,
      revocations,
      grants,
    };
    return { ...parts, api, call, send, trail, log };
  };
  return { ...open(), clock, storage, another: open };
}

export type Registry = Awaited<ReturnType<typeof openRegistry>>;

export function itemsOf(answer: Answer, member: string): unknown[] {
  return (answer.json()['items'] as Record<string, unknown>[]).map((item) => item[member]);
}

export function pointersOf(answer: Answer): unknown[] {
  return (answer.json()['errors'] as { pointer: string }[]).map((error) => error.pointer);
}
