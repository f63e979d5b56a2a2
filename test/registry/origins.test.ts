import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAllowedOrigins } from '../../shared/registry/origins.ts';
import { createClientStore } from '../../shared/storage/clients.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { openRegistry } from './registry.ts';

const APP = 'https://app.example';
const ANY = { 'if-match': '*' };
const HOUR_MS = 3_600_000;

/** A registry, and the origins as its first instance and another one see them. */
async function openOrigins() {
  const registry = await openRegistry();
  const { clock, storage } = registry;
  let lookups = 0;
  const see = ({ index, clients }: Pick<typeof registry, 'index' | 'clients'>) => {
    const origins = createAllowedOrigins({
      index: {
        ...index,
        clientsOf: (...args) => {
          lookups += 1;
          return index.clientsOf(...args);
        },
      },
      clients: clients.directory,
      store: clients.store,
      clock,
      onError: (problem, cause) => console.error(problem, cause),
    });
    return (origin: string) => origins.isAllowed(origin);
  };
  return {
    ...registry,
    here: see(registry),
    there: see(registry.another()),
    lookups: () => lookups,
    entries: () => registry.index.clientsOf(APP, '', 1000),
    /** As a version would write it that knows no index. */
    writeUnindexed: async (clientId: string, allowedOrigins: readonly string[]) => {
      const stored = createClientStore(openTables(storage));
      const found = await stored.read(clientId);
      assert.ok(found !== undefined);
      await stored.replace({ ...found.value, allowedOrigins }, found.etag);
    },
  };
}

test('an origin is allowed on every instance at once when a client lists it, and only then', async () => {
  const { send, here, there, clock } = await openOrigins();
  assert.equal(await here(APP), false);
  assert.equal(await there(APP), false);
  await send('POST', '/clients', {
    client_id: 'a',
    allowed_origins: [APP, 'http://localhost:3000'],
  });
  await send('POST', '/clients', { client_id: 'b' });
  clock.advance(101);
  for (const see of [here, there]) {
    for (const [origin, allowed] of [
      [APP, true],
      ['http://localhost:3000', true],
      ['http://app.example', false],
      ['https://app.example:8443', false],
      ['https://other.example', false],
    ] as const) {
      assert.equal(await see(origin), allowed, origin);
    }
  }
});

test('what no browser sends as an origin costs no storage call', async () => {
  const { here, lookups } = await openOrigins();
  for (const text of ['null', '*', '', 'https://APP.example', `${APP}/`, 'ftp://a.example']) {
    assert.equal(await here(text), false, text);
  }
  assert.equal(await here(`https://${'a'.repeat(300)}.example`), false);
  assert.equal(lookups(), 0);
});

for (const [how, take] of [
  ['is disabled', ['PATCH', { enabled: false }]],
  ['lists it no more', ['PATCH', { allowed_origins: [] }]],
  ['is deleted', ['DELETE', undefined]],
] as const) {
  test(`when its last client ${how}, an origin is refused here at once and elsewhere within 25 s`, async () => {
    const { send, here, there, clock } = await openOrigins();
    await send('POST', '/clients', { client_id: 'a', allowed_origins: [APP] });
    await send('POST', '/clients', { client_id: 'b', allowed_origins: [APP] });
    assert.deepEqual([await here(APP), await there(APP)], [true, true]);
    const [method, body] = take;
    await send(method, '/clients/a', body, ANY);
    clock.advance(26_000);
    assert.deepEqual([await here(APP), await there(APP)], [true, true], 'of the other client');
    await send(method, '/clients/b', body, ANY);
    clock.advance(25_001);
    assert.deepEqual([await here(APP), await there(APP)], [false, false]);
  });
}

test('a warm answer costs no storage call, and is read again behind it after 10 s', async () => {
  const { send, here, clock, lookups } = await openOrigins();
  await send('POST', '/clients', { client_id: 'a', allowed_origins: [APP] });
  await here(APP);
  const before = lookups();
  for (let i = 0; i < 50; i += 1) await here(APP);
  assert.equal(lookups(), before);
  clock.advance(10_001);
  assert.equal(await here(APP), true);
  assert.equal(lookups(), before + 1);
});

test('entries that lead nowhere are removed after an hour, and found again when they are due', async () => {
  const { send, here, entries, clock } = await openOrigins();
  for (const id of ['a', 'b', 'c']) {
    await send('POST', '/clients', { client_id: id, allowed_origins: [APP] });
  }
  await send('PATCH', '/clients/a', { allowed_origins: [] }, ANY);
  await send('DELETE', '/clients/b', undefined, ANY);
  await send('PATCH', '/clients/c', { enabled: false }, ANY);
  clock.advance(30_000);
  assert.equal(await here(APP), false);
  assert.equal((await entries()).length, 3, 'a client may be about to list it');
  clock.advance(HOUR_MS);
  assert.equal(await here(APP), false);
  assert.deepEqual(
    (await entries()).map(({ clientId }) => clientId),
    ['c'],
  );
  await send('PATCH', '/clients/a', { allowed_origins: [APP] }, ANY);
  clock.advance(101);
  assert.equal(await here(APP), true);
});

test('an entry that was written again since it was read is not removed', async () => {
  const { index, clock, entries } = await openOrigins();
  await index.add(APP, 'a', clock.now());
  const [read] = await entries();
  assert.ok(read !== undefined);
  await index.add(APP, 'a', clock.now() + 1);
  await index.remove(APP, read);
  assert.equal((await entries()).length, 1);
  const [latest] = await entries();
  assert.ok(latest !== undefined);
  await index.remove(APP, latest);
  await index.remove(APP, latest);
  assert.deepEqual(await entries(), []);
});

test('one client that lists an origin is found behind many that do no more', async () => {
  const { send, index, here, clock } = await openOrigins();
  for (let i = 0; i < 70; i += 1) await index.add(APP, `gone-${i}`, clock.now());
  await send('POST', '/clients', { client_id: 'there', allowed_origins: [APP] });
  assert.equal(await here(APP), true);
});

test('clients that a version without the index has registered are found from the first preflight on', async () => {
  const { send, here, writeUnindexed } = await openOrigins();
  await send('POST', '/clients', { client_id: 'old' });
  await writeUnindexed('old', [APP]);
  assert.equal(await here(APP), true);
});

test('what such a version changes beside this one is found a day later', async () => {
  const { send, here, there, writeUnindexed, clock, index } = await openOrigins();
  await send('POST', '/clients', { client_id: 'old' });
  assert.equal(await here(APP), false, 'all clients are entered now');
  await writeUnindexed('old', [APP]);
  clock.advance(30_000);
  assert.equal(await there(APP), false);
  const before = await index.builtAt();
  clock.advance(24 * HOUR_MS);
  await here(APP);
  while ((await index.builtAt()) === before) await new Promise((resolve) => setTimeout(resolve, 5));
  clock.advance(101);
  assert.equal(await here(APP), true);
});
