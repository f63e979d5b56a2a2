import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_MESSAGE_SIZE, MessageRoom } from '../../shared/iflow/message-size.ts';
import type { DataStores, EntryInfo, ReadEntry } from '../../shared/iflow/services/data-stores.ts';
import { StepFailure } from '../../shared/iflow/steps/step-failure.ts';
import { UncommittedStores } from '../../shared/iflow/uncommitted-stores.ts';

// SAP Help, Define Transaction Handling

const STORE = { flowId: '', name: 'Store' };
const entryOf = (id: string, body: string): EntryInfo & Pick<ReadEntry, 'content'> => ({
  ...{ id, messageId: '', createdAt: 0, dueAt: 1, expiresAt: 2 },
  content: { body, headers: [] },
});

/** The one store as other messages see it. */
function open() {
  const bodies = new Map<string, string>();
  const stores: DataStores = {
    put(_, { id, content }, override) {
      if (!override && bodies.has(id)) return Promise.resolve(false);
      bodies.set(id, String(content.body));
      return Promise.resolve(true);
    },
    get(_, id) {
      const body = bodies.get(id);
      return Promise.resolve(
        body === undefined ? undefined : { ...entryOf(id, body), version: body },
      );
    },
    select: () => Promise.resolve([]),
    remove: (_, id) => Promise.resolve(bodies.delete(id)),
    removeRead: () => Promise.resolve(),
  };
  const room = new MessageRoom();
  return { bodies, room, own: new UncommittedStores(stores, room) };
}

test('an entry that a transaction has made and deleted again takes none of another message with it', async () => {
  const { bodies, own, room } = open();
  assert.ok(await own.put(STORE, entryOf('a', 'own'), false));
  assert.ok(await own.remove(STORE, 'a'));
  assert.equal(await own.get(STORE, 'a'), undefined);
  bodies.set('a', 'of another');
  await own.commit();
  assert.deepEqual([...bodies], [['a', 'of another']]);
  assert.ok(room.hasRoomFor(MAX_MESSAGE_SIZE), 'what it held is free before the end');
});

test('an entry that a transaction has made and replaced does not replace that of another message', async () => {
  const { bodies, own } = open();
  assert.ok(await own.put(STORE, entryOf('a', 'own'), false));
  assert.ok(await own.put(STORE, entryOf('a', 'replaced'), true));
  bodies.set('a', 'of another');
  await assert.rejects(
    own.commit(),
    (error) => error instanceof StepFailure && error.reason === 'duplicate_entry',
  );
  assert.deepEqual([...bodies], [['a', 'of another']]);
});

test('an entry that was there, was deleted and is made again is the one that is made', async () => {
  const { bodies, own } = open();
  bodies.set('a', 'old');
  assert.ok(await own.remove(STORE, 'a'));
  assert.ok(await own.put(STORE, entryOf('a', 'new'), false));
  await own.commit();
  assert.deepEqual([...bodies], [['a', 'new']]);
  await own.remove(STORE, 'a');
  await own.commit();
  assert.deepEqual([...bodies], []);
});
