import { X509Certificate } from 'node:crypto';
import { z } from 'zod';

/** A setting that is there but empty counts as not set: that is how portals clear one. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const withDefault = <T extends z.ZodType>(schema: T, value: string) =>
  z.preprocess((given) => (given === undefined || given === '' ? value : given), schema);

const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${minimum} to ${maximum}`)
    .transform(Number)
    .refine((n) => n >= minimum && n <= maximum, `must be from ${minimum} to ${maximum}`);

const httpUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'must be an http or https URL',
  );

const issuerUrl = httpUrl
  .refine((text) => !/[?#]/.test(text), 'must have no query and no fragment (RFC 8414 section 2)')
  .transform((text) => text.replace(/\/+$/, ''));

const httpsUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).protocol === 'https:',
    'must be an https URL',
  )
  .transform((text) => text.replace(/\/+$/, ''));

const masterKey = z
  .string()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((key) => key.length === 32, 'must be 32 bytes in base64');

const certificateHeader = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be on, off or the name of a header')
  .transform((text) => {
    if (/^(off|false|no|0)$/i.test(text)) return undefined;
    return /^(on|true|yes|1)$/i.test(text) ? 'x-arr-clientcert' : text.toLowerCase();
  });

/** App settings may have lost their line breaks. */
const authorities = z
  .string()
  .transform((text) => text.replaceAll('\\n', '\n').match(PEM_CERTIFICATE) ?? [])
  .refine(
    (certificates) => certificates.length > 0 && certificates.every(isAuthority),
    'must hold certificates of authorities in PEM',
  );

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function isAuthority(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}

/**
 * Every setting of Flowgate, by the name it has in the environment. `local.settings.example.json`
 * holds the same names; a test keeps the two together.
 */
export const settingsSchema = z.object({
  /** Connection string of the storage account; `UseDevelopmentStorage=true` is Azurite's own. */
  AzureWebJobsStorage: optional(z.string()),
  /** In its place, for the app's managed identity: the account's name, or the services' addresses. */
  AzureWebJobsStorage__accountName: optional(
    z.string().regex(/^[a-z0-9]{3,24}$/, 'must be the name of a storage account'),
  ),
  AzureWebJobsStorage__tableServiceUri: optional(httpsUrl),
  AzureWebJobsStorage__blobServiceUri: optional(httpsUrl),
  AzureWebJobsStorage__credential: optional(
    z.literal('managedidentity', 'must be managedidentity'),
  ),
  /** Of a user-assigned identity. */
  AzureWebJobsStorage__clientId: optional(z.string()),
  /** Set by Azure for an app that has a managed identity. */
  IDENTITY_ENDPOINT: optional(
    z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }),
  ),
  IDENTITY_HEADER: optional(z.string()),
  /** Begins the name of every table, container and queue, so that environments can share an account. */
  FLOWGATE_STORAGE_PREFIX: withDefault(
    z.string().regex(/^[a-z][a-z0-9]{2,20}$/, 'must match ^[a-z][a-z0-9]{2,20}$'),
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
    z.string().regex(/^[a-z][a-z0-9]{0,40}$/, 'must match ^[a-z][a-z0-9]{0,40}$'),
    'flowgate',
  ),
  /** The first administrator's client, made once; see docs/settings.md. */
  FLOWGATE_BOOTSTRAP_CLIENT_ID: optional(
    z.string().regex(/^[A-Za-z0-9._~-]{1,100}$/, 'must match ^[A-Za-z0-9._~-]{1,100}$'),
  ),
  FLOWGATE_BOOTSTRAP_CLIENT_SECRET: optional(
    z
      .string()
      .regex(
        /^\P{Cc}{16,256}$/u,
        'must have 16 to 256 characters, none of them a control character',
      ),
  ),
  FLOWGATE_SIGNING_ALG: withDefault(z.enum(['ES256', 'RS256', 'PS256']), 'ES256'),
  /** Age at which the daily timer makes the next signing key. */
  FLOWGATE_KEY_ROTATION_DAYS: withDefault(wholeNumber(1, 3650), '90'),
  /** How many entries at the end of X-Forwarded-For were written by proxies of yours. */
  FLOWGATE_TRUSTED_PROXY_HOPS: withDefault(wholeNumber(0, 10), '1'),
  /** The header in which the front end hands over client certificates; off without one. */
  FLOWGATE_MTLS: withDefault(certificateHeader, 'off'),
  /** Certificates in PEM of the authorities that clients of `tls_client_auth` may have theirs from. */
  FLOWGATE_MTLS_CAS: optional(authorities),
  FLOWGATE_SCRIPT_TIMEOUT_MS: withDefault(wholeNumber(10, 60_000), '5000'),
  FLOWGATE_SCRIPT_MEMORY_MB: withDefault(wholeNumber(4, 512), '64'),
  /** Script worker threads of one instance, at most. */
  FLOWGATE_SCRIPT_WORKERS: withDefault(wholeNumber(2, 64), '4'),
  /** The platform cuts at 230 s. */
  FLOWGATE_FLOW_TIMEOUT_MS: withDefault(wholeNumber(1000, 225_000), '210000'),
  /** Of Application Insights. This or the next turns telemetry on. */
  APPLICATIONINSIGHTS_CONNECTION_STRING: optional(
    z.string().regex(/InstrumentationKey=/i, 'must be a connection string of Application Insights'),
  ),
  /** As the Functions host reads it: the managed identity shows who we are. */
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: optional(
    z.string().regex(/(^|;)Authorization=AAD(;|$)/i, 'must hold Authorization=AAD'),
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
    z
      .string()
      .regex(/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/, 'must be a number from 0 to 1')
      .transform(Number),
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
