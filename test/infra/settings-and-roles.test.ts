import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { loadConfig } from '../../shared/config/load.ts';
import {
  APP_SETTINGS,
  deploy,
  HOST_SETTINGS,
  only,
  PLATFORM_SETTINGS,
  read,
  root,
  settingsOf,
  valueAt,
} from './template.ts';

/** Left to the default in shared/config/schema.ts; `extraSettings` can set them. */
const DELIBERATELY_UNSET: Readonly<Record<string, string>> = {
  AzureWebJobsStorage: 'a key would be in it, and the account takes none',
  AzureWebJobsStorage__accountName: 'the services’ addresses are right in every Azure cloud',
  FLOWGATE_STORAGE_PREFIX: 'each environment has an account of its own',
  FLOWGATE_SIGNING_ALG: 'the default',
  FLOWGATE_KEY_ROTATION_DAYS: 'the default',
  FLOWGATE_TRUSTED_PROXY_HOPS: 'one: Azure’s front end',
  FLOWGATE_PRIVATE_HOSTS: 'none: a deployment in Azure fetches from public addresses',
  FLOWGATE_MTLS: 'off: the app has to ask for client certificates as well',
  FLOWGATE_MTLS_CAS: 'for those certificates',
  FLOWGATE_UPSTREAM_ISSUER:
    'none: people sign in with passwords until an operator names their provider',
  FLOWGATE_UPSTREAM_CLIENT_ID: 'for that provider',
  FLOWGATE_UPSTREAM_CLIENT_SECRET: 'for that provider; a reference to the vault',
  FLOWGATE_UPSTREAM_NAME: 'for that provider',
  FLOWGATE_UPSTREAM_USER_CLAIM: 'the default',
  FLOWGATE_UPSTREAM_USER_PREFIX: 'for that provider',
  FLOWGATE_HTTP_STREAMING: 'the default',
  FLOWGATE_SCRIPT_TIMEOUT_MS: 'the default',
  FLOWGATE_SCRIPT_MEMORY_MB: 'the default',
  FLOWGATE_SCRIPT_WORKERS: 'the default',
  FLOWGATE_FLOW_TIMEOUT_MS: 'the default',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'telemetry goes to Application Insights',
  OTEL_EXPORTER_OTLP_HEADERS: 'for that endpoint',
  OTEL_SERVICE_NAME: 'the app’s name',
  OTEL_TRACES_SAMPLER_ARG: 'the default; the host begins the traces',
  FLOWGATE_MAX_CALLS: 'the default',
  FLOWGATE_MAX_BODIES_MB: 'the default',
  FLOWGATE_MAX_DELAY_MS: 'the default',
  FLOWGATE_LOG_RETENTION_DAYS: 'the default',
  FLOWGATE_AUDIT_RETENTION_DAYS: 'the default',
};

test('every setting that is read is set, or left out for a reason; none is set that nobody reads', () => {
  const set = Object.keys(settingsOf(deploy()));
  assert.deepEqual(
    [
      ...set.filter((name) => !(name in HOST_SETTINGS)),
      ...Object.keys(DELIBERATELY_UNSET),
      ...PLATFORM_SETTINGS,
    ].sort(),
    [...APP_SETTINGS].sort(),
  );
});

test('the app’s configuration loads from what the template and Azure set', () => {
  const known: readonly [RegExp, string][] = [
    [
      /^@Microsoft\.KeyVault\(SecretUri=<kv-\w+\.properties\.vaultUri>secrets\/flowgate-master-key\)$/,
      randomBytes(32).toString('base64'),
    ],
    [
      /^@Microsoft\.KeyVault\(SecretUri=<kv-\w+\.properties\.vaultUri>secrets\/flowgate-admin-secret\)$/,
      randomBytes(32).toString('base64url'),
    ],
    [
      /^<appi-flowgate-\w+\.properties\.ConnectionString>$/,
      'InstrumentationKey=k;IngestionEndpoint=https://i/',
    ],
    [/^<st\w+\.properties\.primaryEndpoints\.(?=blob>$)/, 'https://st.blob.core.windows.net/'],
    [/^<st\w+\.properties\.primaryEndpoints\.(?=table>$)/, 'https://st.table.core.windows.net/'],
  ];
  const configOf = (parameters: object) => {
    const settings = Object.entries(settingsOf(deploy({ ...parameters }))).map(([name, value]) => [
      name,
      known.find(([pattern]) => pattern.test(value))?.[1] ?? value,
    ]);
    return loadConfig({
      ...(Object.fromEntries(settings) as Record<string, string>),
      IDENTITY_ENDPOINT: 'http://127.0.0.1:41/msi/token',
      IDENTITY_HEADER: 'h',
      WEBSITE_HOSTNAME: 'func.azurewebsites.net',
    });
  };
  const config = configOf({});
  assert.ok('identity' in config.storage);
  assert.equal(config.storage.blobServiceUri, 'https://st.blob.core.windows.net');
  assert.equal(config.storage.tableServiceUri, 'https://st.table.core.windows.net');
  assert.match(config.storage.identity.clientId ?? '', /^<id-flowgate-\w+\.properties\.clientId>$/);
  assert.match(
    config.telemetry?.identity?.clientId ?? '',
    /^<id-flowgate-\w+\.properties\.clientId>$/,
  );
  assert.equal(config.issuer, 'https://func.azurewebsites.net');
  assert.equal(config.bootstrap?.clientId, 'flowgate-admin');

  const own = configOf({
    customDomain: 'flowgate.example.com',
    account: 'acme',
    extraSettings: { FLOWGATE_SIGNING_ALG: 'RS256', FLOWGATE_TRUSTED_PROXY_HOPS: '2' },
  });
  assert.equal(own.issuer, 'https://flowgate.example.com');
  assert.equal(own.subscriptions.tmn, 'acmetmn');
  assert.equal(own.signing.algorithm, 'RS256');
  assert.equal(own.trustedProxyHops, 2);
});

test('secrets go to the vault and nowhere else, and never over one that is there', () => {
  const secrets = { newMasterKey: 'marked-master-key', newAdminSecret: 'marked-admin-secret' };
  const { resources, outputs } = deploy(secrets);
  const stored = resources.filter(({ type }) => type === 'Microsoft.KeyVault/vaults/secrets');
  assert.deepEqual(
    stored.map((secret) => [valueAt(secret, 'properties.value'), secret.isOnlyIfNotExists]),
    [
      ['marked-master-key', true],
      ['marked-admin-secret', true],
    ],
  );
  const others = resources.filter((resource) => !stored.includes(resource));
  assert.doesNotMatch(JSON.stringify([others, outputs]), /marked-/);
  // The site's identity is what reads them.
  const site = only(deploy(), 'Microsoft.Web/sites');
  const identity = only(deploy(), 'Microsoft.ManagedIdentity/userAssignedIdentities');
  assert.equal(valueAt(site, 'properties.keyVaultReferenceIdentity'), identity.id);

  const later = deploy();
  assert.deepEqual(
    later.resources.filter(({ type }) => type === 'Microsoft.KeyVault/vaults/secrets'),
    [],
  );
  for (const name of Object.keys(secrets)) {
    for (const file of ['main', 'app', 'data']) {
      assert.match(
        read(`infra/${file}.bicep`),
        new RegExp(`@secure\\(\\)\\n(@desc.*\\n)?param ${name} `),
      );
    }
  }
});

/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
const BUILT_IN = {
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3': 'Storage Table Data Contributor',
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88': 'Storage Queue Data Contributor',
  '4633458b-17de-408a-b874-0445c86b69e6': 'Key Vault Secrets User',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
} as Readonly<Record<string, string>>;

function rolesIn(deployment: ReturnType<typeof deploy>): string[] {
  return deployment.resources
    .filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments')
    .map((role) => {
      const definition = String(valueAt(role, 'properties.roleDefinitionId'));
      assert.match(
        definition,
        /\/providers\/Microsoft\.Authorization\/roleDefinitions\/[0-9a-f-]{36}$/,
      );
      const name = BUILT_IN[definition.slice(-36)];
      const who = String(valueAt(role, 'properties.principalId')).replace(/-flowgate-\w+/, '');
      return `${who}: ${String(name)} on ${role.scope?.split('/')[2] ?? 'the group'}`;
    })
    .sort();
}

test('the app’s identity has the roles that the code needs, each on one resource, and no other', () => {
  const sources = globSync('{shared,functions}/**/*.ts', { cwd: root }).map(read).join('\n');
  const uses = (pattern: RegExp): boolean => pattern.test(sources);
  const needed = [
    // Host storage: leases of timers, the deployed package.
    'Storage Blob Data Owner on storageAccounts',
    ...(uses(/'@azure\/data-tables'/) ? ['Storage Table Data Contributor on storageAccounts'] : []),
    ...(uses(/'@azure\/storage-queue'|app\.storageQueue/)
      ? ['Storage Queue Data Contributor on storageAccounts']
      : []),
    'Key Vault Secrets User on vaults',
    'Monitoring Metrics Publisher on components',
  ];
  const expected = needed.map((role) => `<id.properties.principalId>: ${role}`).sort();
  assert.deepEqual(rolesIn(deploy()), expected);
  const settings = Object.keys(settingsOf(deploy()));
  const services = ['blob', 'table', 'queue'].filter((service) =>
    settings.includes(`AzureWebJobsStorage__${service}ServiceUri`),
  );
  assert.equal(services.length, needed.filter((role) => role.startsWith('Storage')).length);
});

test('one more may read the secrets, if the operator names it', () => {
  const [...added] = rolesIn(deploy({ secretsReaderId: 'operator' }));
  assert.deepEqual(
    added.filter((role) => role.startsWith('operator')),
    ['operator: Key Vault Secrets User on vaults'],
  );
});
