import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import type { Body } from '../../shared/iflow/exchange.ts';
import type { EntryInfo, StoreName } from '../../shared/iflow/services/data-stores.ts';
import { type DataStoreTable, openDataStores } from '../../shared/storage/data-stores.ts';
import { createContentSealer, SealBroken } from '../../shared/storage/sealed-content.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testClock } from '../support/clock.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';

const DAY_MS = 86_400_000;
const MEGABYTE = 1024 * 1024;
const LARGEST = 50 * MEGABYTE;

let storage: TestStorage;
before(async () => {
  storage = await testStorage();
});

const clock = testClock();

/** One instance; several over the same storage are those of one deployment. */
function instance(key = Buffer.alloc(32, 7), tables = openTables(storage)): DataStoreTable {
  const sealer = createContentSealer(key, LARGEST);
  return openDataStores({ tables, sealer, clock, randomUUID });
}

const newStore = (flowId = ''): StoreName => ({ flowId, name: `S${randomUUID().slice(0, 8)}` });

function entry(id: string, body: Body = '<a/>', more: Partial<EntryInfo> = {}) {
  const now = clock.now();
  const times = { createdAt: now, dueAt: now + 2 * DAY_MS, expiresAt: now + 30 * DAY_MS };
  return { id, messageId: 'M1', ...times, content: { body, headers: [] }, ...more };
}

async function rowsOf(table: 'datastores' | 'datastorebodies'): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for await (const row of openTables(storage).table(table).listEntities()) rows.push(row);
  return rows;
}

test('an entry comes back as it was written, body and headers, on another instance', async () => {
  const store = newStore('Flow');
  const content = {
    body: Buffer.from([0, 255, 10]),
    headers: [
      ['Name', 'ä€😀'],
      ['List', [1, true, null]],
    ] as const,
  };
  assert.equal(await instance().put(store, { ...entry('1'), content }, false), true);
  const read = await instance().get(store, '1');
  assert.deepEqual(Buffer.from(read?.content.body as Uint8Array), content.body);
  assert.deepEqual(read?.content.headers, content.headers);
  assert.equal(read.expiresAt, clock.now() + 30 * DAY_MS);
  assert.equal(await instance().get(store, '2'), undefined);
  assert.equal(await instance().get({ ...store, flowId: '' }, '1'), undefined, 'another store');
});

test('ids of any characters are kept apart, and found again', async () => {
  const store = newStore();
  const ids = [
    'a/b',
    'a\\b',
    'a#b',
    'a?b',
    "a'b",
    '😀',
    '\u0000\n',
    'A',
    'a',
    '%2F',
    'x'.repeat(10_000),
  ];
  for (const id of ids)
    await instance().put(store, entry(id, `<id>${ids.indexOf(id)}</id>`), false);
  for (const id of ids) {
    const read = await instance().get(store, id);
    assert.equal(read?.content.body, `<id>${ids.indexOf(id)}</id>`, id.slice(0, 10));
  }
  const listed: string[] = [];
  let after: string | undefined;
  do {
    const page = await instance().list(
      { store },
      { limit: 4, ...(after === undefined ? {} : { after }) },
    );
    assert.ok(page.entries.length <= 4);
    listed.push(...page.entries.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  assert.deepEqual(listed.sort(), ids.sort());
});

test('an entry that is there is not replaced unless that was asked for', async () => {
  const store = newStore();
  await instance().put(store, entry('1', 'first'), false);
  assert.equal(await instance().put(store, entry('1', 'second'), false), false);
  assert.equal((await instance().get(store, '1'))?.content.body, 'first');
  assert.equal(await instance().put(store, entry('1', 'third'), true), true);
  assert.equal((await instance().get(store, '1'))?.content.body, 'third');
});

test('of instances that write one id at once, one wins, and with override all succeed', async () => {
  const store = newStore();
  const bodies = Array.from(
    { length: 8 },
    (_, i) => `${i}${randomBytes(MEGABYTE).toString('hex')}`,
  );
  const outcomes = await Promise.all(
    bodies.map((body) => instance().put(store, entry('once', body), false)),
  );
  assert.equal(outcomes.filter(Boolean).length, 1);
  const winner = bodies[outcomes.indexOf(true)];
  assert.ok((await instance().get(store, 'once'))?.content.body === winner, 'whole, of the winner');

  const replaced = await Promise.all(
    bodies.map((body) => instance().put(store, entry('once', body), true)),
  );
  assert.ok(replaced.every(Boolean));
  const last = (await instance().get(store, 'once'))?.content.body;
  assert.ok(
    bodies.some((body) => body === last),
    'whole, of one of them',
  );
  // Nothing is left of those that lost or were replaced.
  const versions = new Set((await rowsOf('datastorebodies')).map((row) => row['partitionKey']));
  assert.equal(versions.size, 1);
  assert.equal(await instance().remove(store, 'once'), true);
  assert.deepEqual(await rowsOf('datastorebodies'), []);
});

test('a reader sees the old entry or the new one while large ones replace each other', async () => {
  const store = newStore();
  const body = (i: number): string =>
    `${i}`.repeat(3 * MEGABYTE) + randomBytes(MEGABYTE).toString('hex');
  await instance().put(store, entry('1', body(0)), true);
  let writing = true;
  const writer = (async () => {
    for (let i = 1; i < 4; i += 1) await instance().put(store, entry('1', body(i)), true);
    writing = false;
  })();
  let reads = 0;
  while (writing) {
    const read = (await instance().get(store, '1'))?.content.body;
    assert.ok(typeof read === 'string' && read.length === 5 * MEGABYTE, 'there, and whole');
    reads += 1;
  }
  await writer;
  assert.ok(reads > 0);
});

test('an entry of 40 MB that does not compress is kept', async () => {
  const store = newStore();
  const body = randomBytes(40 * MEGABYTE);
  assert.equal(await instance().put(store, entry('large', body), false), true);
  const read = await instance().get(store, 'large');
  assert.ok(body.equals(read?.content.body as Uint8Array));
  await instance().remove(store, 'large');
});

test('an expired entry is not there: not read, not listed, not counted, and no obstacle', async () => {
  const store = newStore('Expiry');
  await instance().put(store, entry('1', '<old/>', { expiresAt: clock.now() + DAY_MS }), false);
  await instance().put(store, entry('2', '<stays/>'), false);
  clock.advance(DAY_MS);
  assert.equal(await instance().get(store, '1'), undefined);
  assert.equal(await instance().find(store, '1'), undefined);
  assert.deepEqual(
    (await instance().select(store, { entries: 10, bytes: LARGEST })).map(({ id }) => id),
    ['2'],
  );
  assert.equal((await instance().list({ store }, { limit: 10 })).entries.length, 1);
  const usage = (await instance().usage(100)).find(({ store: { name } }) => name === store.name);
  assert.equal(usage?.entries, 1);
  assert.equal(await instance().remove(store, '1'), false);
  assert.equal(await instance().put(store, entry('1', '<new/>'), false), true);
});

test('the daily sweep removes what has expired and what a killed writer left, and nothing else', async () => {
  const store = newStore();
  const soon = { expiresAt: clock.now() + DAY_MS };
  await instance().put(store, entry('old', '<a/>', soon), false);
  await instance().put(store, entry('new', '<b/>'), false);
  // What a process killed between the body and the entry has written.
  const orphan = { partitionKey: `${String(soon.expiresAt).padStart(15, '0')}|x`, rowKey: '000' };
  await openTables(storage).withTable('datastorebodies', (table) => table.createEntity(orphan));
  clock.advance(2 * DAY_MS);
  const swept = await Promise.all([
    instance().deleteExpired(clock.now()),
    instance().deleteExpired(clock.now()),
  ]);
  assert.ok(swept[0] + swept[1] >= 1);
  const left = (await rowsOf('datastores')).filter((row) => row['store'] === store.name);
  assert.deepEqual(
    left.map((row) => row['id']),
    ['new'],
  );
  assert.ok(
    (await rowsOf('datastorebodies')).every((row) => row['partitionKey'] !== orphan.partitionKey),
  );
});

test('the sweep leaves an entry that is written anew while it runs', async () => {
  const store = newStore();
  await instance().put(store, entry('1', 'old', { expiresAt: clock.now() - 1 }), false);
  const [, written] = await Promise.all([
    instance().deleteExpired(clock.now()),
    instance().put(store, entry('1', 'new'), true),
  ]);
  assert.equal(written, true);
  assert.equal((await instance().get(store, '1'))?.content.body, 'new');
});

test('a Select takes as many as fit: the first whatever its size, then up to the bytes and the count', async () => {
  const store = newStore();
  for (let i = 0; i < 5; i += 1)
    await instance().put(store, entry(`${i}`, 'x'.repeat(1000)), false);
  const take = async (entries: number, bytes: number): Promise<number> =>
    (await instance().select(store, { entries, bytes })).length;
  assert.equal(await take(3, LARGEST), 3);
  assert.equal(await take(10, LARGEST), 5);
  assert.equal(await take(10, 2500), 2);
  assert.equal(await take(10, 10), 1);
});

test('what was read is removed only while it is what was read', async () => {
  const store = newStore();
  await instance().put(store, entry('kept', 'read'), false);
  await instance().put(store, entry('gone', 'read'), false);
  const read = await instance().select(store, { entries: 10, bytes: LARGEST });
  await instance().put(store, entry('kept', 'written since'), true);
  await Promise.all([instance().removeRead(store, read), instance().removeRead(store, read)]);
  assert.equal((await instance().get(store, 'kept'))?.content.body, 'written since');
  assert.equal(await instance().get(store, 'gone'), undefined);
});

test('a body whose rows are missing is no entry', async () => {
  const store = newStore();
  await instance().put(store, entry('1', randomBytes(2 * MEGABYTE)), false);
  const tables = openTables(storage);
  for (const { partitionKey, rowKey } of await rowsOf('datastorebodies')) {
    await tables.table('datastorebodies').deleteEntity(String(partitionKey), String(rowKey));
  }
  assert.equal(await instance().get(store, '1'), undefined);
  assert.deepEqual(await instance().select(store, { entries: 10, bytes: LARGEST }), []);
});

test('contents are encrypted: not in the rows, not under another key, not in another row', async () => {
  const store = newStore();
  await instance().put(store, entry('1', 'a payload that nobody sees'), false);
  await instance().put(store, entry('2', 'another'), false);
  const rows = (await rowsOf('datastores')).filter((row) => row['store'] === store.name);
  assert.doesNotMatch(Buffer.from(JSON.stringify(rows)).toString('latin1'), /payload/);
  await assert.rejects(instance(Buffer.alloc(32, 8)).get(store, '1'), SealBroken);
  const [one, two] = rows;
  assert.ok(one !== undefined && two !== undefined);
  const moved = { ...two, c0: one['c0'], version: one['version'] };
  await openTables(storage)
    .table('datastores')
    .updateEntity(moved as never, 'Replace');
  await assert.rejects(instance().get(store, String(two['id'])), SealBroken);
});

test('entries are counted by store, with those that are overdue; found by message; variables apart', async () => {
  const store = newStore('Counted');
  const messageId = randomUUID();
  await instance().put(store, entry('1', 'x', { dueAt: clock.now() }), false);
  await instance().put(store, entry('2', 'x', { messageId }), false);
  await instance().put(
    { ...store, name: 'sap_global_store' },
    entry('V', '1', { messageId }),
    false,
  );
  const usage = (await instance().usage(100)).filter(
    ({ store: { flowId } }) => flowId === 'Counted',
  );
  assert.deepEqual(usage, [{ store, entries: 2, overdue: 1 }]);
  const ofMessage = await instance().list({ messageId }, { limit: 10 });
  assert.deepEqual(
    ofMessage.entries.map(({ id }) => id),
    ['2'],
  );
  const variables = await instance().list({ name: 'sap_global_store' }, { limit: 10 });
  assert.deepEqual(
    variables.entries.map(({ id }) => id),
    ['V'],
  );
  assert.equal((await instance().find(store, '2'))?.messageId, messageId);
});

test('a store is counted up to a limit, the stores beside it to their end', async () => {
  const full = { flowId: 'Limited', name: `A-${randomUUID()}` };
  const other = { flowId: 'Limited', name: `B-${randomUUID()}` };
  for (let i = 0; i < 5; i += 1) await instance().put(full, entry(`${i}`, 'x'), false);
  for (let i = 0; i < 3; i += 1) await instance().put(other, entry(`${i}`, 'x'), false);
  const usage = (await instance().usage(3)).filter(({ store: { flowId } }) => flowId === 'Limited');
  assert.deepEqual(usage, [
    { store: full, entries: 3, overdue: 0 },
    { store: other, entries: 3, overdue: 0 },
  ]);
  assert.deepEqual(await instance().usageOf(full, 4), { store: full, entries: 4, overdue: 0 });
  assert.equal(await instance().usageOf({ ...full, name: 'none' }, 4), undefined);
});

test('a place in a list that nobody was given is refused', async () => {
  for (const after of [
    '',
    'x',
    Buffer.from('{}').toString('base64url'),
    Buffer.from('[1]').toString('base64url'),
  ]) {
    await assert.rejects(instance().list({ all: true }, { after, limit: 10 }), SyntaxError);
  }
});

test('no query asks for more rows than the service gives at a time: it would answer 400', async () => {
  const tables = openTables(storage);
  const asked: number[] = [];
  tables.table('datastores').pipeline.addPolicy({
    name: 'readTop',
    sendRequest(request, next) {
      const top = new URL(request.url).searchParams.get('$top');
      if (top !== null) asked.push(Number(top));
      return next(request);
    },
  });
  const stores = instance(undefined, tables);
  await stores.list({ all: true }, { limit: 1000 });
  await stores.select(newStore(), { entries: 100_000, bytes: LARGEST });
  await stores.select(newStore(), { entries: 1, bytes: LARGEST });
  assert.deepEqual(
    asked,
    [1000, 1000, 2],
    'no more than are wanted, and one to see whether there are more',
  );
});
