import * as z from 'zod/mini';
import { type PrivateHosts, readPrivateHosts } from '../net/private-hosts.ts';
import { readAuthorities, readCertificateHeader } from './mtls.ts';

/** A setting that is there but empty counts as not set: that is how portals clear one. */
const optional = <T extends z.ZodMiniType>(schema: T) =>
  z.pipe(
    z.transform((given): unknown => (given === '' ? undefined : given)),
    z.optional(schema),
  );

const withDefault = <T extends z.ZodMiniType>(schema: T, value: string) =>
  z.pipe(
    z.transform((given): unknown => (given === undefined || given === '' ? value : given)),
    schema,
  );

const matching = (pattern: RegExp, message: string) => z.string().check(z.regex(pattern, message));

const wholeNumber = (minimum: number, maximum: number) =>
  z
    .pipe(
      matching(/^\d{1,9}$/, `must be a whole number from ${minimum} to ${maximum}`),
      z.transform(Number),
    )
    .check(z.refine((n) => n >= minimum && n <= maximum, `must be from ${minimum} to ${maximum}`));

const withoutTrailingSlash = z.transform((text: string) => text.replace(/\/+$/, ''));

const url = (scheme: RegExp, message: string) =>
  z
    .string()
    .check(z.refine((text) => URL.canParse(text) && scheme.test(new URL(text).protocol), message));

const httpUrl = url(/^https?:$/, 'must be an http or https URL');

const httpsUrl = z.pipe(url(/^https:$/, 'must be an https URL'), withoutTrailingSlash);

const exactIssuer = httpUrl.check(
  z.refine((text) => !/[?#]/.test(text), 'must have no query and no fragment (RFC 8414 section 2)'),
);

const issuerUrl = z.pipe(exactIssuer, withoutTrailingSlash);

const masterKey = z
  .pipe(
    z.string(),
    z.transform((text) => Buffer.from(text, 'base64')),
  )
  .check(z.refine((key) => key.length === 32, 'must be 32 bytes in base64'));

const privateHosts = z.pipe(
  z
    .string()
    .check(
      z.refine(
        (list) => readPrivateHosts(list) !== undefined,
        'must be hosts or host:port, with commas between',
      ),
    ),
  z.transform((list): PrivateHosts => readPrivateHosts(list) ?? new Set()),
);

const certificateHeader = z.pipe(
  matching(/^[A-Za-z0-9-]{1,64}$/, 'must be on, off or the name of a header'),
  z.transform(readCertificateHeader),
);

const authorities = z.pipe(
  z
    .string()
    .check(
      z.refine(
        (text) => readAuthorities(text) !== undefined,
        'must hold certificates of authorities in PEM, and no others',
      ),
    ),
  z.transform((text) => readAuthorities(text) ?? []),
);

/**
 * Every setting of Flowgate, by the name it has in the environment. `local.settings.example.json`
 * holds the same names; a test keeps the two together.
 */
export const settingsSchema = z.object({
  /** Connection string of the storage account; `UseDevelopmentStorage=true` is Azurite's own. */
  AzureWebJobsStorage: optional(z.string()),
  /** In its place, for the app's managed identity: the account's name, or the services' addresses. */
  AzureWebJobsStorage__accountName: optional(
    matching(/^[a-z0-9]{3,24}$/, 'must be the name of a storage account'),
  ),
  AzureWebJobsStorage__tableServiceUri: optional(httpsUrl),
  AzureWebJobsStorage__blobServiceUri: optional(httpsUrl),
  AzureWebJobsStorage__credential: optional(
    z.literal('managedidentity', 'must be managedidentity'),
  ),
  /** Of a user-assigned identity. */
  AzureWebJobsStorage__clientId: optional(z.string()),
  /** Set by Azure for an app that has a managed identity. */
  IDENTITY_ENDPOINT: optional(httpUrl),
  IDENTITY_HEADER: optional(z.string()),
  /** Begins the name of every table, container and queue, so that environments can share an account. */
  FLOWGATE_STORAGE_PREFIX: withDefault(
    matching(/^[a-z][a-z0-9]{2,20}$/, 'must match ^[a-z][a-z0-9]{2,20}$'),
    'flowgate',
  ),
  /** Encrypts the private signing keys: 32 bytes in base64. */
  FLOWGATE_MASTER_KEY: masterKey,
  /** `iss` of the tokens and base of the metadata. Unset: `https://` and the app's host name. */
  FLOWGATE_ISSUER: optional(issuerUrl),
  /** Set by Azure and by Core Tools: the app's host name. */
  WEBSITE_HOSTNAME: optional(z.string()),
  /** Names the subscriptions: `<account>iflmap` and `<account>tmn`. */
  FLOWGATE_ACCOUNT: withDefault(
    matching(/^[a-z][a-z0-9]{0,40}$/, 'must match ^[a-z][a-z0-9]{0,40}$'),
    'flowgate',
  ),
  /** The first administrator's client, made once; see docs/settings.md. */
  FLOWGATE_BOOTSTRAP_CLIENT_ID: optional(
    matching(/^[A-Za-z0-9._~-]{1,100}$/, 'must match ^[A-Za-z0-9._~-]{1,100}$'),
  ),
  FLOWGATE_BOOTSTRAP_CLIENT_SECRET: optional(
    matching(
      /^\P{Cc}{16,256}$/u,
      'must have 16 to 256 characters, none of them a control character',
    ),
  ),
  FLOWGATE_SIGNING_ALG: withDefault(
    z.enum(['ES256', 'RS256', 'PS256'], 'must be ES256, RS256 or PS256'),
    'ES256',
  ),
  /** Age at which the daily timer makes the next signing key. */
  FLOWGATE_KEY_ROTATION_DAYS: withDefault(wholeNumber(1, 3650), '90'),
  /** How many entries at the end of X-Forwarded-For were written by proxies of yours. */
  FLOWGATE_TRUSTED_PROXY_HOPS: withDefault(wholeNumber(0, 10), '1'),
  /** The header in which the front end hands over client certificates; off without one. */
  FLOWGATE_MTLS: withDefault(certificateHeader, 'off'),
  /** Certificates in PEM of the authorities that clients of `tls_client_auth` may have theirs from. */
  FLOWGATE_MTLS_CAS: optional(authorities),
  /** Hosts that may be called and fetched from although they are inside, without TLS too. */
  FLOWGATE_PRIVATE_HOSTS: withDefault(privateHosts, ''),
  /** An OpenID provider that people may sign in at; exactly as its metadata has it. */
  FLOWGATE_UPSTREAM_ISSUER: optional(exactIssuer),
  FLOWGATE_UPSTREAM_CLIENT_ID: optional(z.string()),
  FLOWGATE_UPSTREAM_CLIENT_SECRET: optional(z.string()),
  /** On the button of the sign-in page. */
  FLOWGATE_UPSTREAM_NAME: optional(matching(/^\P{Cc}{1,60}$/u, 'must have 1 to 60 characters')),
  /** Of the ID token: what the user is called here. */
  FLOWGATE_UPSTREAM_USER_CLAIM: withDefault(
    matching(/^[\x21-\x7e]{1,200}$/, 'must be the name of a claim'),
    'preferred_username',
  ),
  /** Goes before it, so that these users are told from others. */
  FLOWGATE_UPSTREAM_USER_PREFIX: optional(
    matching(
      /^(?!oauth_client_)[A-Za-z0-9][A-Za-z0-9._@+-]{0,49}$/i,
      'must begin a user name: letters, digits and . _ @ + -, and not oauth_client_',
    ),
  ),
  /** Read by `http-streaming.ts` before anything else; here so that it is known. */
  FLOWGATE_HTTP_STREAMING: withDefault(
    matching(/^(on|off|true|false|yes|no|1|0)$/i, 'must be on or off'),
    'off',
  ),
  FLOWGATE_SCRIPT_TIMEOUT_MS: withDefault(wholeNumber(10, 60_000), '5000'),
  FLOWGATE_SCRIPT_MEMORY_MB: withDefault(wholeNumber(4, 512), '64'),
  /** Script worker threads of one instance, at most. */
  FLOWGATE_SCRIPT_WORKERS: withDefault(wholeNumber(2, 64), '4'),
  /** The platform cuts at 230 s. */
  FLOWGATE_FLOW_TIMEOUT_MS: withDefault(wholeNumber(1000, 225_000), '210000'),
  /** Of Application Insights. This or the next turns telemetry on. */
  APPLICATIONINSIGHTS_CONNECTION_STRING: optional(
    matching(/InstrumentationKey=/i, 'must be a connection string of Application Insights'),
  ),
  /** As the Functions host reads it: the managed identity shows who we are. */
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: optional(
    matching(/(^|;)Authorization=AAD(;|$)/i, 'must hold Authorization=AAD'),
  ),
  /** Of a collector that takes OTLP over HTTP. */
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(httpUrl),
  /** Read by the exporter: headers for that collector, such as an API key. */
  OTEL_EXPORTER_OTLP_HEADERS: optional(z.string()),
  OTEL_SERVICE_NAME: optional(z.string()),
  /** Set by Azure: the app's name, which names the service where OTEL_SERVICE_NAME does not. */
  WEBSITE_SITE_NAME: optional(z.string()),
  /** The share of the traces begun here that is kept. */
  OTEL_TRACES_SAMPLER_ARG: withDefault(
    z.pipe(
      matching(/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/, 'must be a number from 0 to 1'),
      z.transform(Number),
    ),
    '1',
  ),
  /** Calls in progress in one instance, at most; messages have four fifths of them. */
  FLOWGATE_MAX_CALLS: withDefault(wholeNumber(10, 10_000), '500'),
  /** Bodies of all calls in progress in one instance, at most. */
  FLOWGATE_MAX_BODIES_MB: withDefault(wholeNumber(1, 8192), '256'),
  /** Delay of the event loop beyond which calls are shed. */
  FLOWGATE_MAX_DELAY_MS: withDefault(wholeNumber(20, 10_000), '150'),
  FLOWGATE_LOG_RETENTION_DAYS: withDefault(wholeNumber(1, 3650), '30'),
  FLOWGATE_AUDIT_RETENTION_DAYS: withDefault(wholeNumber(1, 3650), '365'),
});

export type Settings = z.infer<typeof settingsSchema>;
