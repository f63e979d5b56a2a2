import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import type { Consents } from '../../shared/oauth/consents.ts';
import { newGrantId } from '../../shared/oauth/grant-id.ts';
import type { UserGrant } from '../../shared/oauth/grant-store.ts';
import { openConsents } from '../../shared/storage/consents.ts';
import { type GrantTable, openGrants } from '../../shared/storage/grants.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage } from '../support/azurite.ts';

const NOW = Date.UTC(2027, 0, 1);
const ALL = { limit: 100 };

let grants: GrantTable;
/** Another instance's. */
let others: GrantTable;
let consents: Consents;

before(async () => {
  const storage = await testStorage();
  grants = openGrants(openTables(storage));
  others = openGrants(openTables(storage));
  consents = openConsents(openTables(storage));
});

function someGrant(user: string, changes: Partial<UserGrant> = {}): UserGrant {
  return {
    grantId: newGrantId(user, randomBytes),
    user,
    clientId: 'app',
    tokensFrom: 5,
    subscription: 'flowgateiflmap',
    scopes: ['read', 'write'],
    authTime: NOW / 1000 - 5,
    confirmation: { jkt: 'x' },
    createdAt: NOW,
    lastUsedAt: undefined,
    expiresAt: NOW + 1000,
    revokedAt: undefined,
    generation: 0,
    ...changes,
  };
}

const idsOf = (page: { readonly items: readonly UserGrant[] }): string[] =>
  page.items.map((grant) => grant.grantId).sort();

test('a grant is found as it was written, on every instance, and its id is taken once', async () => {
  const grant = someGrant('ann@example.com');
  assert.equal(await grants.create(grant), true);
  assert.deepEqual((await others.find(grant.grantId))?.value, grant);
  const unbound = someGrant('o\'neill "/#?', { confirmation: undefined });
  assert.equal(await grants.create(unbound), true);
  assert.deepEqual((await others.find(unbound.grantId))?.value, unbound);
  assert.equal(await others.create({ ...grant, scopes: [] }), false);
  assert.deepEqual((await grants.find(grant.grantId))?.value, grant, 'and nothing changed');
});

test('what is no id of a grant is not found, whatever it holds', async () => {
  const { grantId } = someGrant('ann@example.com');
  for (const id of ['', 'x', grantId, `${grantId}x`, `${'a'.repeat(37)}/`, `${'a'.repeat(37)}'`]) {
    assert.equal(await grants.find(id), undefined);
    assert.equal(await grants.revoke(id, NOW), undefined);
  }
});

test('of two that replace the refresh token of one grant at the same moment one does', async () => {
  const grant = someGrant('racer');
  await grants.create(grant);
  const [mine, theirs] = await Promise.all([
    grants.find(grant.grantId),
    others.find(grant.grantId),
  ]);
  const next = { grantId: grant.grantId, generation: 1, lastUsedAt: NOW + 1 };
  const outcomes = await Promise.all([
    grants.rotate(next, mine?.etag ?? ''),
    others.rotate(next, theirs?.etag ?? ''),
  ]);
  assert.deepEqual(outcomes.sort(), [false, true]);
  const after = await grants.find(grant.grantId);
  assert.deepEqual(after?.value, { ...grant, generation: 1, lastUsedAt: NOW + 1 });
  assert.equal(await grants.rotate({ ...next, generation: 9 }, '"forged"'), false);
});

test('a revoked grant stays revoked: what is read before replaces no token of it', async () => {
  const grant = someGrant('leaver');
  await grants.create(grant);
  const seen = await others.find(grant.grantId);
  const revoked = await grants.revoke(grant.grantId, NOW + 7);
  assert.deepEqual(revoked, { ...grant, revokedAt: NOW + 7 });
  const next = { grantId: grant.grantId, generation: 1, lastUsedAt: NOW };
  assert.equal(await others.rotate(next, seen?.etag ?? ''), false);
  assert.equal((await others.find(grant.grantId))?.value.revokedAt, NOW + 7);
});

test('grants are listed by user, page by page, without those that are over', async () => {
  const mine = Array.from({ length: 5 }, () => someGrant('lister', { clientId: 'listed' }));
  const ended = someGrant('lister', { clientId: 'listed' });
  const over = someGrant('lister', { clientId: 'listed', expiresAt: NOW - 1 });
  const another = someGrant('another', { clientId: 'listed' });
  const elsewhere = someGrant('lister', { clientId: 'Listed' });
  for (const grant of [...mine, ended, over, another, elsewhere]) await grants.create(grant);
  await grants.revoke(ended.grantId, NOW);
  const ids = (list: readonly UserGrant[]): string[] => idsOf({ items: list });
  assert.deepEqual(idsOf(await others.listOfUser('lister', NOW, ALL)), ids([...mine, elsewhere]));
  assert.deepEqual(idsOf(await others.listOfUser('Lister', NOW, ALL)), []);
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await others.listOfUser('lister', NOW, { limit: 2, after });
    assert.ok(page.items.length <= 2);
    seen.push(...idsOf(page));
    after = page.next;
  } while (after !== undefined);
  assert.equal(seen.length, 6);
  assert.equal(new Set(seen).size, 6);
});

test('consent is remembered per user, client and registration, replaced, and forgotten', async () => {
  const app = { clientId: 'app', createdAt: 1 };
  assert.equal(await consents.find('ann', app), undefined);
  await consents.remember('ann', app, new Set(['read']));
  assert.deepEqual(await consents.find('ann', app), new Set(['read']));
  await consents.remember('ann', app, new Set());
  assert.deepEqual(await consents.find('ann', app), new Set());
  assert.equal(await consents.find('ann', { ...app, createdAt: 2 }), undefined);
  assert.equal(await consents.find('Ann', app), undefined);
  assert.equal(await consents.find('ann', { ...app, clientId: 'App' }), undefined);
  await consents.forget('ann', 'app');
  await consents.forget('ann', 'app');
  assert.equal(await consents.find('ann', app), undefined);
});

test('what is kept of a user goes with the user, and of nobody else', async () => {
  const app = { clientId: 'app', createdAt: 1 };
  const [gone, stays] = [someGrant('goer'), someGrant('stayer')];
  for (const grant of [gone, stays]) await grants.create(grant);
  for (const { user } of [gone, stays]) await consents.remember(user, app, new Set(['read']));
  await grants.deleteOfUser('goer');
  assert.equal(await others.find(gone.grantId), undefined);
  assert.equal(await consents.find('goer', app), undefined);
  assert.deepEqual((await others.find(stays.grantId))?.value, stays);
  assert.notEqual(await consents.find('stayer', app), undefined);
});

test('expired grants are removed; consents stay', async () => {
  const app = { clientId: 'sweeping', createdAt: 1 };
  const old = someGrant('swept', { clientId: 'sweeping', expiresAt: 1000 });
  const young = someGrant('swept', { clientId: 'sweeping', expiresAt: 2000 });
  for (const grant of [old, young]) await grants.create(grant);
  await consents.remember('swept', app, new Set());
  const [mine, theirs] = await Promise.all([grants.deleteBefore(2000), others.deleteBefore(2000)]);
  assert.ok(mine + theirs >= 1);
  assert.equal(await grants.find(old.grantId), undefined);
  assert.deepEqual((await grants.find(young.grantId))?.value, young);
  assert.notEqual(await consents.find('swept', app), undefined);
  assert.equal(await grants.deleteBefore(2000), 0);
});
