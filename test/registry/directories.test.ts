import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_SEARCHED } from '../../shared/registry/search.ts';
import { searchClients } from '../../shared/registry/search-clients.ts';
import type { ClientStore } from '../../shared/registry/client-store.ts';
import { cacheClients } from '../../shared/registry/directories.ts';
import { createClientStore } from '../../shared/storage/clients.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { openRegistry, subscriptions } from './registry.ts';

const settle = () => new Promise((resolve) => setTimeout(resolve, 30));

test('an instance sees the change of another within 25 s, and a new client at once', async () => {
  const one = await openRegistry();
  const two = one.another();
  assert.equal(await two.clients.directory.find('shared'), undefined);
  await one.send('POST', '/clients', { client_id: 'shared' });
  assert.equal((await two.clients.directory.find('shared'))?.enabled, true);
  await one.send('PATCH', '/clients/shared', { enabled: false }, { 'if-match': '*' });
  one.clock.advance(25_000);
  assert.equal((await one.clients.directory.find('shared'))?.enabled, false);
  // The oldest answer allowed; it is read again behind this one.
  assert.equal((await two.clients.directory.find('shared'))?.enabled, true);
  await settle();
  assert.equal((await two.clients.directory.find('shared'))?.enabled, false);
  await one.send('DELETE', '/clients/shared', undefined, { 'if-match': '*' });
  one.clock.advance(25_001);
  assert.equal(await two.clients.directory.find('shared'), undefined);
  await one.send('POST', '/clients', { client_id: 'shared' });
  assert.equal((await two.clients.directory.find('shared'))?.enabled, true);
});

test('a client that is read again behind an answer and found gone is not kept as absent', async () => {
  const one = await openRegistry();
  const two = one.another();
  await one.send('POST', '/clients', { client_id: 'c' });
  await two.clients.directory.find('c');
  await one.send('DELETE', '/clients/c', undefined, { 'if-match': '*' });
  one.clock.advance(15_000);
  assert.notEqual(await two.clients.directory.find('c'), undefined);
  await settle();
  assert.equal(await two.clients.directory.find('c'), undefined);
  await one.send('POST', '/clients', { client_id: 'c' });
  assert.notEqual(await two.clients.directory.find('c'), undefined);
});

test('a role given on another instance is seen within 25 s, or as soon as the reader asks', async () => {
  const one = await openRegistry();
  const two = one.another();
  const rolesOf = async (maxAgeMs?: number) => [
    ...(await two.roles.directory.rolesOf(subscriptions.iflmap, 'u', maxAgeMs)),
  ];
  assert.deepEqual(await rolesOf(), []);
  const path = `/subscriptions/${subscriptions.iflmap}/roles/ESBMessaging.send/users/u`;
  await one.send('PUT', path);
  one.clock.advance(1001);
  assert.deepEqual(await rolesOf(), []);
  assert.deepEqual(await rolesOf(1000), ['ESBMessaging.send']);
  await one.send('DELETE', path);
  one.clock.advance(25_001);
  assert.deepEqual(await rolesOf(), []);
});

test('warm answers touch no storage, and what cannot be an id never does', async () => {
  const registry = await openRegistry();
  await registry.send('POST', '/clients', { client_id: 'warm' });
  const store = createClientStore(openTables(registry.storage));
  let reads = 0;
  const counting = {
    ...store,
    read: (id: string) => {
      reads += 1;
      return store.read(id);
    },
  };
  const { directory } = cacheClients(counting, registry.clock);
  for (let i = 0; i < 5; i += 1) await directory.find('warm');
  assert.equal(reads, 1);
  for (const id of ['a/b', '', '..', 'x'.repeat(101), '\u0000', 'é']) {
    assert.equal(await directory.find(id), undefined);
  }
  assert.equal(reads, 1);
  for (let i = 0; i < 3; i += 1) assert.equal(await directory.find('absent'), undefined);
  assert.equal(reads, 4);
});

test('one search looks at a bounded number of clients and says where to go on', async () => {
  const limits: number[] = [];
  const endless: Pick<ClientStore, 'list'> = {
    list: ({ after = '0', limit }) => {
      limits.push(limit);
      return Promise.resolve({ items: [], next: String(Number(after) + limit) });
    },
  };
  const page = await searchClients(endless, 'x', { limit: 1 });
  assert.deepEqual(page, { items: [], next: String(MOST_SEARCHED) });
  assert.equal(
    limits.reduce((sum, limit) => sum + limit, 0),
    MOST_SEARCHED,
  );
});
