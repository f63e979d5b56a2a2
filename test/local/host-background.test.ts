import assert from 'node:assert/strict';
import { BlobServiceClient } from '@azure/storage-blob';
import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { testStorage } from '../support/azurite.ts';
import { eventually } from './support/eventually.ts';
import { startHostProcess, type HostProcess } from './support/host-process.ts';

const appRoot = join(import.meta.dirname, 'fixtures', 'background');
const { connectionString } = await testStorage();
const folder = mkdtempSync(join(tmpdir(), 'flowgate-host-'));
after(() => rmSync(folder, { recursive: true }));

interface Event {
  readonly pid: number;
  readonly event: string;
  readonly message?: Record<string, unknown>;
  readonly [field: string]: unknown;
}

/** One site: hosts of one id, one queue and one record of what has run. */
function makeSite(everySecond: boolean): {
  start(): Promise<HostProcess>;
  events(name: string): Event[];
  readonly hostId: string;
  readonly queue: QueueClient;
  readonly poison: QueueClient;
} {
  const hostId = randomBytes(8).toString('hex');
  const queueName = `q${hostId}`;
  const file = join(folder, hostId);
  const queues = QueueServiceClient.fromConnectionString(connectionString);
  return {
    hostId,
    queue: queues.getQueueClient(queueName),
    poison: queues.getQueueClient(`${queueName}-poison`),
    start: () =>
      startHostProcess(appRoot, {
        AzureWebJobsStorage: connectionString,
        AzureFunctionsWebHost__hostid: hostId,
        EVERY_SECOND: everySecond ? '* * * * * *' : '0 0 0 29 2 *',
        QUEUE: queueName,
        RECORD_FILE: file,
      }),
    events: (name) =>
      (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [])
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Event)
        .filter(({ event }) => event === name),
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const runByHand = (host: HostProcess, name: string, body: string, type = 'application/json') =>
  fetch(`${host.url}/admin/functions/${name}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });

suite('Timers (functions-host rule 19a)', { concurrency: true }, () => {
  test('of two instances one runs each occurrence, and the other goes on when it is killed', async () => {
    const site = makeSite(true);
    const [one, other] = await Promise.all([site.start(), site.start()]);
    const runs = (): Event[] => site.events('everySecond');
    await eventually(() => runs()[2]);
    const seconds = runs().map(({ at }) => Math.floor(Number(at) / 1000));
    assert.equal(new Set(seconds).size, seconds.length, 'no second is run twice');
    assert.ok(runs().every(({ isPastDue }) => isPastDue === false));

    one.child.kill('SIGKILL');
    const before = runs().length;
    // A lease that the killed one held runs out after 15 s.
    await eventually(() => runs()[before + 1], 20_000);
    assert.equal(runs().at(-1)?.pid, other.child.pid);
    assert.equal(await other.stop(), 0);
  });

  test('catch up once, past due, on a run that was missed while no host was there', async () => {
    const site = makeSite(false);
    const blob = BlobServiceClient.fromConnectionString(connectionString)
      .getContainerClient('azure-webjobs-hosts')
      .getBlockBlobClient(`timers/${site.hostId}/yearly`);
    const first = await site.start();
    await eventually(async () => ((await blob.exists()) ? true : undefined));
    assert.equal(site.events('yearly').length, 0, 'nothing was missed at the very first start');
    await first.stop();
    const missed = JSON.stringify({ last: 0, next: Date.now() - 60_000 });
    await blob.upload(missed, missed.length);

    const second = await site.start();
    const run = await eventually(() => site.events('yearly')[0]);
    assert.equal((run['timer'] as { isPastDue: boolean }).isPastDue, true);
    await second.stop();
    const third = await site.start();
    await sleep(300);
    await third.stop();
    assert.equal(site.events('yearly').length, 1);
  });

  test('run by hand: 202 at once, with schedule and status (rule 20)', async () => {
    const site = makeSite(false);
    const host = await site.start();
    assert.equal((await runByHand(host, 'YEARLY', '{"input":""}')).status, 202);
    const { timer } = await eventually(() => site.events('yearly')[0]);
    const { isPastDue, scheduleStatus } = timer as {
      isPastDue: boolean;
      scheduleStatus: { next: string };
    };
    assert.equal(isPastDue, false);
    assert.match(scheduleStatus.next, /-01-01T00:00:00\.000Z$/);
    await host.stop();
  });
});

suite('Queues (functions-host rule 20)', { concurrency: true }, () => {
  test('a JSON message arrives parsed, with its fields in triggerMetadata, and is deleted', async () => {
    const site = makeSite(false);
    await site.queue.create();
    await site.queue.sendMessage(base64('{"kind":"greeting","n":1}'));
    const host = await site.start();
    await eventually(() => site.events('worked')[0]);
    const run = await eventually(() => site.events('worker')[0]);
    assert.deepEqual(run.message, { kind: 'greeting', n: 1 });
    assert.equal(run['dequeueCount'], 1);
    assert.equal(run['kind'], 'greeting');
    await eventually(async () =>
      (await site.queue.getProperties()).approximateMessagesCount === 0 ? true : undefined,
    );
    await host.stop();
  });

  test('a message that fails is tried maxDequeueCount times and then put in <queue>-poison', async () => {
    const site = makeSite(false);
    await site.queue.create();
    const text = base64('{"fail":true}');
    await site.queue.sendMessage(text);
    await site.queue.sendMessage('not base64');
    const host = await site.start();
    const poisoned = await eventually(async () => {
      if (!(await site.poison.exists())) return undefined;
      const { peekedMessageItems } = await site.poison.peekMessages({ numberOfMessages: 5 });
      return peekedMessageItems.length === 2 ? peekedMessageItems : undefined;
    });
    const texts = poisoned.map(({ messageText }) => messageText).sort();
    assert.deepEqual(texts, ['not base64', text].sort());
    assert.deepEqual(
      site.events('worker').map(({ dequeueCount }) => dequeueCount),
      [1, 2],
    );
    // It is put there before it is taken out here, so that it is never in neither.
    await eventually(async () =>
      (await site.queue.getProperties()).approximateMessagesCount === 0 ? true : undefined,
    );
    await host.stop();
  });

  test('a queue that is made later is found', async () => {
    const site = makeSite(false);
    const host = await site.start();
    await sleep(200);
    await site.queue.create();
    await site.queue.sendMessage(base64('plain text'));
    const run = await eventually(() => site.events('worker')[0]);
    assert.equal(run.message, 'plain text');
    await host.stop();
  });

  test('run by hand: 202 at once; anything but {"input": "…"} in JSON is refused', async () => {
    const site = makeSite(false);
    const host = await site.start();
    for (const [status, name, body, type] of [
      [404, 'nobody', '{"input":""}', 'application/json'],
      [415, 'worker', '{"input":""}', 'text/plain'],
      [400, 'worker', 'input', 'application/json'],
      [400, 'worker', '{"input":7}', 'application/json'],
    ] as const) {
      assert.equal((await runByHand(host, name, body, type)).status, status, `${name} ${body}`);
    }
    const input = JSON.stringify({ kind: 'by hand' });
    assert.equal((await runByHand(host, 'worker', JSON.stringify({ input }))).status, 202);
    await eventually(() => site.events('worked')[0]);
    assert.equal(site.events('worker').length, 1, 'the refused ones have not run');
    await host.stop();
  });
});

test('a host that is told to end finishes the message in hand, then lets the app flush', async () => {
  const site = makeSite(false);
  await site.queue.create();
  await site.queue.sendMessage(base64('{"slow":400}'));
  const host = await site.start();
  await eventually(() => site.events('worker')[0]);
  assert.equal(await host.stop(), 0);
  assert.equal(site.events('started').length, 1);
  assert.equal(site.events('worked').length, 1);
  assert.equal(site.events('flushed').length, 1);
  assert.equal((await site.queue.getProperties()).approximateMessagesCount, 0);
});
