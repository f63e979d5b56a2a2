import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openDataStores } from '../../shared/storage/data-stores.ts';
import { openDeploymentStore } from '../../shared/storage/deployments.ts';
import { openProcessedMessages } from '../../shared/storage/processed-messages.ts';
import { createContentSealer } from '../../shared/storage/sealed-content.ts';
import { openTables, type TableName } from '../../shared/storage/tables.ts';
import { openTimerRuns } from '../../shared/storage/timer-runs.ts';
import { scheduleKey, timerFlow } from '../iflow/timers/timer-flow.ts';
import { testStorage } from '../support/azurite.ts';
import { manage, startInstance } from '../support/instance.ts';

export const LOCAL_ONLY = 'looks into storage';

const DAY_MS = 86_400_000;

test('the daily timer removes expired entries, forgotten message ids and timers of flows that are gone, and keeps the rest', async () => {
  const storage = await testStorage();
  const tables = openTables(storage);
  const now = Date.now();
  const longAgo = { now: () => now - 3 * DAY_MS };

  const sealer = createContentSealer(Buffer.alloc(32, 7), 1024);
  const stores = openDataStores({ tables, sealer, clock: longAgo, randomUUID });
  for (const [id, expiresAt] of [
    ['expired', now - DAY_MS],
    ['living', now + DAY_MS],
  ] as const) {
    const times = { createdAt: longAgo.now(), dueAt: now, expiresAt };
    const content = { body: '<a/>', headers: [] };
    await stores.put({ flowId: '', name: 'S' }, { id, messageId: 'M', ...times, content }, false);
  }
  const processed = openProcessedMessages({ tables, clock: longAgo, randomUUID });
  const step = { flowId: 'F', nodeId: 'N' };
  await processed.begin(step, 'expired', now - DAY_MS);
  await processed.begin(step, 'living', now + DAY_MS);

  const instance = await startInstance(storage);
  const admin = await manage(instance);
  const hourly = scheduleKey({ schedule1: '0+0+*+?+*+*+*&trigger.timeZone=UTC' });
  assert.equal(await admin.deploy('Hourly', timerFlow(hourly, {}, { id: 'Hourly' })), 'SUCCESS');
  const runs = openTimerRuns(tables, randomUUID);
  const { deployments } = await openDeploymentStore(tables).readState();
  const live = deployments[0]?.deployment.revision ?? '';
  for (const revision of [live, 'gone']) {
    const times = { through: now, runningUntil: 0, startedAt: now };
    await runs.create({ revision, startId: 'Timer', messageGuid: 'M', ...times });
  }

  const started = await fetch(`${instance.url}/admin/functions/delete-expired-state`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"input":""}',
  });
  assert.equal(started.status, 202);
  // The last of what the timer does.
  for (let tries = 0; tries < 100 && (await runs.revisions()).size > 1; tries += 1) await delay(50);
  assert.deepEqual([...(await runs.revisions())], [live]);
  assert.deepEqual(await valuesIn('datastores', 'id'), ['living']);
  assert.equal((await valuesIn('processed', 'until')).length, 1);
  assert.equal(await processed.begin(step, 'living', now), 'in progress');

  async function valuesIn(table: TableName, property: string): Promise<unknown[]> {
    const values: unknown[] = [];
    for await (const row of tables.table(table).listEntities()) values.push(row[property]);
    return values;
  }
});
