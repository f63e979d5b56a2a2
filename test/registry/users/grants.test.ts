import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { newGrantId } from '../../../shared/oauth/grant-id.ts';
import type { UserGrant } from '../../../shared/oauth/grant-store.ts';
import { openConsents } from '../../../shared/storage/consents.ts';
import { openTables } from '../../../shared/storage/tables.ts';
import { itemsOf, openRegistry, type Registry } from '../registry.ts';

let registry: Registry;
let tokensFrom: number;

before(async () => {
  registry = await openRegistry();
  tokensFrom = registry.clock.now();
  await registry.send('POST', '/clients', { client_id: 'app', subscription: 'acmeiflmap' });
  for (const user of ['ann', 'ben']) {
    await registry.send('POST', '/users', { user, password: 'walnuts under the bridge' });
  }
});

async function grantOf(user: string, changes: Partial<UserGrant> = {}): Promise<UserGrant> {
  const now = registry.clock.now();
  const grant: UserGrant = {
    grantId: newGrantId(user, randomBytes),
    user,
    clientId: 'app',
    tokensFrom,
    subscription: 'acmeiflmap',
    scopes: ['read', 'write'],
    authTime: 1,
    confirmation: undefined,
    createdAt: now,
    lastUsedAt: undefined,
    expiresAt: now + 60_000,
    revokedAt: undefined,
    generation: 0,
    ...changes,
  };
  await registry.grants.create(grant);
  return grant;
}

test('what a user has allowed clients is listed, by whoever may read the registry', async () => {
  const grant = await grantOf('ann');
  await grantOf('ann', { expiresAt: registry.clock.now() });
  await grantOf('ben');
  const headers = { authorization: 'Bearer AuthGroup.ReadOnly' };
  const answer = await registry.call({ path: '/users/ann/grants', headers });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json(), {
    items: [
      {
        grant_id: grant.grantId,
        client_id: 'app',
        subscription: 'acmeiflmap',
        scope: 'read write',
        created_at: '2030-01-01T00:00:00.000Z',
        last_used_at: null,
        expires_at: '2030-01-01T00:01:00.000Z',
      },
    ],
    next_cursor: null,
  });
});

test('an administrator ends a grant: all tokens of it, and the client has to ask again', async () => {
  const grant = await grantOf('ben');
  const consents = openConsents(openTables(registry.storage));
  const client = { clientId: 'app', createdAt: 1 };
  await consents.remember('ben', client, new Set(['read']));
  const path = `/users/ben/grants/${grant.grantId}`;
  const reader = { authorization: 'Bearer AuthGroup.ReadOnly' };
  assert.equal((await registry.call({ method: 'DELETE', path, headers: reader })).status, 403);
  const token = { jti: 'x', grant_id: grant.grantId };
  assert.equal(await registry.revocations.isRevoked(token), false);

  assert.equal((await registry.send('DELETE', path)).status, 204);
  assert.equal(await registry.revocations.isRevoked(token), true);
  assert.equal(await consents.find('ben', client), undefined);
  const left = await registry.send('GET', '/users/ben/grants');
  assert.ok(!itemsOf(left, 'grant_id').includes(grant.grantId));
  assert.equal((await registry.send('DELETE', path)).status, 204, 'again is no error');
  const trail = await registry.send('GET', '/audit?action=grant.end');
  assert.ok(itemsOf(trail, 'actor').includes('AuthGroup.Administrator'));
});

test('a grant of another user, or none, is not found, and nothing ends', async () => {
  const grant = await grantOf('ann');
  for (const path of [
    `/users/ben/grants/${grant.grantId}`,
    `/users/nobody/grants/${grant.grantId}`,
    `/users/ann/grants/${grant.grantId}x`,
    '/users/ann/grants/%2F',
    "/users/ann/grants/'%20or%20true",
  ]) {
    assert.equal((await registry.send('DELETE', path)).status, 404, path);
  }
  assert.equal((await registry.send('GET', '/users/nobody/grants')).status, 404);
  assert.equal((await registry.grants.find(grant.grantId))?.value.revokedAt, undefined);
  const token = { jti: 'x', grant_id: grant.grantId };
  assert.equal(await registry.revocations.isRevoked(token), false);
});
