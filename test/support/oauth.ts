import { timingSafeEqual } from 'node:crypto';
import { subscriptionsOf } from '../../shared/config/subscriptions.ts';
import type { AllowedOrigins } from '../../shared/http/cors.ts';
import type { ServerFeatures } from '../../shared/oauth/metadata-endpoint.ts';
import { createResourceIndicators } from '../../shared/oauth/resource.ts';
import type { OneTimeValues } from '../../shared/oauth/one-time-values.ts';
import type { ForeignCallers } from '../../shared/oauth/trusted-issuers/foreign-callers.ts';
import type {
  Client,
  ClientDirectory,
  RoleDirectory,
  SecretHolder,
  SecretVerifier,
} from '../../shared/registry/client.ts';
import type { Revocations } from '../../shared/oauth/revocations.ts';
import { DEFAULT_OAUTH_SETTINGS } from '../../shared/registry/client-defaults.ts';

/** A client as the registry would hold it; `clientId` is `app` unless told. */
export function someClient(changes: Partial<Client> = {}): Client {
  return {
    clientId: 'app',
    clientName: 'App',
    description: '',
    subscription: 'flowgateiflmap',
    grantTypes: ['client_credentials'],
    scopes: [],
    redirectUris: [],
    tokenEndpointAuthMethod: 'client_secret_basic',
    accessTokenLifetime: 3600,
    refreshTokenLifetime: 86_400,
    allowedOrigins: [],
    enabled: true,
    ...DEFAULT_OAUTH_SETTINGS,
    secrets: [],
    createdAt: 0,
    updatedAt: 0,
    tokensFrom: changes.createdAt ?? 0,
    ...changes,
  };
}

export interface TestDirectory extends ClientDirectory {
  /** What storage holds. */
  readonly stored: Map<string, Client>;
  /** What the instance remembers; served to whoever takes an answer older than a second. */
  readonly remembered: Map<string, Client>;
  /** Ids looked for, with the age asked for. */
  readonly lookups: { clientId: string; maxAgeMs: number | undefined }[];
}

/** The registry's contract in memory, with a memory that can be older than what is stored. */
export function testDirectory(...clients: readonly Client[]): TestDirectory {
  const stored = new Map(clients.map((client) => [client.clientId, client]));
  const remembered = new Map<string, Client>();
  const lookups: TestDirectory['lookups'] = [];
  return {
    stored,
    remembered,
    lookups,
    find(clientId, maxAgeMs) {
      lookups.push({ clientId, maxAgeMs });
      const old = maxAgeMs !== undefined && maxAgeMs <= 1000 ? undefined : remembered.get(clientId);
      return Promise.resolve(old ?? stored.get(clientId));
    },
  };
}

/** Those of https://flowgate.example. */
export const resources = createResourceIndicators(
  ['https://flowgate.example'],
  subscriptionsOf('flowgate'),
);

/** What a server has that offers client credentials alone, for clients with secrets. */
export const LEAST_FEATURES: ServerFeatures = {
  issuer: 'https://flowgate.example',
  grantTypes: ['client_credentials'],
  authMethods: ['client_secret_basic', 'client_secret_post'],
  provingAuthMethods: ['client_secret_basic', 'client_secret_post'],
  clientAlgorithms: ['ES256', 'RS256'],
  signingAlgorithm: 'ES256',
  mtls: false,
  canRegister: () => Promise.resolve(false),
};

/** What the clients of a directory list; the index of origins has its own test. */
export function originsOf({ stored }: Pick<TestDirectory, 'stored'>): AllowedOrigins {
  return {
    isAllowed: (origin) =>
      Promise.resolve(
        [...stored.values()].some((one) => one.enabled && one.allowedOrigins.includes(origin)),
      ),
  };
}

export interface TestRoles extends RoleDirectory {
  assign(subscription: string, user: string, role: string): void;
  /** Served to whoever takes an answer older than a second; undefined reads what is assigned. */
  remembered: ReadonlySet<string> | undefined;
  readonly lookups: { user: string; maxAgeMs: number | undefined }[];
}

export function testRoles(): TestRoles {
  const assigned = new Map<string, Set<string>>();
  const at = (subscription: string, user: string): string => `${subscription} ${user}`;
  return {
    remembered: undefined,
    lookups: [],
    assign(subscription, user, role) {
      const key = at(subscription, user);
      assigned.set(key, new Set([...(assigned.get(key) ?? []), role]));
    },
    rolesOf(subscription, user, maxAgeMs) {
      this.lookups.push({ user, maxAgeMs });
      const old = maxAgeMs !== undefined && maxAgeMs <= 1000 ? undefined : this.remembered;
      return Promise.resolve(old ?? assigned.get(at(subscription, user)) ?? new Set<string>());
    },
  };
}

export interface TestSecrets extends SecretVerifier {
  /** The readings that were compared, call by call. */
  readonly presented: (readonly string[])[];
}

/** Accepts `secretOf(client)`; `lapsed` is a secret that has expired. */
export function testSecrets(
  secretOf: (client: SecretHolder) => string,
  lapsed = 'a-secret-that-has-expired',
): TestSecrets {
  const presented: (readonly string[])[] = [];
  const equal = (a: string, b: string): boolean => {
    const [x, y] = [Buffer.from(a), Buffer.from(b)];
    return x.length === y.length && timingSafeEqual(x, y);
  };
  return {
    presented,
    verify(client, readings) {
      presented.push(readings);
      if (client === undefined) return Promise.resolve('wrong');
      if (readings.some((reading) => equal(reading, secretOf(client)))) {
        return Promise.resolve('accepted');
      }
      return Promise.resolve(readings.includes(lapsed) ? 'expired' : 'wrong');
    },
  };
}

/** An Authorization header whose values are exactly these. */
export const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

/** One-time values in memory, with those that were used; the store has its own test. */
export function testOneTimeValues(): OneTimeValues & {
  readonly used: { purpose: string; value: string; expiresAt: number }[];
} {
  const used: { purpose: string; value: string; expiresAt: number }[] = [];
  return {
    used,
    use(purpose, value, expiresAt) {
      const isKnown = used.some((one) => one.purpose === purpose && one.value === value);
      used.push({ purpose, value, expiresAt });
      return Promise.resolve(!isKnown);
    },
  };
}

export interface TestRevocations extends Revocations {
  /** `jti` and `grant_id` of what is revoked. */
  readonly revoked: Set<string>;
}

/** Knows what it was told; the list itself has its own test. */
export function testRevocations(): TestRevocations {
  const revoked = new Set<string>();
  return {
    revoked,
    isRevoked: ({ jti, grant_id = '' }) =>
      Promise.resolve(revoked.has(jti) || revoked.has(grant_id)),
    revokeToken: ({ jti }) => Promise.resolve(void revoked.add(jti)),
    revokeGrant: (grantId) => Promise.resolve(void revoked.add(grantId)),
  };
}

/** No token is of a trusted issuer. */
export const noForeignCallers: ForeignCallers = { find: () => Promise.resolve(undefined) };
