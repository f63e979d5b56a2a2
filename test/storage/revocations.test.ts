import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONGEST_REVOCATION_MS, type Revocation } from '../../shared/oauth/revocations.ts';
import { openRevocations } from '../../shared/storage/revocations.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage } from '../support/azurite.ts';
import { type TestClock, testClock } from '../support/clock.ts';

const HOUR_MS = 3_600_000;

async function open(clock: TestClock = testClock(Date.now())) {
  const tables = openTables(await testStorage());
  const rows = async (): Promise<{ partitionKey?: string; rowKey?: string }[]> => {
    const found = [];
    for await (const row of tables.table('revocations').listEntities()) found.push(row);
    return found;
  };
  return { clock, rows, instance: (name: string) => openRevocations(tables, name, clock) };
}

const revocation = (id: string, clock: TestClock): Revocation => ({
  kind: 'token',
  id,
  clientId: 'app',
  until: clock.now() + HOUR_MS,
});

const idsOf = (revocations: readonly Revocation[]): string[] =>
  revocations.map(({ id }) => id).sort();

test('a table that nobody has written to has no revocations', async () => {
  const { instance } = await open();
  assert.deepEqual((await instance('a').read(undefined)).revocations, []);
});

test('what is revoked at the same moment is written together, by each instance into rows of its own', async () => {
  const { clock, rows, instance } = await open();
  const [a, b] = [instance('a'), instance('b')];
  const ids = Array.from({ length: 1200 }, (_, i) => `jti-${i}`);
  await Promise.all(ids.map((id, i) => (i % 2 === 0 ? a : b).append(revocation(id, clock))));
  assert.deepEqual(idsOf((await a.read(undefined)).revocations), ids.toSorted());
  assert.deepEqual((await rows()).map(({ rowKey }) => rowKey).sort(), ['a|1', 'a|2', 'b|1', 'b|2']);
});

test('a reader is given what is new, and what is old no longer', async () => {
  const { clock, instance } = await open();
  const [writer, reader] = [instance('writer'), instance('reader')];
  await writer.append(revocation('first', clock));
  const first = await reader.read(undefined);
  assert.deepEqual(first.revocations, [revocation('first', clock)]);
  // As after two hours in which others have written.
  const later = { ...first.mark, newest: Date.now() + 2 * HOUR_MS };
  assert.deepEqual((await reader.read(later)).revocations, []);
  await writer.append(revocation('second', clock));
  assert.deepEqual(idsOf((await reader.read(first.mark)).revocations), ['first', 'second']);
});

test('every hour has rows of its own, which are deleted when no token of them can be left', async () => {
  const { clock, rows, instance } = await open();
  const writer = instance('writer');
  await writer.append(revocation('first', clock));
  clock.advance(HOUR_MS);
  await writer.append(revocation('second', clock));
  assert.deepEqual((await rows()).map(({ rowKey }) => rowKey).sort(), ['writer|1', 'writer|2']);
  assert.equal(await writer.deleteExpired(clock.now() + LONGEST_REVOCATION_MS), 0);
  assert.equal(await writer.deleteExpired(clock.now() + LONGEST_REVOCATION_MS + HOUR_MS), 1);
  assert.deepEqual(idsOf((await instance('reader').read(undefined)).revocations), ['second']);
  assert.equal(await writer.deleteExpired(clock.now() + 2 * LONGEST_REVOCATION_MS), 1);
  assert.deepEqual(await rows(), []);
});

test('an instance that starts reads no hour whose tokens have all expired', async () => {
  const { clock, instance } = await open();
  await instance('writer').append(revocation('old', clock));
  clock.advance(LONGEST_REVOCATION_MS + 3 * HOUR_MS);
  assert.deepEqual((await instance('reader').read(undefined)).revocations, []);
});
