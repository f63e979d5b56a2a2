import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createTokenIds } from '../../shared/jwt/token-id.ts';
import { newGrantId } from '../../shared/oauth/grant-id.ts';
import { isGrantOf } from '../../shared/oauth/grant-store.ts';
import type { Answer } from '../support/call.ts';
import { itemsOf, openRegistry, type Registry, subscriptions } from './registry.ts';

const nextId = createTokenIds();
const HOUR_MS = 3_600_000;

interface Issued {
  readonly user?: string;
  readonly scope?: string;
  readonly grantId?: string;
  readonly lifetime?: number;
  readonly subscription?: string;
}

/** What the token endpoint tells the trail of a token. @returns its jti. */
async function issue(
  { trail, clients, clock }: Registry,
  clientId: string,
  { user, scope, grantId, lifetime = 3600, ...more }: Issued = {},
): Promise<string> {
  const client = (await clients.store.read(clientId))?.value;
  const jti = nextId(client?.tokensFrom ?? 0);
  trail.note({
    action: 'token.issue',
    actor: `oauth_client_${clientId}`,
    object: { type: 'client', name: clientId },
    call: undefined,
    token: {
      jti,
      expiresAt: Math.floor(clock.now() / 1000) + lifetime,
      subscription: more.subscription ?? subscriptions.iflmap,
      ...(user === undefined ? {} : { user }),
      ...(scope === undefined ? {} : { scope }),
      ...(grantId === undefined ? {} : { grantId }),
    },
  });
  clock.advance(1000);
  return jti;
}

async function open(...clientIds: string[]): Promise<Registry> {
  const registry = await openRegistry();
  for (const id of clientIds) await registry.send('POST', '/clients', { client_id: id });
  return registry;
}

const statesOf = async (registry: Registry, query: string): Promise<unknown[]> =>
  itemsOf(await registry.send('GET', `/tokens?${query}`), 'state');

const problemOf = (answer: Answer): unknown[] => [answer.status, answer.json()['reason']];

test('tokens are found by client, by user and by jti, the newest first, with what they are for', async () => {
  const registry = await open('app', 'portal');
  const grantId = newGrantId('ada', randomBytes);
  const first = await issue(registry, 'app', { scope: 'read write' });
  const hers = await issue(registry, 'portal', { user: 'ada', grantId });
  const last = await issue(registry, 'app');
  registry.trail.note({
    action: 'token.issue',
    actor: '',
    object: { type: 'client', name: 'app' },
    call: undefined,
    outcome: 'failure',
    reason: 'wrong_secret',
  });
  const find = async (query: string) =>
    itemsOf(await registry.send('GET', `/tokens?${query}`), 'jti');
  assert.deepEqual(await find(''), [last, hers, first]);
  assert.deepEqual(await find('client_id=app'), [last, first]);
  assert.deepEqual(await find('user=ada'), [hers]);
  assert.deepEqual(await find('user=oauth_client_app&client_id=app'), [last, first]);
  assert.deepEqual(await find(`jti=${first}`), [first]);
  assert.deepEqual(await find('client_id=App'), []);
  const one = await registry.send('GET', `/tokens/${hers}`);
  const { issued_at, expires_at, ...rest } = one.json();
  assert.deepEqual(rest, {
    jti: hers,
    client_id: 'portal',
    user: 'ada',
    subscription: subscriptions.iflmap,
    scope: '',
    grant_id: grantId,
    state: 'active',
  });
  assert.equal(Date.parse(String(expires_at)) - Date.parse(String(issued_at)), HOUR_MS);
  assert.equal((await registry.send('GET', `/tokens/${first}`)).json()['scope'], 'read write');
});

test('each token is shown as it stands now: active, expired, revoked, or refused for its client', async () => {
  const registry = await open('app', 'off', 'moved', 'gone', 'ended');
  const { send, clock, revocations } = registry;
  const any = { 'if-match': '*' };
  const grantId = newGrantId('ada', randomBytes);
  await issue(registry, 'app', { lifetime: 1 });
  const revoked = await issue(registry, 'app');
  await issue(registry, 'app', { user: 'ada', grantId });
  await issue(registry, 'app');
  for (const id of ['off', 'moved', 'gone', 'ended']) await issue(registry, id);
  assert.equal((await send('DELETE', `/tokens/${revoked}`)).status, 204);
  await revocations.revokeGrant(grantId, clock.now() + HOUR_MS);
  await send('PATCH', '/clients/off', { enabled: false }, any);
  await send('PATCH', '/clients/moved', { subscription: subscriptions.tmn }, any);
  await send('DELETE', '/clients/gone', undefined, any);
  await send('DELETE', '/clients/ended/tokens');
  assert.deepEqual(await statesOf(registry, 'client_id=app'), [
    'active',
    'revoked',
    'revoked',
    'expired',
  ]);
  assert.deepEqual(await statesOf(registry, 'client_id=off'), ['refused']);
  assert.deepEqual(await statesOf(registry, 'client_id=moved'), ['refused']);
  assert.deepEqual(await statesOf(registry, 'client_id=gone'), ['revoked']);
  assert.deepEqual(await statesOf(registry, 'client_id=ended'), ['revoked']);
});

test('a page holds as many as were asked for, and the next one begins behind it', async () => {
  const registry = await open('app');
  const issued: string[] = [];
  for (let i = 0; i < 5; i += 1) issued.unshift(await issue(registry, 'app'));
  const found: unknown[] = [];
  let cursor: string | null = '';
  do {
    const query = `client_id=app&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const page: Answer = await registry.send('GET', `/tokens?${query}`);
    assert.equal(page.status, 200, page.text);
    found.push(...itemsOf(page, 'jti'));
    cursor = page.json()['next_cursor'] as string | null;
    if (cursor !== null) {
      const other = await registry.send('GET', `/tokens?client_id=x&cursor=${cursor}`);
      assert.deepEqual(problemOf(other), [400, 'invalid_query'], 'of another list');
    }
  } while (cursor !== null);
  assert.deepEqual(found, issued);
});

test('tokens are looked for as far back as one may live, or in the times that are given', async () => {
  const registry = await open('app');
  const old = await issue(registry, 'app');
  const issuedAt = registry.clock.now();
  registry.clock.advance(13 * HOUR_MS);
  assert.deepEqual(await statesOf(registry, ''), []);
  assert.equal((await registry.send('GET', `/tokens/${old}`)).status, 404);
  const from = new Date(issuedAt - HOUR_MS).toISOString();
  assert.deepEqual(await statesOf(registry, `from=${from}`), ['expired']);
  assert.deepEqual(await statesOf(registry, `from=${from}&to=${from}`), []);
  assert.equal((await registry.send('GET', `/tokens/${old}?from=${from}`)).status, 200);
  for (const wrong of ['from=yesterday', 'to=1', `jti=${'x'.repeat(301)}`, 'user=a&user=b']) {
    const answer = await registry.send('GET', `/tokens?${wrong}`);
    assert.deepEqual(problemOf(answer), [400, 'invalid_query'], wrong);
  }
});

test('one token is revoked by its jti, again is no error, and the trail says whose it was', async () => {
  const registry = await open('app');
  const [jti, kept] = [await issue(registry, 'app'), await issue(registry, 'app')];
  for (let i = 0; i < 2; i += 1) {
    assert.equal((await registry.send('DELETE', `/tokens/${jti}`)).status, 204);
  }
  assert.equal(await registry.revocations.isRevoked({ jti }), true);
  assert.equal(await registry.revocations.isRevoked({ jti: kept }), false);
  const trail = await registry.send('GET', `/audit?action=token.revoke&object=${jti}`);
  assert.deepEqual(itemsOf(trail, 'detail'), [
    'of oauth_client_app, issued to app',
    'of oauth_client_app, issued to app',
  ]);
  assert.deepEqual(itemsOf(trail, 'actor')[0], 'AuthGroup.Administrator');
});

test('a jti that nobody was issued is 404, says what to do and is not kept', async () => {
  const registry = await open('app');
  await issue(registry, 'app');
  const unknown = nextId(0);
  for (const jti of [unknown, 'x', '..%2fx', 'x'.repeat(5000), '%E2%98%83', 'a.b.c']) {
    const answer = await registry.send('DELETE', `/tokens/${jti}`);
    assert.deepEqual(problemOf(answer), [404, 'not_found'], jti.slice(0, 20));
    assert.match(String(answer.json()['detail']), /oauth2\/api\/v1\/revoke/);
  }
  assert.equal(await registry.revocations.isRevoked({ jti: unknown }), false);
});

test('all tokens of a client end at once with what users have granted it, on other instances too; those since are good', async () => {
  const registry = await open('app', 'other');
  const { send, clock, grants, clients, another } = registry;
  const grantId = newGrantId('ada', randomBytes);
  const before = (await clients.store.read('app'))?.value;
  assert.ok(before !== undefined);
  await grants.create({
    grantId,
    user: 'ada',
    clientId: 'app',
    tokensFrom: before.tokensFrom,
    subscription: subscriptions.iflmap,
    scopes: [],
    authTime: 0,
    confirmation: undefined,
    createdAt: clock.now(),
    lastUsedAt: undefined,
    expiresAt: clock.now() + HOUR_MS,
    revokedAt: undefined,
    generation: 0,
  });
  await issue(registry, 'app');
  await issue(registry, 'other');
  const answer = await send('DELETE', '/clients/app/tokens');
  assert.equal(answer.status, 204);
  const kept = (await grants.find(grantId))?.value;
  const after = (await clients.store.read('app'))?.value;
  assert.ok(kept !== undefined && isGrantOf(before, kept));
  assert.equal(isGrantOf(after, kept), false, 'its refresh token is refused');
  await issue(registry, 'app');
  assert.deepEqual(await statesOf(registry, 'client_id=app'), ['active', 'revoked']);
  assert.deepEqual(await statesOf(registry, 'client_id=other'), ['active']);
  const trail = await another().send('GET', '/audit?action=client.revoke_tokens');
  assert.deepEqual(itemsOf(trail, 'outcome'), ['success']);
});

test('each time all tokens are revoked differs from every time before, also where a clock was ahead', async () => {
  const { send, clients, clock } = await open('app');
  const tokensFrom = async () => (await clients.store.read('app'))?.value.tokensFrom ?? 0;
  const times = [await tokensFrom()];
  clock.advance(60_000);
  await send('DELETE', '/clients/app/tokens');
  times.push(await tokensFrom());
  // An instance whose clock is behind that one's.
  clock.advance(-30_000);
  await send('DELETE', '/clients/app/tokens');
  times.push(await tokensFrom());
  assert.deepEqual(
    times.toSorted((a, b) => a - b),
    times,
  );
  assert.equal(new Set(times).size, 3);
});

test('If-Match holds: 412, and no token is revoked; a client that is not there is 404', async () => {
  const registry = await open('app');
  await issue(registry, 'app');
  const stale = { 'if-match': '"stale"' };
  const answer = await registry.send('DELETE', '/clients/app/tokens', undefined, stale);
  assert.equal(answer.status, 412);
  assert.deepEqual(await statesOf(registry, ''), ['active']);
  assert.equal((await registry.send('DELETE', '/clients/nobody/tokens')).status, 404);
});

test('tokens are for administrators and, to read, AuthGroup.ReadOnly: 403 for everybody else', async () => {
  const registry = await open('app');
  const jti = await issue(registry, 'app');
  const as = (role: string) => ({ authorization: `Bearer ${role}` });
  const status = async (method: string, path: string, role: string): Promise<number> =>
    (await registry.send(method, path, undefined, as(role))).status;
  assert.equal(await status('GET', '/tokens', 'AuthGroup.ReadOnly'), 200);
  assert.equal(await status('GET', '/tokens', 'AuthGroup.IntegrationDeveloper'), 403);
  for (const role of ['AuthGroup.ReadOnly', 'AuthGroup.IntegrationDeveloper']) {
    assert.equal(await status('DELETE', `/tokens/${jti}`, role), 403);
    assert.equal(await status('DELETE', '/clients/app/tokens', role), 403);
  }
  assert.deepEqual(await statesOf(registry, ''), ['active']);
});
