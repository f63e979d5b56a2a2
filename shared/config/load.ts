import { wantsHttpStreaming } from './http-streaming.ts';
import { type core, omit } from 'zod/mini';
import type { OverloadLimits } from '../http/overload.ts';
import type { PrivateHosts } from '../net/private-hosts.ts';
import type { MtlsSettings } from './mtls.ts';
import { type Settings, settingsSchema } from './schema.ts';
import {
  type ManagedIdentity,
  isStorageNamed,
  readStorage,
  STORAGE_MISSING,
  type StorageSettings,
} from './storage.ts';
import { subscriptionsOf, type Subscriptions } from './subscriptions.ts';
import { readUpstream, type UpstreamSignInSettings } from './upstream.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Config {
  readonly storage: StorageSettings & { readonly prefix: string };
  readonly masterKey: Buffer;
  /** No trailing slash. */
  readonly issuer: string;
  /** Addresses under which callers may reach the app: the issuer's first, then Azure's. No trailing slashes. */
  readonly publicBases: readonly string[];
  readonly subscriptions: Subscriptions;
  readonly bootstrap: { readonly clientId: string; readonly clientSecret: string } | undefined;
  readonly signing: {
    readonly algorithm: Settings['FLOWGATE_SIGNING_ALG'];
    readonly rotationDays: number;
  };
  /** Whether requests come as streams: see `http-streaming.ts`. */
  readonly httpStreaming: boolean;
  readonly trustedProxyHops: number;
  /** undefined while client certificates are off. */
  readonly mtls: MtlsSettings | undefined;
  readonly privateHosts: PrivateHosts;
  /** undefined while people sign in with passwords alone. */
  readonly upstream: UpstreamSignInSettings | undefined;
  /** undefined while telemetry is off. */
  readonly telemetry: TelemetrySettings | undefined;
  readonly script: {
    readonly timeoutMs: number;
    readonly memoryMb: number;
    readonly workers: number;
  };
  readonly flowTimeoutMs: number;
  readonly overload: OverloadLimits;
  readonly logRetentionDays: number;
  readonly auditRetentionDays: number;
}

export interface TelemetrySettings {
  readonly serviceName: string;
  /** Of traces begun here, 0 to 1. */
  readonly samplingRatio: number;
  /** Of Application Insights. */
  readonly connectionString: string | undefined;
  /** Whose token Application Insights is to be shown; undefined where the key alone has to do. */
  readonly identity: ManagedIdentity | undefined;
  /** Whether there is an OTLP endpoint; the exporter finds it in the environment. */
  readonly otlp: boolean;
}

/** The environment does not make a valid configuration. Names settings, never their values. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`Settings to mend: ${faults.join('; ')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/**
 * Reads the configuration out of an environment. Pure: the one caller that passes `process.env`
 * is `compose/environment.ts`.
 * @throws {ConfigError} with all faults at once.
 */
export function loadConfig(env: Environment): Config {
  const parsed = settingsSchema.safeParse(env);
  if (!parsed.success) {
    const faults = faultsOf(parsed.error, env);
    throw new ConfigError(isStorageNamed(env) ? faults : [STORAGE_MISSING, ...faults]);
  }
  const settings = parsed.data;
  const ofHost = issuerOfHost(settings.WEBSITE_HOSTNAME);
  const issuer = settings.FLOWGATE_ISSUER ?? ofHost;
  const clientId = settings.FLOWGATE_BOOTSTRAP_CLIENT_ID;
  const clientSecret = settings.FLOWGATE_BOOTSTRAP_CLIENT_SECRET;
  const faults: string[] = [];
  if (issuer === undefined) faults.push('FLOWGATE_ISSUER is not set');
  if ((clientId === undefined) !== (clientSecret === undefined)) {
    faults.push(
      'FLOWGATE_BOOTSTRAP_CLIENT_ID and FLOWGATE_BOOTSTRAP_CLIENT_SECRET go together: set both or neither',
    );
  }
  if (clientId !== undefined && clientSecret?.includes(clientId)) {
    faults.push('FLOWGATE_BOOTSTRAP_CLIENT_SECRET must not contain the client id');
  }
  const upstream = readUpstream(settings, faults);
  const storage = readStorage(settings, faults);
  if (issuer === undefined || storage === undefined || faults.length > 0)
    throw new ConfigError(faults);
  return Object.freeze({
    storage: { ...storage, prefix: settings.FLOWGATE_STORAGE_PREFIX },
    masterKey: settings.FLOWGATE_MASTER_KEY,
    issuer,
    publicBases: ofHost === undefined || ofHost === issuer ? [issuer] : [issuer, ofHost],
    subscriptions: subscriptionsOf(settings.FLOWGATE_ACCOUNT),
    bootstrap:
      clientId !== undefined && clientSecret !== undefined ? { clientId, clientSecret } : undefined,
    signing: {
      algorithm: settings.FLOWGATE_SIGNING_ALG,
      rotationDays: settings.FLOWGATE_KEY_ROTATION_DAYS,
    },
    httpStreaming: wantsHttpStreaming(env),
    trustedProxyHops: settings.FLOWGATE_TRUSTED_PROXY_HOPS,
    mtls: mtlsOf(settings),
    privateHosts: settings.FLOWGATE_PRIVATE_HOSTS,
    upstream,
    telemetry: telemetryOf(settings),
    script: {
      timeoutMs: settings.FLOWGATE_SCRIPT_TIMEOUT_MS,
      memoryMb: settings.FLOWGATE_SCRIPT_MEMORY_MB,
      workers: settings.FLOWGATE_SCRIPT_WORKERS,
    },
    flowTimeoutMs: settings.FLOWGATE_FLOW_TIMEOUT_MS,
    overload: {
      maxCalls: settings.FLOWGATE_MAX_CALLS,
      maxBodyBytes: settings.FLOWGATE_MAX_BODIES_MB * 1024 * 1024,
      maxDelayMs: settings.FLOWGATE_MAX_DELAY_MS,
    },
    logRetentionDays: settings.FLOWGATE_LOG_RETENTION_DAYS,
    auditRetentionDays: settings.FLOWGATE_AUDIT_RETENTION_DAYS,
  });
}

function mtlsOf({ FLOWGATE_MTLS, FLOWGATE_MTLS_CAS }: Settings): MtlsSettings | undefined {
  if (FLOWGATE_MTLS === undefined) return undefined;
  return { header: FLOWGATE_MTLS, authorities: FLOWGATE_MTLS_CAS ?? [] };
}

function telemetryOf(settings: Settings): TelemetrySettings | undefined {
  const connectionString = settings.APPLICATIONINSIGHTS_CONNECTION_STRING;
  const otlp = settings.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined;
  if (connectionString === undefined && !otlp) return undefined;
  return {
    serviceName: settings.OTEL_SERVICE_NAME ?? settings.WEBSITE_SITE_NAME ?? 'flowgate',
    samplingRatio: settings.OTEL_TRACES_SAMPLER_ARG,
    connectionString,
    identity: telemetryIdentityOf(settings),
    otlp,
  };
}

/**
 * By the setting as the Functions host reads it: `Authorization=AAD`, with `ClientId=…` for a
 * user-assigned identity. Where there is no identity, Application Insights refuses and the log says so.
 */
function telemetryIdentityOf(settings: Settings): ManagedIdentity | undefined {
  const authentication = settings.APPLICATIONINSIGHTS_AUTHENTICATION_STRING;
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = settings;
  if (authentication === undefined || !endpoint || !header) return undefined;
  const clientId = /(?:^|;)ClientId=([^;]+)/i.exec(authentication)?.[1];
  return { endpoint, header, clientId };
}

/**
 * Of the configuration only where the storage is: all that tools need that copy it.
 * @throws {ConfigError}
 */
export function loadStorage(env: Environment): Config['storage'] {
  const parsed = omit(settingsSchema, { FLOWGATE_MASTER_KEY: true }).safeParse(env);
  if (!parsed.success) throw new ConfigError(faultsOf(parsed.error, env));
  const faults: string[] = [];
  const storage = readStorage(parsed.data, faults);
  if (storage === undefined) throw new ConfigError(faults);
  return { ...storage, prefix: parsed.data.FLOWGATE_STORAGE_PREFIX };
}

function faultsOf({ issues }: core.$ZodError, env: Environment): string[] {
  return issues.map((issue) => {
    const name = issue.path.join('.');
    return env[name] === undefined ? `${name} is not set` : `${name} ${issue.message}`;
  });
}

/** Azure serves HTTPS only under its host name; Core Tools names `localhost:<port>` and serves HTTP. */
function issuerOfHost(hostname: string | undefined): string | undefined {
  if (hostname === undefined) return undefined;
  const scheme = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(hostname) ? 'http' : 'https';
  return `${scheme}://${hostname}`;
}
