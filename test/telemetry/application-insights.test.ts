import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { testStorage } from '../support/azurite.ts';
import { startCollector } from '../support/collector.ts';
import { ADMIN, fetchToken } from '../support/instance.ts';
import { freshFolder } from '../support/folders.ts';
import { makeSelfSigned } from '../support/self-signed.ts';
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

test('Application Insights gets spans as dependencies of the operation, and metrics', async (t) => {
  const tls = makeSelfSigned();
  const collector = await startCollector(tls);
  const folder = await freshFolder(t);
  const authority = join(folder, 'authority.pem');
  await writeFile(authority, tls.cert);
  const key = '00000000-0000-4000-8000-000000000000';
  const host = await startMeasuredHost(await testStorage(), {
    APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${key};IngestionEndpoint=${collector.url}/`,
    // The exporter's reports on itself to Microsoft.
    APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    // It speaks TLS only.
    NODE_EXTRA_CA_CERTS: authority,
    OTEL_SERVICE_NAME: 'the-app',
  });
  const token = await fetchToken(host.url, ADMIN.id, ADMIN.secret);
  await host.stop();
  const bodies = collector.received.filter(({ path }) => path.includes('/track'));
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
  for (const secret of [ADMIN.secret, token]) assert.ok(!everything.includes(secret));
  assert.deepEqual(
    host
      .log()
      .split('\n')
      .filter((line) => line.includes('telemetry')),
    [],
  );
});
