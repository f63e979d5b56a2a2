import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openTables } from '../../shared/storage/tables.ts';
import { openTimerRuns } from '../../shared/storage/timer-runs.ts';
import { scheduleKey, timerFlow } from '../iflow/timers/timer-flow.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import { manage, type Management, startInstance } from '../support/instance.ts';
import { movableClock } from '../support/movable-clock.ts';

export const LOCAL_ONLY = 'runs the timer of several instances over one storage, and kills one';

const HOUR_MS = 3_600_000;
const HOURLY = '0+0+*+?+*+*+*&trigger.timeZone=UTC';

interface Entry {
  readonly MessageGuid: string;
  readonly Status: string;
  readonly Sender: string;
}

async function logOf(admin: Management, id: string): Promise<readonly Entry[]> {
  const filter = encodeURIComponent(`IntegrationFlowName eq '${id}'`);
  const answer = await admin.send('GET', `/api/v1/MessageProcessingLogs?$filter=${filter}`);
  const { d } = (await answer.json()) as { d: { results: Entry[] } };
  return d.results;
}

async function entriesOf(admin: Management, id: string, count: number): Promise<readonly Entry[]> {
  for (let tries = 0; tries < 150; tries += 1) {
    const entries = await logOf(admin, id);
    if (entries.length >= count) return entries;
    await delay(100);
  }
  throw new Error(`The log has no ${count} entries of ${id}.`);
}

/** Waits until no run is in progress: for one whose hour goes by at once its instance would pass for lost. */
async function allEnded(storage: TestStorage): Promise<void> {
  const runs = openTimerRuns(openTables(storage), randomUUID);
  for (const revision of await runs.revisions()) {
    for (let tries = 0; tries < 100; tries += 1) {
      const record = await runs.find(revision, 'Timer');
      if (record?.value.runningUntil === 0) break;
      await delay(50);
    }
  }
}

/** The function, by hand, on each instance. */
async function look(...instances: readonly { readonly url: string }[]): Promise<void> {
  for (const { url } of instances) {
    const started = await fetch(`${url}/admin/functions/run-scheduled-flows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"input":""}',
    });
    assert.equal(started.status, 202);
  }
}

test('two instances run each flow once at each of its times, and the other goes on when one is killed', async () => {
  const storage = await testStorage();
  const clock = movableClock();
  const start = () => startInstance(storage, clock.env);
  const [one, two] = await Promise.all([start(), start()]);
  let admin = await manage(two);
  const flow = (id: string, schedule1: string): Uint8Array =>
    timerFlow(scheduleKey({ schedule1 }), {}, { id });
  assert.equal(await admin.deploy('Once', flow('Once', 'fireNow=true')), 'SUCCESS');
  assert.equal(await admin.deploy('Hourly', flow('Hourly', HOURLY)), 'SUCCESS');

  await look(one, two, one, two);
  const [entry] = await entriesOf(admin, 'Once', 1);
  await allEnded(storage);
  assert.deepEqual([entry?.Status, entry?.Sender], ['COMPLETED', '']);
  for (let hour = 1; hour <= 2; hour += 1) {
    clock.set(hour * HOUR_MS);
    // Its token is over.
    admin = await manage(two);
    await look(one, two, one, two);
    await entriesOf(admin, 'Hourly', hour);
    await allEnded(storage);
  }
  // Another entry would have come by then.
  await delay(1500);
  assert.equal((await logOf(admin, 'Hourly')).length, 2);
  assert.equal((await logOf(admin, 'Once')).length, 1);

  await one.kill();
  clock.set(3 * HOUR_MS);
  admin = await manage(two);
  await look(two);
  await entriesOf(admin, 'Hourly', 3);
});

test('a run whose instance is killed is not repeated, and stands in the log as failed', async () => {
  const storage = await testStorage();
  const clock = movableClock();
  const killed = await startInstance(storage, clock.env);
  const source =
    'function processData(message) { var end = Date.now() + 4000; while (Date.now() < end) {} return message; }';
  const script = { id: 'Script', cname: 'JavaScript', properties: { script: 'slow.js' } };
  const zip = timerFlow(
    scheduleKey({ schedule1: 'fireNow=true' }),
    {},
    { id: 'Slow', steps: [script], files: { 'script/slow.js': source } },
  );
  const first = await manage(killed);
  assert.equal(await first.deploy('Slow', zip), 'SUCCESS');
  const runs = openTimerRuns(openTables(storage), randomUUID);
  await look(killed);
  for (let tries = 0; tries < 100 && (await runs.revisions()).size === 0; tries += 1)
    await delay(50);
  const [revision = ''] = await runs.revisions();
  const record = await runs.find(revision, 'Timer');
  assert.ok((record?.value.runningUntil ?? 0) > 0, 'is running');
  await killed.kill();

  const two = await startInstance(storage, clock.env);
  let admin = await manage(two);
  await look(two);
  await delay(1000);
  assert.deepEqual(await logOf(admin, 'Slow'), [], 'may be running still');
  clock.set(HOUR_MS);
  admin = await manage(two);
  await look(two, two);
  const [lost] = await entriesOf(admin, 'Slow', 1);
  assert.equal(lost?.Status, 'FAILED');
  assert.equal(lost.MessageGuid, record?.value.messageGuid);
  const text = await admin.send(
    'GET',
    `/api/v1/MessageProcessingLogs('${lost.MessageGuid}')/ErrorInformation/$value`,
  );
  assert.match(await text.text(), /instance that ran the flow was lost/);
  await delay(1500);
  assert.equal((await logOf(admin, 'Slow')).length, 1, 'not repeated');
});

test('a deployment for which no time is to come fails, and one that says so does not', async () => {
  const storage = await testStorage();
  const admin = await manage(await startInstance(storage));
  const over = { schedule1: '0+0+9+1+1+?+2020&trigger.timeZone=UTC' };
  const failing = timerFlow(scheduleKey(over), {}, { id: 'Over' });
  assert.equal(await admin.deploy('Over', failing), 'FAIL');
  const error = await admin.send(
    'GET',
    "/api/v1/IntegrationRuntimeArtifacts('Over')/ErrorInformation/$value",
  );
  assert.match(await error.text(), /The schedule of the timer \\"Timer\\" is over/);
  const silent = scheduleKey({ ...over, throwExceptionOnExpiry: 'false' });
  assert.equal(await admin.deploy('Silent', timerFlow(silent, {}, { id: 'Silent' })), 'SUCCESS');
});
