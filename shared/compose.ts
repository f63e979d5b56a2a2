import { hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { once } from './cache/once.ts';
import { systemClock as clock } from './config/clock.ts';
import { createRandomPool } from './config/random.ts';
import type { Config } from './config/load.ts';
import { type Handler, json } from './http/call.ts';
import type { Prepared } from './http/endpoint.ts';
import { Fault } from './http/fault.ts';
import { Problem } from './http/problem.ts';
import type { LogStore } from './monitor/log-store.ts';
import type { WriteBehind } from './monitor/write-behind.ts';
import type { AuditEvent } from './registry/audit/audit-entry.ts';

/**
 * Joins the rooms: what each needs is made here, on first use and once per process. Modules are
 * imported when they are first needed, so that a cold instance loads for a token request only what
 * a token request needs. The one place that reads `process.env`.
 */

const config = once(async (): Promise<Config> => {
  const { ConfigError, loadConfig } = await import('./config/load.ts');
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw Fault.unavailable(error.message, 60, error);
  }
});

/** Run when the host ends the app, last made first. */
const endings: (() => Promise<void>)[] = [];

const tables = once(async () => {
  const { openTables } = await import('./storage/tables.ts');
  return openTables((await config()).storage);
});

const blobs = once(async () => {
  const { openBundleBlobs } = await import('./storage/blobs.ts');
  return openBundleBlobs((await config()).storage);
});

/** A key of its own for each purpose, from the one that is configured (RFC 5869). */
async function deriveKey(purpose: string): Promise<Buffer> {
  const { masterKey } = await config();
  return Buffer.from(hkdfSync('sha256', masterKey, '', `flowgate ${purpose}`, 32));
}

/** Writes to `store` behind the answers, and what is left when the host ends the app. */
async function writeBehind<T>(store: LogStore<T>, what: string): Promise<WriteBehind<T>> {
  const { createWriteBehind } = await import('./monitor/write-behind.ts');
  const behind = createWriteBehind<T>((entries) => store.append(entries), {
    what,
    onError: (problem, cause) => console.error(problem, cause),
  });
  endings.push(() => behind.flush());
  return behind;
}

const audit = once(async () => {
  const { openAuditStore } = await import('./storage/audit.ts');
  const { createAuditTrail } = await import('./registry/audit/audit-trail.ts');
  const store = openAuditStore(await tables());
  const behind = await writeBehind(store, 'audit entries');
  return { store, behind, trail: createAuditTrail({ store, behind, clock, randomUUID }) };
});

/** An event that nobody has asked for. */
const systemEvent = (action: string, type: string, name: string): AuditEvent => ({
  action,
  actor: 'system',
  object: { type, name },
  call: undefined,
});

const failureBoard = once(async () => {
  const { openFailureBoard } = await import('./storage/failed-sign-ins.ts');
  return openFailureBoard(await tables(), randomUUID());
});

const throttle = once(async () => {
  const { createThrottle } = await import('./oauth/throttle.ts');
  const { trail } = await audit();
  return createThrottle({
    board: await failureBoard(),
    clock,
    wait: (milliseconds) => delay(milliseconds),
    onSlowed: (call, what) => {
      const object = { type: 'address', name: call.clientAddress };
      const reason = what === 'address' ? 'too_many_failures' : 'too_many_failures_of_one_client';
      trail.note({ action: 'throttle', actor: '', object, call, outcome: 'failure', reason });
    },
    onError: (problem, cause) => console.error(problem, cause),
  });
});

const keyRing = once(async () => {
  const { openKeyRing } = await import('./jwt/key-ring.ts');
  const { createKeyStore } = await import('./storage/key-ring.ts');
  const { masterKey, issuer, signing } = await config();
  return openKeyRing({
    store: createKeyStore(await tables()),
    clock,
    masterKey,
    issuer,
    rules: { algorithm: signing.algorithm, rotationDays: signing.rotationDays },
    onChange: async ({ made, removed }) => {
      const { trail } = await audit();
      if (made !== undefined) await trail.record(systemEvent('key.create', 'signing_key', made));
      for (const kid of removed) await trail.record(systemEvent('key.remove', 'signing_key', kid));
    },
  });
});

/** Wraps a room's handler with what `http/endpoint.ts` needs to know. */
function prepared(make: (config: Config) => Promise<Handler>): () => Promise<Prepared> {
  return once(async () => {
    const settings = await config();
    return { handle: await make(settings), trustedProxyHops: settings.trustedProxyHops };
  });
}

const clients = once(async () => {
  const { createClientStore } = await import('./storage/clients.ts');
  const { cacheClients } = await import('./registry/directories.ts');
  return cacheClients(createClientStore(await tables()), clock);
});

const roles = once(async () => {
  const { createRoleStore } = await import('./storage/roles.ts');
  const { cacheRoles } = await import('./registry/directories.ts');
  return cacheRoles(createRoleStore(await tables()), clock);
});

const secretVerifier = once(async () => {
  const { createSecretVerifier } = await import('./registry/secret-verifier.ts');
  return createSecretVerifier({ clock, random: randomBytes });
});

/** Makes the first administrator where the settings name one; once per process. */
const ensureBootstrap = once(async () => {
  const { bootstrap, subscriptions } = await config();
  if (bootstrap === undefined) return;
  // Under a wrong master key the setting has another fingerprint and would pass for a changed one:
  // the client's secrets would be replaced for it.
  await (await keyRing()).signingKey();
  const { ensureBootstrapClient } = await import('./registry/bootstrap.ts');
  const outcome = await ensureBootstrapClient({
    setting: bootstrap,
    subscription: subscriptions.tmn,
    clients: (await clients()).store,
    roles: (await roles()).store,
    fingerprintKey: await deriveKey('bootstrap'),
    clock,
    random: randomBytes,
  });
  const action = { created: 'client.create', secret_replaced: 'secret.add' };
  if (outcome !== 'created' && outcome !== 'secret_replaced') return;
  const event = systemEvent(action[outcome], 'client', bootstrap.clientId);
  await (await audit()).trail.record({ ...event, detail: 'from the settings' });
});

const messageLog = once(async () => {
  const { createMessageLogStore } = await import('./storage/message-logs.ts');
  const store = createMessageLogStore(await tables());
  return { store, writer: await writeBehind(store, 'message log entries') };
});

const deployments = once(async () => {
  const { openDeploymentStore } = await import('./storage/deployments.ts');
  const { createDeploymentDirectory } = await import('./iflow/deployment/directory.ts');
  const store = openDeploymentStore(await tables());
  return { store, directory: createDeploymentDirectory(store, clock) };
});

const design = once(async () => {
  const { openDesignStore } = await import('./storage/design.ts');
  return openDesignStore(await tables());
});

/** What every endpoint needs that clients authenticate at. */
const clientAuthentication = once(async () => {
  const bootstrapId = (await config()).bootstrap?.clientId;
  return {
    clients: (await clients()).directory,
    secrets: await secretVerifier(),
    roles: (await roles()).directory,
    audit: (await audit()).trail,
    throttle: await throttle(),
    clock,
    wait: (milliseconds: number) => delay(milliseconds),
    beforeClient: async (clientId: string) => {
      if (clientId === bootstrapId) await ensureBootstrap();
    },
  };
});

const tokenVerifier = once(async () => {
  const { createAccessTokenVerifier } = await import('./jwt/verify.ts');
  return createAccessTokenVerifier({ ring: await keyRing(), clock });
});

const gate = once(async () => {
  const { createBearerGate } = await import('./oauth/bearer.ts');
  return createBearerGate({
    verifier: await tokenVerifier(),
    clients: (await clients()).directory,
    roles: (await roles()).directory,
  });
});

const javaScriptEngine = once(async () => {
  const { createJavaScriptEngine } = await import('./iflow/script/javascript/pool.ts');
  const engine = createJavaScriptEngine({ workers: (await config()).script.workers });
  endings.push(() => engine.close());
  return engine;
});

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const logRetentionMs = async (): Promise<number> => (await config()).logRetentionDays * DAY_MS;
const auditRetentionMs = async (): Promise<number> => (await config()).auditRetentionDays * DAY_MS;

/** What the functions in `functions/` are made of, one member each. */
export const provide = {
  token: prepared(async () => {
    const { createTokenEndpoint } = await import('./oauth/token-endpoint.ts');
    const { createAccessTokenIssuer } = await import('./jwt/sign.ts');
    return createTokenEndpoint({
      ...(await clientAuthentication()),
      issuer: createAccessTokenIssuer({ ring: await keyRing(), clock }),
    });
  }),

  introspect: prepared(async () => {
    const { createIntrospectionEndpoint } = await import('./oauth/introspection-endpoint.ts');
    return createIntrospectionEndpoint({
      ...(await clientAuthentication()),
      verifier: await tokenVerifier(),
    });
  }),

  jwks: prepared(async () => {
    const { createJwksEndpoint } = await import('./jwt/jwks-endpoint.ts');
    return createJwksEndpoint({ ring: await keyRing(), clock });
  }),

  metadata: prepared(async ({ issuer }) => {
    const { createMetadataEndpoint } = await import('./oauth/metadata-endpoint.ts');
    return createMetadataEndpoint({ issuer });
  }),

  registry: prepared(async ({ subscriptions }) => {
    const { createRegistryApi } = await import('./registry/api/registry-api.ts');
    const { createKeysApi } = await import('./jwt/keys-api.ts');
    const { createAddressTracer } = await import('./iflow/dispatch/trace-address.ts');
    const { openAddressReader } = await import('./iflow/dispatch/address-reader.ts');
    const { createAuditReader } = await import('./registry/audit/audit-reader.ts');
    const { guardManagement } = await import('./oauth/audit-refusals.ts');
    const { store, behind, trail } = await audit();
    const api = createRegistryApi({
      gate: await gate(),
      subscriptions,
      clients: (await clients()).store,
      roles: (await roles()).store,
      flows: createAddressTracer({
        deployments: (await deployments()).store,
        design: await design(),
        blobs: await blobs(),
        openReader: () => openAddressReader({ timeoutMs: 2000, memoryMb: 256 }),
        clock,
      }),
      audit: { trail, reader: createAuditReader(store, behind, clock, await auditRetentionMs()) },
      clock,
      random: randomBytes,
      extra: {
        keys: createKeysApi({
          ring: await keyRing(),
          gate: await gate(),
          subscription: subscriptions.tmn,
          trail,
        }),
      },
    });
    return guardManagement(api, { trail, throttle: await throttle() });
  }),

  odata: prepared(async ({ issuer, subscriptions }) => {
    const { createODataApi } = await import('./odata/api.ts');
    const { openTaskStore } = await import('./storage/tasks.ts');
    const { createPackages } = await import('./iflow/design/packages.ts');
    const { createArtifacts } = await import('./iflow/design/artifacts.ts');
    const { createDeployer } = await import('./iflow/deployment/deploy.ts');
    const { createCompileApart } = await import('./iflow/deployment/compile-apart.ts');
    const { createMessageLogReader } = await import('./monitor/message-log-reader.ts');
    const bundles = {
      ...(await import('./iflow/bundle/bundle.ts')),
      ...(await import('./iflow/bundle/build.ts')),
      ...(await import('./iflow/bundle/rename.ts')),
    };
    const tasks = openTaskStore(await tables());
    const { store, directory } = await deployments();
    const log = await messageLog();
    const parts = { store: await design(), blobs: await blobs(), clock, randomUUID };
    const artifacts = createArtifacts({ ...parts, bundles });
    const { guardManagement } = await import('./oauth/audit-refusals.ts');
    const { trail } = await audit();
    const api = createODataApi({
      gate: await gate(),
      subscription: subscriptions.tmn,
      issuer,
      packages: createPackages(parts),
      artifacts,
      readBundle: bundles.readBundle,
      deployer: createDeployer({
        artifacts,
        design: parts.store,
        store,
        tasks,
        compileBundle: createCompileApart({ timeoutMs: 20_000, memoryMb: 512, atOnce: 2 }),
        onChange: () => directory.forget(),
        clock,
        randomUUID,
        delay,
        random: Math.random,
      }),
      directory,
      tasks,
      messageLog: createMessageLogReader(log.store, log.writer, clock, await logRetentionMs()),
      trail,
    });
    return guardManagement(api, { trail, throttle: await throttle() });
  }),

  dispatch: prepared(async ({ subscriptions, script, flowTimeoutMs }) => {
    const { createDispatchEndpoint } = await import('./iflow/dispatch/dispatch-endpoint.ts');
    const { createFindAddress } = await import('./iflow/dispatch/routing.ts');
    const { createCsrfTokens } = await import('./iflow/dispatch/csrf.ts');
    const { runFlow } = await import('./iflow/run.ts');
    const { auditRefusals } = await import('./oauth/audit-refusals.ts');
    const handle = createDispatchEndpoint({
      gate: await gate(),
      subscription: subscriptions.iflmap,
      deployments: (await deployments()).directory,
      findAddress: createFindAddress(),
      runFlow,
      environment: {
        scriptEngine: javaScriptEngine,
        xpathEngine: javaScriptEngine,
        scriptLimits: { timeoutMs: script.timeoutMs, memoryBytes: script.memoryMb * 1024 * 1024 },
      },
      flowTimeoutMs,
      csrf: createCsrfTokens(await deriveKey('csrf'), clock),
      log: (await messageLog()).writer,
      clock,
      randomBytes: createRandomPool(),
    });
    return auditRefusals(handle, 'message.send', (await audit()).trail);
  }),

  /** Answers without any configuration. */
  healthLive: once(async (): Promise<Prepared> => {
    const { healthLive } = await import('./http/health.ts');
    return { handle: healthLive, trustedProxyHops: 0 };
  }),

  healthReady: prepared(async () => {
    const { createHealthReady } = await import('./http/health.ts');
    return createHealthReady(
      [
        { name: 'storage', run: async () => (await tables()).createAll() },
        { name: 'signing_key', run: async () => (await keyRing()).signingKey() },
        { name: 'bootstrap_client', run: ensureBootstrap },
      ],
      (check, error) => console.error(`Not ready: ${check}`, error),
    );
  }),

  notFound: once((): Prepared => ({ handle: notFound, trustedProxyHops: 0 })),

  rotateSigningKeys: once(async () => {
    const ring = await keyRing();
    return async () => {
      const { newest, made } = await ring.rotate();
      return { kid: newest.key.kid, state: newest.state, made };
    };
  }),

  deleteExpiredLogs: once(async () => {
    const { store: messages } = await messageLog();
    const { store: events } = await audit();
    const board = await failureBoard();
    const [messagesKept, eventsKept] = [await logRetentionMs(), await auditRetentionMs()];
    return async () => ({
      messages: await messages.deleteBefore(clock.now() - messagesKept),
      audit: await events.deleteBefore(clock.now() - eventsKept),
      throttle: await board.deleteBefore(clock.now() - HOUR_MS),
    });
  }),

  /** Writes what is held in memory and ends the worker threads. */
  async shutDown(): Promise<void> {
    for (const end of endings.splice(0).reverse()) {
      await end().catch((error: unknown) => console.error('While ending:', error));
    }
  },
};

const notFound: Handler = (call) => {
  if (call.url.pathname !== '/') {
    throw Problem.notFound(`There is nothing at ${call.url.pathname.slice(0, 200)}.`);
  }
  if (call.method !== 'GET' && call.method !== 'HEAD') {
    throw Fault.methodNotAllowed(['GET', 'HEAD']);
  }
  return json(200, {
    service: 'Flowgate',
    token_endpoint: '/oauth2/api/v1/token',
    introspection_endpoint: '/oauth2/api/v1/introspect',
    metadata: '/.well-known/oauth-authorization-server',
    registry: '/registry/v1/clients',
    api: '/api/v1/',
    iflows: '/http/',
    health: '/health/ready',
  });
};
