import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { makeMessageGuid, startOfMessageGuid } from '../../shared/monitor/message-guid.ts';
import { createMessageLogReader } from '../../shared/monitor/message-log-reader.ts';
import type { MessageLogEntry, MessageLogQuery } from '../../shared/monitor/message-log.ts';
import { createWriteBehind } from '../../shared/monitor/write-behind.ts';
import { createMessageLogStore } from '../../shared/storage/message-logs.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage } from '../support/azurite.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 12, 0, 30);
const clock = { now: () => NOW };
const what = 'message log entries';

const all: MessageLogQuery = {
  orderBy: 'LogStart',
  descending: true,
  skip: 0,
  top: 50,
  count: true,
};

function entry(start: number, more: Partial<MessageLogEntry> = {}): MessageLogEntry {
  return {
    messageGuid: makeMessageGuid(start, randomBytes),
    correlationId: makeMessageGuid(start, randomBytes),
    logStart: start,
    logEnd: start + 5,
    status: 'COMPLETED',
    sender: 'oauth_client_a',
    receiver: '',
    flowId: 'HelloWorld',
    flowName: 'Hello World',
    packageId: 'P',
    packageName: 'P',
    customStatus: '',
    applicationMessageId: '',
    applicationMessageType: '',
    errorText: '',
    customHeaders: [],
    ...more,
  };
}

async function openLog() {
  const storage = await testStorage();
  const problems: string[] = [];
  const openInstance = () => {
    const store = createMessageLogStore(openTables(storage));
    const writer = createWriteBehind<MessageLogEntry>((entries) => store.append(entries), {
      what,
      onError: (problem) => problems.push(problem),
    });
    return { store, writer, reader: createMessageLogReader(store, writer, clock, 30 * DAY_MS) };
  };
  return { openInstance, problems };
}

test('an MPL id is 28 characters that begin with the second of the start', () => {
  const guid = makeMessageGuid(1522069440123, randomBytes);
  assert.match(guid, /^AFq478[A-Za-z0-9_-]{22}$/);
  assert.equal(startOfMessageGuid(guid), 1522069440000);
  for (const other of ['', 'x', 'B'.repeat(28), 'A'.repeat(27), `${'A'.repeat(27)}!`]) {
    assert.equal(startOfMessageGuid(other), undefined);
  }
});

test('an entry is found by its id and in a query, on this instance at once and on another after the flush', async () => {
  const { openInstance } = await openLog();
  const one = openInstance();
  const other = openInstance();
  const sent = entry(NOW - 1000, { customHeaders: [{ name: 'order', value: 'ä😀' }] });
  assert.equal(await other.reader.find(sent.messageGuid), undefined);
  one.writer.add(sent);
  assert.deepEqual(await one.reader.find(sent.messageGuid), sent);
  assert.deepEqual(await other.reader.find(sent.messageGuid), sent);
  assert.deepEqual(await other.reader.query(all), { entries: [sent], count: 1 });
});

test('a query sorts, filters, counts and pages over many records, hours and instances', async () => {
  const { openInstance } = await openLog();
  const instances = [openInstance(), openInstance()];
  const entries = Array.from({ length: 1300 }, (_, i) =>
    entry(NOW - i * 20_000, {
      status: i % 10 === 0 ? 'FAILED' : 'COMPLETED',
      flowId: i % 2 === 0 ? 'Even' : 'Odd',
    }),
  );
  for (const [i, e] of entries.entries()) instances[i % 2]?.writer.add(e);
  for (const instance of instances) await instance.writer.flush();
  const reader = openInstance().reader;
  const newest = await reader.query({ ...all, count: false, top: 3 });
  assert.deepEqual(newest, { entries: entries.slice(0, 3), count: undefined });
  const page = await reader.query({ ...all, skip: 900, top: 2 });
  assert.deepEqual(page, { entries: entries.slice(900, 902), count: 1300 });
  const oldest = await reader.query({ ...all, descending: false, top: 1 });
  assert.deepEqual(oldest.entries, entries.slice(-1));
  const failed = await reader.query({ ...all, status: ['FAILED'], flowId: 'Even', top: 1 });
  assert.deepEqual(failed, { entries: entries.slice(0, 1), count: 130 });
  assert.equal((await reader.query({ ...all, flowId: 'even' })).count, 0);
  const within = await reader.query({
    ...all,
    startFrom: NOW - 40_000,
    startTo: NOW - 20_000,
    orderBy: 'LogEnd',
  });
  assert.deepEqual(within.entries, entries.slice(1, 3));
});

test('entries that storage does not take are kept and written later, once', async () => {
  const { openInstance, problems } = await openLog();
  const { store } = openInstance();
  let failures = 2;
  const writer = createWriteBehind<MessageLogEntry>(
    async (entries) => {
      failures -= 1;
      if (failures >= 0) throw new Error('storage is away');
      await store.append(entries);
    },
    { what, delayMs: 10, onError: (problem) => problems.push(problem) },
  );
  const sent = entry(NOW);
  writer.add(sent);
  await assert.rejects(writer.flush(), /storage is away/);
  await assert.rejects(writer.flush(), /storage is away/);
  await writer.flush();
  await writer.flush();
  const found = await openInstance().reader.query(all);
  assert.deepEqual(found, { entries: [sent], count: 1 });
  assert.deepEqual(problems, Array(2).fill('1 message log entries wait for storage'));
});

test('no more than the stated number of entries is held, and what is given up is told', async () => {
  const written: MessageLogEntry[] = [];
  const problems: string[] = [];
  const givenUp: number[] = [];
  const writer = createWriteBehind<MessageLogEntry>(
    (entries) => Promise.resolve(void written.push(...entries)),
    {
      what,
      maxHeld: 2,
      onError: (problem) => problems.push(problem),
      onGivenUp: (entries) => givenUp.push(entries),
    },
  );
  const sent = [entry(NOW), entry(NOW), entry(NOW)];
  for (const e of sent) writer.add(e);
  assert.equal(writer.held(), 2);
  await writer.flush();
  assert.equal(writer.held(), 0);
  assert.deepEqual(givenUp, [1]);
  assert.deepEqual(written, sent.slice(1));
  assert.deepEqual(problems, ['1 message log entries were given up']);
});

test('the same entries written twice are there once', async () => {
  const { openInstance } = await openLog();
  const { store, reader } = openInstance();
  const sent = [entry(NOW), entry(NOW - 1)];
  await store.append(sent);
  await store.append(sent);
  assert.equal((await reader.query(all)).count, 2);
});

test('entries older than the retention are neither shown nor kept', async () => {
  const { openInstance } = await openLog();
  const { store, reader } = openInstance();
  const old = entry(NOW - 31 * DAY_MS);
  const young = entry(NOW - 29 * DAY_MS);
  await store.append([old, young]);
  assert.deepEqual((await reader.query(all)).entries, [young]);
  assert.deepEqual(await reader.find(old.messageGuid), old);
  assert.equal(await store.deleteBefore(NOW - 30 * DAY_MS), 1);
  assert.equal(await reader.find(old.messageGuid), undefined);
  assert.deepEqual(await reader.find(young.messageGuid), young);
});

test('entries that do not compress are split over as many records as they need', async () => {
  const { openInstance } = await openLog();
  const { store, reader } = openInstance();
  const sent = Array.from({ length: 40 }, (_, i) =>
    entry(NOW - i, { errorText: randomBytes(3000).toString('base64').slice(0, 4000) }),
  );
  await store.append(sent);
  assert.deepEqual((await reader.query(all)).entries, sent);
});

test('a page out of thousands of entries is the right one in either order, and all are counted', async () => {
  const { openInstance } = await openLog();
  const { store, reader } = openInstance();
  const starts = Array.from({ length: 5000 }, (_, i) => NOW - 3_000_000 + i * 500);
  await store.append(starts.map((start) => entry(start)));
  for (const [descending, orderBy] of [
    [true, 'LogStart'],
    [false, 'LogStart'],
    [true, 'LogEnd'],
    [false, 'LogEnd'],
  ] as const) {
    const expected = descending ? starts.toReversed() : starts;
    const page = { ...all, skip: 5, top: 10, descending, orderBy };
    const { entries, count } = await reader.query(page);
    assert.deepEqual(
      entries.map(({ logStart }) => logStart),
      expected.slice(5, 15),
    );
    assert.equal(count, 5000);
  }
  const counted = await reader.query({ ...all, top: 0 });
  assert.deepEqual([counted.entries.length, counted.count], [0, 5000]);
});
