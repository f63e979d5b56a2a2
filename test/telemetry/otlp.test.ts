import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testStorage } from '../support/azurite.ts';
import { startCollector } from '../support/collector.ts';
import { fetchToken, manage, startInstance, ADMIN } from '../support/instance.ts';

test('try', async () => {
  const collector = await startCollector();
  const storage = await testStorage();
  const instance = await startInstance(storage, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  await fetch(`${instance.url}/health/ready`);
  await fetchToken(instance.url, ADMIN.id, ADMIN.secret);
  await fetchToken(instance.url, ADMIN.id, ADMIN.secret);
  await instance.stop();
  for (const s of collector.spans()) console.log(JSON.stringify(s));
  console.log(collector.metricNames());
  console.log(collector.points('flowgate.storage.duration'));
  assert.ok(true);
});
