import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testStorage } from '../support/azurite.ts';
import { startCollector } from '../support/collector.ts';
import { ADMIN, basic } from '../support/instance.ts';
import { type MeasuredHost, startMeasuredHost } from '../support/measured-host.ts';

/** Enough spans for one full batch, which is sent without waiting for more. */
const CALLS = 300;

/** A port on which connections are taken and never answered, or refused. */
async function away(how: 'silent' | 'refusing'): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  server.unref();
  if (how === 'refusing') await new Promise((resolve) => server.close(resolve));
  else after(() => server.close());
  return `http://127.0.0.1:${port}`;
}

/** @returns the median of what a token takes, in milliseconds. */
async function fetchTokens(host: MeasuredHost): Promise<number> {
  const took: number[] = [];
  const headers = { authorization: basic(ADMIN.id, ADMIN.secret) };
  for (let i = 0; i < CALLS; i += 1) {
    const startedAt = performance.now();
    const url = `${host.url}/oauth2/api/v1/token?grant_type=client_credentials`;
    const response = await fetch(url, { method: 'POST', headers });
    await response.arrayBuffer();
    assert.equal(response.status, 200);
    took.push(performance.now() - startedAt);
  }
  return took.sort((a, b) => a - b)[CALLS / 2] ?? 0;
}

const complaints = (host: MeasuredHost): string[] =>
  host
    .log()
    .split('\n')
    .filter((line) => line.includes('does not take telemetry'));

test('a collector that refuses costs the callers nothing, and one line in the log', async () => {
  const collector = await startCollector();
  const storage = await testStorage();
  const there = await startMeasuredHost(storage, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const gone = await startMeasuredHost(storage, {
    OTEL_EXPORTER_OTLP_ENDPOINT: await away('refusing'),
  });
  await Promise.all([there, gone].map(fetchTokens));
  // The exporters are loaded now, and have their first batch.
  await delay(3000);
  const [usual, took] = [await fetchTokens(there), await fetchTokens(gone)];
  assert.ok(took < 3 * usual + 5, `${took} ms instead of ${usual} ms`);
  await delay(3000);
  await fetchTokens(gone);
  assert.ok((await gone.stop()) < 5000);
  assert.equal(complaints(gone).length, 1, complaints(gone).join('\n'));
  await there.stop();
  assert.deepEqual(complaints(there), []);
  // The call itself and two steps.
  const tokens = collector.spans().filter(({ name }) => name === 'token');
  assert.equal(tokens.length, 2 * CALLS);
});

test('a collector that never answers does not keep the host from ending', async () => {
  const storage = await testStorage();
  const host = await startMeasuredHost(storage, {
    OTEL_EXPORTER_OTLP_ENDPOINT: await away('silent'),
  });
  await fetchTokens(host);
  assert.ok((await host.stop()) < 5000);
});
