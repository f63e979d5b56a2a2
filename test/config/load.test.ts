import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, loadConfig } from '../../shared/config/load.ts';
import { isAuthority, issueCertificate } from '../support/certificate.ts';

const valid = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  FLOWGATE_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  FLOWGATE_ISSUER: 'https://flowgate.example/',
};

function faultsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
  return [];
}

test('what is not set has its default', () => {
  const config = loadConfig(valid);
  assert.equal(config.issuer, 'https://flowgate.example');
  assert.equal(config.storage.prefix, 'flowgate');
  assert.deepEqual(config.subscriptions, { iflmap: 'flowgateiflmap', tmn: 'flowgatetmn' });
  assert.deepEqual(config.signing, { algorithm: 'ES256', rotationDays: 90 });
  assert.deepEqual(config.script, { timeoutMs: 5000, memoryMb: 64, workers: 4 });
  assert.equal(config.trustedProxyHops, 1);
  assert.deepEqual(config.privateHosts, new Set());
  assert.equal(config.flowTimeoutMs, 210_000);
  assert.equal(config.bootstrap, undefined);
});

test('telemetry is off until a setting names a place for it', () => {
  assert.equal(loadConfig(valid).telemetry, undefined);
  const nothing = { OTEL_SERVICE_NAME: 'x', OTEL_TRACES_SAMPLER_ARG: '0.5' };
  assert.equal(loadConfig({ ...valid, ...nothing }).telemetry, undefined);
  const otlp = { ...nothing, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };
  assert.deepEqual(loadConfig({ ...valid, ...otlp }).telemetry, {
    serviceName: 'x',
    samplingRatio: 0.5,
    connectionString: undefined,
    identity: undefined,
    otlp: true,
  });
  const azure = {
    WEBSITE_SITE_NAME: 'the-app',
    IDENTITY_ENDPOINT: 'http://localhost/msi',
    IDENTITY_HEADER: 'h',
    APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=x;IngestionEndpoint=https://y/',
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=z;Authorization=AAD',
  };
  assert.deepEqual(loadConfig({ ...valid, ...azure }).telemetry, {
    serviceName: 'the-app',
    samplingRatio: 1,
    connectionString: azure.APPLICATIONINSIGHTS_CONNECTION_STRING,
    identity: { endpoint: 'http://localhost/msi', header: 'h', clientId: 'z' },
    otlp: false,
  });
});

test('faults of the telemetry settings are named, without their values', () => {
  const faults = faultsOf({
    ...valid,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318',
    OTEL_TRACES_SAMPLER_ARG: '1.5',
    APPLICATIONINSIGHTS_CONNECTION_STRING: 'a-key-alone',
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=Key',
  });
  assert.deepEqual(faults.map((fault) => fault.split(' ')[0]).sort(), [
    'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
    'APPLICATIONINSIGHTS_CONNECTION_STRING',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_TRACES_SAMPLER_ARG',
  ]);
  assert.ok(!faults.join().includes('a-key-alone'));
});

test('a setting that is there but empty counts as not set', () => {
  const empty = {
    FLOWGATE_ACCOUNT: '',
    FLOWGATE_BOOTSTRAP_CLIENT_ID: '',
    FLOWGATE_SIGNING_ALG: '',
  };
  assert.deepEqual(loadConfig({ ...valid, ...empty }), loadConfig(valid));
});

test('without FLOWGATE_ISSUER the issuer is the host name that Azure or Core Tools sets', () => {
  const env = { ...valid, FLOWGATE_ISSUER: undefined };
  assert.equal(
    loadConfig({ ...env, WEBSITE_HOSTNAME: 'f.azurewebsites.net' }).issuer,
    'https://f.azurewebsites.net',
  );
  assert.equal(
    loadConfig({ ...env, WEBSITE_HOSTNAME: 'localhost:7071' }).issuer,
    'http://localhost:7071',
  );
  assert.deepEqual(faultsOf(env), ['FLOWGATE_ISSUER is not set']);
});

test('all faults are named at once, without the values', () => {
  const faults = faultsOf({
    FLOWGATE_MASTER_KEY: 'c2VjcmV0',
    FLOWGATE_SIGNING_ALG: 'HS256',
    FLOWGATE_TRUSTED_PROXY_HOPS: 'many',
    FLOWGATE_SCRIPT_WORKERS: '1',
    FLOWGATE_BOOTSTRAP_CLIENT_SECRET: 'tooshort',
    FLOWGATE_ISSUER: 'ftp://x',
  });
  assert.deepEqual(
    faults.map((fault) => fault.split(' ')[0]),
    [
      'AzureWebJobsStorage',
      'FLOWGATE_MASTER_KEY',
      'FLOWGATE_ISSUER',
      'FLOWGATE_BOOTSTRAP_CLIENT_SECRET',
      'FLOWGATE_SIGNING_ALG',
      'FLOWGATE_TRUSTED_PROXY_HOPS',
      'FLOWGATE_SCRIPT_WORKERS',
    ],
  );
  assert.doesNotMatch(faults.join(), /c2VjcmV0|HS256|many|tooshort|ftp:/);
});

test('an issuer with a query or a fragment is refused (RFC 8414 section 2)', () => {
  for (const issuer of ['https://a.example/?x=1', 'https://a.example/#x']) {
    assert.match(faultsOf({ ...valid, FLOWGATE_ISSUER: issuer }).join(), /FLOWGATE_ISSUER must/);
  }
});

test('a bootstrap secret that no client may have is refused before anything starts', () => {
  const id = { FLOWGATE_BOOTSTRAP_CLIENT_ID: 'admin' };
  for (const secret of ['x'.repeat(15), 'x'.repeat(257), `${'x'.repeat(16)}\u0007`]) {
    const faults = faultsOf({ ...valid, ...id, FLOWGATE_BOOTSTRAP_CLIENT_SECRET: secret });
    assert.match(faults.join(), /FLOWGATE_BOOTSTRAP_CLIENT_SECRET must have 16 to 256/);
  }
  const emoji = { FLOWGATE_BOOTSTRAP_CLIENT_SECRET: '😀'.repeat(16) };
  assert.ok(loadConfig({ ...valid, ...id, ...emoji }).bootstrap);
});

test('the bootstrap client needs id and secret, and the secret must not contain the id', () => {
  const id = { FLOWGATE_BOOTSTRAP_CLIENT_ID: 'admin' };
  assert.match(faultsOf({ ...valid, ...id }).join(), /go together/);
  const secret = { FLOWGATE_BOOTSTRAP_CLIENT_SECRET: 'xx-admin-xxxxxxxxxx' };
  assert.match(faultsOf({ ...valid, ...id, ...secret }).join(), /must not contain/);
});

const identity = {
  ...valid,
  AzureWebJobsStorage: undefined,
  AzureWebJobsStorage__accountName: 'stflowgate',
  AzureWebJobsStorage__credential: 'managedidentity',
  AzureWebJobsStorage__clientId: 'c-1',
  IDENTITY_ENDPOINT: 'http://127.0.0.1:41/msi/token',
  IDENTITY_HEADER: 'h-1',
};

test('storage is named by its account’s name, or by its services’ addresses, for a managed identity', () => {
  assert.deepEqual(loadConfig(identity).storage, {
    tableServiceUri: 'https://stflowgate.table.core.windows.net',
    blobServiceUri: 'https://stflowgate.blob.core.windows.net',
    identity: { endpoint: 'http://127.0.0.1:41/msi/token', header: 'h-1', clientId: 'c-1' },
    prefix: 'flowgate',
  });
  const { storage } = loadConfig({
    ...identity,
    AzureWebJobsStorage__accountName: '',
    AzureWebJobsStorage__tableServiceUri: 'https://t.example/',
    AzureWebJobsStorage__blobServiceUri: 'https://b.example',
    AzureWebJobsStorage__clientId: '',
  });
  assert.ok('identity' in storage);
  assert.equal(storage.tableServiceUri, 'https://t.example');
  assert.equal(storage.blobServiceUri, 'https://b.example');
  assert.equal(storage.identity.clientId, undefined);
});

test('a connection that is half there, there twice or without TLS is refused by name', () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ AzureWebJobsStorage: 'UseDevelopmentStorage=true' }, /exclude each other/],
    [{ AzureWebJobsStorage__credential: '' }, /^AzureWebJobsStorage__credential is not set$/],
    [{ IDENTITY_ENDPOINT: '', IDENTITY_HEADER: '' }, /IDENTITY_ENDPOINT is not set.*_HEADER is/],
    [{ AzureWebJobsStorage__accountName: 'Not-A-Name' }, /__accountName must/],
    [
      {
        AzureWebJobsStorage__accountName: '',
        AzureWebJobsStorage__tableServiceUri: 'https://t.example',
      },
      /^AzureWebJobsStorage__blobServiceUri is not set$/,
    ],
    [{ AzureWebJobsStorage__tableServiceUri: 'http://t.example' }, /must be an https URL/],
    [{ AzureWebJobsStorage__credential: 'clientsecret' }, /must be managedidentity/],
  ];
  for (const [changes, expected] of cases) {
    assert.match(faultsOf({ ...identity, ...changes }).join(), expected);
  }
});

test('hosts inside are named one by one, and what is no host is refused without its value', () => {
  const named = { ...valid, FLOWGATE_PRIVATE_HOSTS: 'idp.corp.example, Keycloak:8080' };
  assert.deepEqual(loadConfig(named).privateHosts, new Set(['idp.corp.example', 'keycloak:8080']));
  const faults = faultsOf({ ...valid, FLOWGATE_PRIVATE_HOSTS: 'http://idp.corp.example/' });
  assert.deepEqual(faults, [
    'FLOWGATE_PRIVATE_HOSTS must be hosts or host:port, with commas between',
  ]);
});

test('an upstream provider is named with its client, is not there without, and has defaults', () => {
  assert.equal(loadConfig(valid).upstream, undefined);
  const issuer = { ...valid, FLOWGATE_UPSTREAM_ISSUER: 'https://idp.example/tenant/' };
  assert.deepEqual(faultsOf(issuer), [
    'FLOWGATE_UPSTREAM_ISSUER and FLOWGATE_UPSTREAM_CLIENT_ID go together: set both or neither',
  ]);
  assert.deepEqual(loadConfig({ ...issuer, FLOWGATE_UPSTREAM_CLIENT_ID: 'flowgate' }).upstream, {
    issuer: 'https://idp.example/tenant/',
    clientId: 'flowgate',
    clientSecret: undefined,
    name: 'idp.example',
    claim: 'preferred_username',
    prefix: '',
  });
  for (const prefix of ['OAuth_Client_', '-x', 'a b', 'x'.repeat(51)]) {
    const [fault = ''] = faultsOf({ ...valid, FLOWGATE_UPSTREAM_USER_PREFIX: prefix });
    assert.match(fault, /^FLOWGATE_UPSTREAM_USER_PREFIX must begin a user name/);
  }
});

test('client certificates are off until a setting turns them on, or names their header', () => {
  for (const off of [undefined, '', 'off', 'false', '0']) {
    assert.equal(loadConfig({ ...valid, FLOWGATE_MTLS: off }).mtls, undefined);
  }
  const appService = { header: 'x-arr-clientcert', authorities: [] };
  for (const on of ['on', 'true', '1', 'X-ARR-ClientCert']) {
    assert.deepEqual(loadConfig({ ...valid, FLOWGATE_MTLS: on }).mtls, appService);
  }
  const other = loadConfig({ ...valid, FLOWGATE_MTLS: 'X-Forwarded-Client-Cert' });
  assert.equal(other.mtls?.header, 'x-forwarded-client-cert');
  assert.deepEqual(faultsOf({ ...valid, FLOWGATE_MTLS: 'X ARR' }), [
    'FLOWGATE_MTLS must be on, off or the name of a header',
  ]);
});

test('authorities of client certificates are PEM, with line breaks as they came through', () => {
  const root = issueCertificate({ extensions: [isAuthority()] });
  const other = issueCertificate({ extensions: [isAuthority()] });
  const both = root.cert + other.cert;
  for (const text of [both, both.replaceAll('\n', '\\n'), both.replaceAll('\n', ' ')]) {
    const { mtls } = loadConfig({ ...valid, FLOWGATE_MTLS: 'on', FLOWGATE_MTLS_CAS: text });
    assert.deepEqual(mtls?.authorities, [root.x509.raw, other.x509.raw]);
  }
  for (const text of ['x', issueCertificate().cert, both.replace('MII', 'AAA')]) {
    assert.deepEqual(faultsOf({ ...valid, FLOWGATE_MTLS_CAS: text }), [
      'FLOWGATE_MTLS_CAS must hold certificates of authorities in PEM, and no others',
    ]);
  }
});

test('the app is known by its issuer, and by the host name that Azure gives', () => {
  assert.deepEqual(loadConfig(valid).publicBases, ['https://flowgate.example']);
  const hosted = loadConfig({ ...valid, WEBSITE_HOSTNAME: 'func.azurewebsites.net' });
  assert.deepEqual(hosted.publicBases, [
    'https://flowgate.example',
    'https://func.azurewebsites.net',
  ]);
});
