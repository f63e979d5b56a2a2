import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type InitialAccessToken,
  removeLongExpired,
} from '../../shared/registry/initial-access-tokens.ts';
import { openInitialAccessTokens } from '../../shared/storage/initial-access-tokens.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { itemsOf, openRegistry, pointersOf } from './registry.ts';

const PATH = '/initial-access-tokens';
const DAY_MS = 86_400_000;

test('a token is made with defaults, shown once, and stored as its hash alone', async () => {
  const { send, clock, storage } = await openRegistry();
  const made = await send('POST', PATH, {});
  assert.equal(made.status, 201);
  const { token_id: id, initial_access_token: token, ...view } = made.json();
  assert.equal(made.headers.get('location'), `/registry/v1${PATH}/${String(id)}`);
  assert.match(String(token), /^[0-9a-f]{16}\.[A-Za-z0-9_-]{43}$/);
  assert.deepEqual(view, {
    description: '',
    subscription: 'acmeiflmap',
    grant_types: ['authorization_code', 'refresh_token'],
    scope: '',
    max_clients: 1,
    registered_clients: 0,
    created_at: new Date(clock.now()).toISOString(),
    expires_at: new Date(clock.now() + DAY_MS).toISOString(),
  });
  const read = await send('GET', `${PATH}/${String(id)}`);
  assert.deepEqual(read.json(), { token_id: id, ...view });
  assert.equal((await send('GET', PATH)).text.includes(String(token)), false);
  const rows: unknown[] = [];
  for await (const row of openTables(storage).table('initialtokens').listEntities()) rows.push(row);
  assert.equal(rows.length, 1);
  assert.equal(JSON.stringify(rows).includes(String(token).slice(17)), false);
});

test('its limits are what an administrator gives', async () => {
  const { send, clock } = await openRegistry();
  const limits = {
    description: 'For the partners’ pipeline',
    subscription: 'acmetmn',
    grant_types: ['client_credentials'],
    scope: 'read write',
    max_clients: 1000,
    expires_at: new Date(clock.now() + 365 * DAY_MS).toISOString(),
  };
  const made = await send('POST', PATH, limits);
  assert.equal(made.status, 201, made.text);
  for (const [name, value] of Object.entries(limits)) {
    assert.deepEqual(made.json()[name], value, name);
  }
});

for (const [member, value, text] of [
  ['subscription', 'other', /no such subscription/],
  ['grant_types', ['password'], /password is not offered/],
  ['grant_types', [], /at least one grant/],
  ['scope', 'a"b', /printable ASCII/],
  ['max_clients', 0, /from 1 to 1000/],
  ['max_clients', 1001, /from 1 to 1000/],
  ['max_clients', '1', /whole number/],
  ['expires_at', 'tomorrow', /with its zone/],
  ['expires_at', '2029-12-31T23:59:59Z', /within the next 365 days/],
  ['expires_at', '2031-01-02T00:00:00Z', /within the next 365 days/],
  ['initial_access_token', 'mine', /no such member/],
] as const) {
  test(`refuses ${member} ${JSON.stringify(value)}, and makes none`, async () => {
    const { send } = await openRegistry();
    const answer = await send('POST', PATH, { [member]: value });
    assert.equal(answer.status, 422);
    assert.match(pointersOf(answer).join(), new RegExp(`^/${member}`));
    assert.match(String(answer.json()['detail']), text);
    assert.deepEqual((await send('GET', PATH)).json()['items'], []);
  });
}

test('tokens are listed page by page, and one that is taken back is gone on every instance', async () => {
  const { send, another } = await openRegistry();
  const ids: unknown[] = [];
  for (const description of ['a', 'b', 'c']) {
    ids.push((await send('POST', PATH, { description })).json()['token_id']);
  }
  const first = await send('GET', `${PATH}?limit=2`);
  const next = String(first.json()['next_cursor']);
  const second = await send('GET', `${PATH}?limit=2&cursor=${encodeURIComponent(next)}`);
  assert.deepEqual([...itemsOf(first, 'token_id'), ...itemsOf(second, 'token_id')], ids.toSorted());
  assert.equal(second.json()['next_cursor'], null);

  const path = `${PATH}/${String(ids[0])}`;
  assert.equal((await send('DELETE', path)).status, 204);
  assert.equal((await another().send('GET', path)).status, 404);
  assert.equal((await another().send('DELETE', path)).status, 404);
  assert.equal((await send('PATCH', path, {})).status, 405);
});

test('administrators alone make and take back; the trail tells which, never the token', async () => {
  const { send, clock } = await openRegistry();
  const reader = { authorization: 'Bearer AuthGroup.ReadOnly' };
  assert.equal((await send('POST', PATH, {}, reader)).status, 403);
  assert.equal((await send('GET', PATH, undefined, reader)).status, 200);
  const made = (await send('POST', PATH, {})).json();
  const path = `${PATH}/${String(made['token_id'])}`;
  assert.equal((await send('DELETE', path, undefined, reader)).status, 403);
  clock.advance(1000);
  await send('DELETE', path);
  const trail = await send('GET', '/audit');
  const events = (trail.json()['items'] as { action: string; object: { name: string } }[]).map(
    ({ action, object }) => [action, object.name],
  );
  assert.deepEqual(events.toReversed(), [
    ['initial_access_token.create', made['token_id']],
    ['initial_access_token.delete', made['token_id']],
  ]);
  assert.equal(trail.text.includes(String(made['initial_access_token'])), false);
});

test('a token is listed for 30 days after it has expired, and then removed', async () => {
  const { send, clock, storage } = await openRegistry();
  const store = openInitialAccessTokens(openTables(storage));
  const made = await send('POST', PATH, {});
  const late = { expires_at: new Date(clock.now() + 40 * DAY_MS).toISOString() };
  const other = await send('POST', PATH, late);
  const ids = [made, other].map((answer) => answer.json()['token_id']);
  clock.advance(31 * DAY_MS);
  assert.equal(await removeLongExpired(store, clock.now()), 0);
  assert.deepEqual(itemsOf(await send('GET', PATH), 'token_id').toSorted(), ids.toSorted());
  clock.advance(1);
  assert.equal(await removeLongExpired(store, clock.now()), 1);
  assert.deepEqual(itemsOf(await send('GET', PATH), 'token_id'), [ids[1]]);
  assert.equal((await send('GET', `${PATH}/${String(ids[0])}`)).status, 404);
});

test('of several pages all that are due are removed, by two instances at once too', async () => {
  const { storage, clock } = await openRegistry();
  const stores = [1, 2].map(() => openInitialAccessTokens(openTables(storage)));
  const tokenOf = (tokenId: string, expiresAt: number): InitialAccessToken => ({
    tokenId,
    description: '',
    hash: '',
    subscription: 'acmeiflmap',
    limits: { grantTypes: [], scopes: [] },
    mostClients: 1,
    registered: 0,
    createdAt: clock.now(),
    expiresAt,
  });
  const [store] = stores;
  assert.ok(store !== undefined);
  const made = Array.from({ length: 450 }, (_, i) => {
    const isKept = i % 45 === 0;
    return tokenOf(String(i).padStart(4, '0'), isKept ? clock.now() : clock.now() - 31 * DAY_MS);
  });
  for (let i = 0; i < made.length; i += 50) {
    await Promise.all(made.slice(i, i + 50).map((token) => store.create(token)));
  }
  const counts = await Promise.all(stores.map((one) => removeLongExpired(one, clock.now())));
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    440,
  );
  const left = await store.list({ after: undefined, limit: 200 });
  assert.equal(left.items.length, 10);
  assert.ok(left.items.every(({ expiresAt }) => expiresAt === clock.now()));
});
