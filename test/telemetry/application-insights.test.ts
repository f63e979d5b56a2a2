import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { testStorage } from '../support/azurite.ts';
import { startCollector } from '../support/collector.ts';
import { ADMIN, fetchToken } from '../support/instance.ts';
import { freshFolder } from '../support/folders.ts';
import { makeLoopbackCertificate } from '../support/certificate.ts';
import { startMeasuredHost } from '../support/measured-host.ts';

interface Envelope {
  readonly name: string;
  readonly tags: Record<string, string>;
  readonly data: {
    readonly baseType: string;
    readonly baseData: {
      readonly name?: string;
      readonly metrics?: readonly { readonly name: string; readonly value: number }[];
      readonly properties?: Record<string, string>;
    };
  };
}

const IDENTITY_TOKEN = 'a-token-of-the-managed-identity';

/** The token endpoint of an app with the identity `the-client`. @returns the app's settings. */
async function startIdentity(): Promise<Record<string, string>> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const isAllowed =
      request.headers['x-identity-header'] === 'proof' &&
      searchParams.get('client_id') === 'the-client' &&
      searchParams.get('resource')?.startsWith('https://monitor.azure.com');
    response.writeHead(isAllowed ? 200 : 400, { 'content-type': 'application/json' });
    const expires_on = String(Math.floor(Date.now() / 1000) + 3600);
    response.end(JSON.stringify({ access_token: IDENTITY_TOKEN, expires_on }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`, IDENTITY_HEADER: 'proof' };
}

test('Application Insights gets spans as dependencies of the operation, and metrics, with a token of the managed identity', async (t) => {
  const tls = makeLoopbackCertificate();
  const collector = await startCollector(tls);
  const folder = await freshFolder(t);
  const authority = join(folder, 'authority.pem');
  await writeFile(authority, tls.cert);
  const key = '00000000-0000-4000-8000-000000000000';
  const host = await startMeasuredHost(await testStorage(), {
    APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${key};IngestionEndpoint=${collector.url}/`,
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=the-client;Authorization=AAD',
    ...(await startIdentity()),
    // The exporter's reports on itself to Microsoft.
    APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    // It speaks TLS only.
    NODE_EXTRA_CA_CERTS: authority,
    OTEL_SERVICE_NAME: 'the-app',
  });
  const token = await fetchToken(host.url, ADMIN.id, ADMIN.secret);
  await host.stop();
  const bodies = collector.received.filter(({ path }) => path.includes('/track'));
  assert.ok(bodies.length > 0);
  for (const { authorization } of bodies) assert.equal(authorization, `Bearer ${IDENTITY_TOKEN}`);
  const envelopes = bodies.flatMap(({ body }) => JSON.parse(body) as Envelope[]);
  const spans = envelopes.filter(({ data }) => data.baseType === 'RemoteDependencyData');
  const call = spans.find(({ data }) => data.baseData.name === 'token');
  assert.equal(call?.tags['ai.cloud.role'], 'the-app');
  assert.equal(call.data.baseData.properties?.['flowgate.client_id'], ADMIN.id);
  const sign = spans.find(({ data }) => data.baseData.name === 'token.sign');
  assert.equal(sign?.tags['ai.operation.id'], call.tags['ai.operation.id']);
  // The host tells of requests; ours as well would count every call twice.
  assert.ok(!envelopes.some(({ data }) => data.baseType === 'RequestData'));
  const metrics = envelopes.flatMap(({ data }) => data.baseData.metrics ?? []);
  const issued = metrics.find(({ name }) => name === 'flowgate.tokens.issued');
  assert.equal(issued?.value, 1);
  const everything = bodies.map(({ body }) => body).join();
  for (const secret of [ADMIN.secret, token, IDENTITY_TOKEN, 'proof'])
    assert.ok(!everything.includes(secret));
  assert.deepEqual(
    host
      .log()
      .split('\n')
      .filter((line) => line.includes('telemetry')),
    [],
  );
});
