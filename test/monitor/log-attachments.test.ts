import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  createLogAttachmentReader,
  type LogAttachment,
  MOST_HELD_CHARACTERS,
  weightOfAttachment,
} from '../../shared/monitor/log-attachments.ts';
import { makeMessageGuid } from '../../shared/monitor/message-guid.ts';
import { createWriteBehind } from '../../shared/monitor/write-behind.ts';
import { openLogAttachments } from '../../shared/storage/log-attachments.ts';
import { createContentSealer } from '../../shared/storage/sealed-content.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage } from '../support/azurite.ts';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 22, 12, 0, 30);
const KEY = randomBytes(32);

async function openLog(key = KEY) {
  const storage = await testStorage();
  const open = (rawKey = key) => {
    const tables = openTables(storage);
    const store = openLogAttachments(tables, createContentSealer(rawKey, 64 * 1024 * 1024));
    const writer = createWriteBehind<LogAttachment>((entries) => store.append(entries), {
      what: 'log attachments',
      onError: (_, cause) => {
        throw cause;
      },
    });
    return { tables, store, writer, reader: createLogAttachmentReader(store, writer) };
  };
  return { open };
}

const attachment = (text: string, index = 0, start = NOW): LogAttachment => ({
  messageGuid: makeMessageGuid(start, randomBytes),
  index,
  text,
});

test('an attachment is read back, on this instance at once and on another after the flush', async () => {
  const { open } = await openLog();
  const [one, other] = [open(), open()];
  const written = attachment('<Grüße> 😀');
  assert.equal(await other.reader.read(written.messageGuid, 0), undefined);
  one.writer.add(written);
  one.writer.add({ ...written, index: 1, text: '' });
  assert.equal(await one.reader.read(written.messageGuid, 0), written.text);
  assert.equal(await other.reader.read(written.messageGuid, 0), written.text);
  assert.equal(await other.reader.read(written.messageGuid, 1), '');
  assert.equal(await other.reader.read(written.messageGuid, 2), undefined);
  assert.equal(await other.reader.read('no guid', 0), undefined);
});

test('one that fills several rows is whole, and written again it is the same', async () => {
  const { open } = await openLog();
  const { store } = open();
  // Random text cannot be compressed much.
  const large = attachment(randomBytes(1_500_000).toString('base64'));
  await store.append([large]);
  await store.append([large]);
  assert.equal(await store.read(large.messageGuid, 0), large.text);
});

test('what is stored does not show what it is, and opens under its own key and place alone', async () => {
  const { open } = await openLog();
  const { store, tables } = open();
  const [first, second] = [attachment('secret payload'), attachment('another')];
  await store.append([first, second]);
  const rows: Record<string, unknown>[] = [];
  for await (const row of tables.table('logattachments').listEntities()) rows.push(row);
  assert.equal(rows.length, 2);
  const stored = Buffer.concat(rows.map((row) => Buffer.from(row['c0'] as Uint8Array)));
  assert.equal(stored.includes('payload'), false);
  await assert.rejects(open(randomBytes(32)).store.read(first.messageGuid, 0), /does not open/);
  const moved = rows.find((row) => String(row['rowKey']).startsWith(first.messageGuid));
  const rowKey = `${second.messageGuid}-0-0`;
  await tables
    .table('logattachments')
    .upsertEntity({ ...moved, partitionKey: String(moved?.['partitionKey']), rowKey }, 'Replace');
  await assert.rejects(store.read(second.messageGuid, 0), /does not open/);
});

test('attachments go with the hour that has expired', async () => {
  const { open } = await openLog();
  const { store } = open();
  assert.equal(await store.deleteBefore(NOW), 0);
  const old = attachment('old', 0, NOW - 3 * HOUR_MS);
  const recent = attachment('recent', 0, NOW - HOUR_MS);
  await store.append([old, recent]);
  assert.equal(await store.deleteBefore(NOW - 2 * HOUR_MS), 1);
  assert.equal(await store.read(old.messageGuid, 0), undefined);
  assert.equal(await store.read(recent.messageGuid, 0), 'recent');
});

test('while storage takes none, an instance holds a bounded length of them, the youngest', async () => {
  let isAway = true;
  const written: LogAttachment[] = [];
  let givenUp = 0;
  const writer = createWriteBehind<LogAttachment>(
    (entries) => {
      if (isAway) return Promise.reject(new Error('away'));
      written.push(...entries);
      return Promise.resolve();
    },
    {
      what: 'log attachments',
      maxHeld: MOST_HELD_CHARACTERS,
      weightOf: weightOfAttachment,
      onError: () => undefined,
      onGivenUp: (entries) => (givenUp += entries),
    },
  );
  const text = 'x'.repeat(4 * 1024 * 1024);
  for (let index = 0; index < 10; index += 1) writer.add(attachment(text, index));
  await assert.rejects(writer.flush(), /away/);
  writer.add(attachment(text, 10));
  assert.ok(writer.held() * text.length <= MOST_HELD_CHARACTERS);
  isAway = false;
  await writer.flush();
  assert.equal(written.length + givenUp, 11);
  assert.equal(written.at(-1)?.index, 10);
});
