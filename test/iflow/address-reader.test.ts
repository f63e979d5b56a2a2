import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { openAddressReader } from '../../shared/iflow/dispatch/address-reader.ts';
import type { BundleBlobs, DesignArtifact } from '../../shared/iflow/design/design-store.ts';
import { createAddressTracer } from '../../shared/iflow/dispatch/trace-address.ts';

const hello = buildBundle({ id: 'Hello', name: 'Hello', address: '/hello/*', steps: [] });
const steps = [{ type: 'raw' as const, name: 'Map', cname: 'MessageMapping', properties: {} }];
const missing = buildBundle({ id: 'Missing', name: 'Missing', address: '/missing', steps });

const reader = openAddressReader({ timeoutMs: 10_000, memoryMb: 256 });
after(() => reader.close());

test('addresses are read out of any bundle that can be read, deployable or not', async () => {
  assert.deepEqual(await reader.read(hello), ['/hello/*']);
  assert.deepEqual(await reader.read(missing), ['/missing']);
  assert.deepEqual(await reader.read(Buffer.from('no zip')), []);
  assert.deepEqual(await reader.read(hello), ['/hello/*'], 'and the thread goes on');
});

test('a bundle that takes too long is given up, and the next one is read', async () => {
  const impatient = openAddressReader({ timeoutMs: 1, memoryMb: 256 });
  assert.equal(await impatient.read(hello), undefined);
  assert.equal(await impatient.read(hello), undefined);
  await impatient.close();
});

function openTracer(count: number, zip: Uint8Array, clock = { now: () => 0 }) {
  const opened: string[] = [];
  const artifacts = Array.from({ length: count }, (_, i) => ({
    kind: 'IntegrationFlow',
    id: `Flow${i}`,
    modifiedAt: i,
    content: `${i}.zip`,
  })) as unknown as DesignArtifact[];
  const blobs: Pick<BundleBlobs, 'get'> = {
    get(name) {
      opened.push(name);
      return Promise.resolve(zip);
    },
  };
  const state = { generation: '', etag: undefined, deployments: [] };
  const tracer = createAddressTracer({
    deployments: {
      readState: () => Promise.resolve(state),
      readFlow: () => Promise.resolve(undefined),
    },
    design: { listArtifacts: () => Promise.resolve(artifacts) },
    blobs,
    openReader: () => ({ read: (sent) => reader.read(sent), close: () => Promise.resolve() }),
    clock,
  });
  return { tracer, opened };
}

test('the iFlows changed last are looked at first, and no more than fifty', async () => {
  const { tracer, opened } = openTracer(60, missing);
  const trace = await tracer.trace('/hello/you');
  assert.deepEqual(trace, { served: undefined, addresses: [], designed: undefined, more: true });
  assert.equal(opened.length, 50);
  assert.deepEqual(opened.slice(0, 2), ['59.zip', '58.zip']);
  const found = openTracer(60, hello);
  const { designed } = (await found.tracer.trace('/hello/you')) as { designed: object };
  assert.deepEqual(designed, {
    iflow: 'Flow59',
    address: '/hello/*',
    status: undefined,
    faults: [],
  });
  assert.deepEqual(found.opened, ['59.zip']);
});

test('a search ends in time, and what was not looked at is said', async () => {
  let now = 0;
  const { tracer, opened } = openTracer(60, missing, { now: () => (now += 2500) });
  const trace = await tracer.trace('/hello/you');
  assert.ok(trace?.served === undefined && trace?.more === true);
  assert.equal(opened.length, 2);
});

test('one search at a time; beyond a few that wait, the caller is asked to come again', async () => {
  const { tracer } = openTracer(1, missing);
  const all = await Promise.allSettled(Array.from({ length: 15 }, () => tracer.trace('/x')));
  const refused = all.filter((one) => one.status === 'rejected');
  assert.equal(refused.length, 4);
  assert.deepEqual(
    refused.map((one) => (one.reason as { status: number }).status),
    [503, 503, 503, 503],
  );
  assert.ok((await tracer.trace('/x')) !== undefined);
});
