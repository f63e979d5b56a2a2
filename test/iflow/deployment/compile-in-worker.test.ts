import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBundle } from '../../../shared/iflow/bundle/build.ts';
import { createCompileInWorker } from '../../../shared/iflow/deployment/compile-in-worker.ts';
import { NotDeployable } from '../../../shared/iflow/flow.ts';
import { mappingBundle, stylesheet } from '../xslt/stylesheets.ts';

const row = { name: 'x', type: 'xpath', value: `1${'+1'.repeat(1500)}` };
const modifier = {
  type: 'contentModifier' as const,
  name: 'Set',
  properties: Array<typeof row>(400).fill(row),
};
const slow = buildBundle({
  id: 'Slow',
  name: 'Slow',
  address: '/slow',
  steps: Array<typeof modifier>(5).fill(modifier),
});
const good = buildBundle({ id: 'Good', name: 'Good', address: '/good', steps: [] });

const none = () => Promise.resolve(new Map<string, Uint8Array>());

test('a bundle is compiled in a thread of its own', async () => {
  const compile = createCompileInWorker({ timeoutMs: 20_000, memoryMb: 256, atOnce: 2 });
  assert.equal((await compile('IntegrationFlow', good, none)).flow?.id, 'Good');
});

test('what a bundle lacks is told as when it is compiled here', async () => {
  const compile = createCompileInWorker({ timeoutMs: 20_000, memoryMb: 256, atOnce: 2 });
  await assert.rejects(compile('IntegrationFlow', Buffer.from('no zip'), none), (error) => {
    assert.ok(error instanceof NotDeployable);
    assert.match(error.faults.join(), /This is not a zip/);
    return true;
  });
});

test('a bundle that takes too long is a fault of the bundle, holds nobody up, and those that wait go on', async () => {
  const compile = createCompileInWorker({ timeoutMs: 1200, memoryMb: 256, atOnce: 1 });
  const outcomes = Promise.allSettled([
    compile('IntegrationFlow', slow, none),
    compile('IntegrationFlow', good, none),
  ]);
  let turns = 0;
  let settled = false;
  void outcomes.finally(() => (settled = true));
  while (!settled) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    turns += 1;
  }
  const [first, second] = await outcomes;
  assert.ok(first.status === 'rejected' && first.reason instanceof NotDeployable);
  assert.deepEqual(first.reason.faults, [
    'The iFlow takes too much time to compile. Make it smaller.',
  ]);
  assert.equal(second.status, 'fulfilled');
  assert.ok(turns >= 10, `the event loop turned ${turns} times`);
});

test('a stylesheet that takes too long to compile is named', async () => {
  const deep = `${'('.repeat(40)}1${')'.repeat(40)}`;
  const content = Array.from({ length: 3000 }, (_, n) => `<b${n} c="{${deep}}"/>`).join('');
  const zip = mappingBundle(stylesheet(`<a>${content}</a>`));
  const compile = createCompileInWorker({ timeoutMs: 4000, memoryMb: 512, atOnce: 1 });
  await assert.rejects(compile('IntegrationFlow', zip, none), (error) => {
    assert.ok(error instanceof NotDeployable);
    assert.deepEqual(error.faults, [
      'The stylesheet "Map.xsl" takes too much time to compile. Make it smaller.',
    ]);
    return true;
  });
});
