import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataStores } from '../../shared/iflow/services/data-stores.ts';
import { flowBundle, line } from '../support/flow-bundle.ts';
import { environmentOf, exchangeOf, noServices, NOW, runBundle } from './running.ts';

/** Reads an entry with Delete on Completion, and hands the message on at its end for some time. */
async function readAndHandOn(tookMs: number): Promise<readonly string[]> {
  const zip = flowBundle({
    processes: [
      line({
        id: 'Get',
        cname: 'get',
        properties: {
          visibility: 'global',
          storageName: 'Store',
          dataStoreId: 'a',
          delete: 'true',
        },
      }),
    ],
    receivers: [{ from: 'End_1', adapter: 'ProcessDirect', properties: { address: '/slow' } }],
  });
  const deleted: string[] = [];
  const entry = { id: 'a', messageId: '', createdAt: 0, dueAt: 1, expiresAt: 2, version: '1' };
  const stores = {
    get: () => Promise.resolve({ ...entry, content: { body: 'b', headers: [] } }),
    removeRead(_: unknown, entries: readonly { readonly id: string }[]) {
      for (const { id } of entries) deleted.push(id);
      return Promise.resolve();
    },
  } as unknown as DataStores;
  let now = NOW;
  const environment = {
    ...environmentOf(undefined, () => now),
    services: { ...noServices, dataStores: () => Promise.resolve(stores) },
    processDirect() {
      now += tookMs;
      return Promise.resolve();
    },
  };
  const failure = await runBundle(zip, exchangeOf('x'), environment).then(
    () => undefined,
    (error: unknown) => error,
  );
  return failure === undefined ? deleted : [...deleted, (failure as { reason: string }).reason];
}

// SAP Help, Define Data Store Operations: Delete on Completion is for messages that were processed
test('a message that has run out of time in its last step deletes nothing on completion', async () => {
  assert.deepEqual(await readAndHandOn(1000), ['a']);
  assert.deepEqual(await readAndHandOn(300_000), ['timeout']);
});
