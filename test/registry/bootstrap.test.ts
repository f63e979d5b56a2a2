import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ConfigError } from '../../shared/config/load.ts';
import { ensureBootstrapClient } from '../../shared/registry/bootstrap.ts';
import { createSecretVerifier } from '../../shared/registry/secret-verifier.ts';
import { openRegistry, type Registry, subscriptions } from './registry.ts';

const FIRST = 'the first secret of it';
const SECOND = 'the second secret of it';

async function openBootstrap() {
  const registry = await openRegistry();
  const { clock } = registry;
  const verifier = createSecretVerifier({ clock, random: randomBytes });
  const fingerprintKey = randomBytes(32);
  const start = (clientSecret: string, on: Pick<Registry, 'clients' | 'roles'> = registry) =>
    ensureBootstrapClient({
      setting: { clientId: 'root', clientSecret },
      subscription: subscriptions.tmn,
      clients: on.clients.store,
      roles: on.roles.store,
      fingerprintKey,
      clock,
      random: randomBytes,
    });
  const read = async () => (await registry.clients.store.read('root'))?.value;
  const verify = async (secret: string) => verifier.verify(await read(), [secret]);
  const roles = async () => [
    ...(await registry.roles.store.rolesOf(subscriptions.tmn, 'oauth_client_root')),
  ];
  return { ...registry, start, read, verify, rolesNow: roles };
}

test('the first start makes an administrator, the next ones change nothing', async () => {
  const { start, read, verify, rolesNow } = await openBootstrap();
  assert.equal(await start(FIRST), 'created');
  const made = await read();
  assert.equal(made?.subscription, subscriptions.tmn);
  assert.equal(await verify(FIRST), 'accepted');
  assert.deepEqual(await rolesNow(), ['AuthGroup.Administrator']);
  assert.equal(await start(FIRST), 'unchanged');
  assert.deepEqual(await read(), made);
});

test('instances that start at once make one client', async () => {
  const { start, another, verify, rolesNow } = await openBootstrap();
  const outcomes = await Promise.all([
    start(FIRST),
    start(FIRST, another()),
    start(FIRST, another()),
  ]);
  assert.deepEqual(outcomes.sort(), ['created', 'unchanged', 'unchanged']);
  assert.equal(await verify(FIRST), 'accepted');
  assert.deepEqual(await rolesNow(), ['AuthGroup.Administrator']);
});

test('a changed setting replaces the secret, also when several instances see it at once', async () => {
  const { start, another, verify, read } = await openBootstrap();
  await start(FIRST);
  const before = await read();
  const outcomes = await Promise.all([start(SECOND), start(SECOND, another())]);
  assert.deepEqual(outcomes.sort(), ['secret_replaced', 'unchanged']);
  assert.equal(await verify(FIRST), 'wrong');
  assert.equal(await verify(SECOND), 'accepted');
  assert.equal((await read())?.createdAt, before?.createdAt);
});

test('a changed setting does not enable a disabled client nor give back its role', async () => {
  const { start, send, read, rolesNow } = await openBootstrap();
  await start(FIRST);
  await send('PATCH', '/clients/root', { enabled: false }, { 'if-match': '*' });
  const path = `/subscriptions/${subscriptions.tmn}/roles/AuthGroup.Administrator/users/oauth_client_root`;
  await send('DELETE', path);
  assert.equal(await start(SECOND), 'secret_replaced');
  assert.equal((await read())?.enabled, false);
  assert.deepEqual(await rolesNow(), []);
});

test('a secret changed through the API stays as long as the setting does', async () => {
  const { start, send, verify } = await openBootstrap();
  await start(FIRST);
  const added = await send('POST', '/clients/root/secrets');
  const secret = String(added.json()['client_secret']);
  assert.equal(await start(FIRST), 'unchanged');
  assert.equal(await verify(secret), 'accepted');
});

test('deleting it is final, whatever the setting says and whoever registers the id anew', async () => {
  const { start, send, read, rolesNow, verify } = await openBootstrap();
  await start(FIRST);
  await send('DELETE', '/clients/root', undefined, { 'if-match': '*' });
  for (const secret of [FIRST, SECOND]) assert.equal(await start(secret), 'left_alone');
  assert.equal(await read(), undefined);
  assert.deepEqual(await rolesNow(), []);
  await send('POST', '/clients', { client_id: 'root' });
  assert.equal(await start(SECOND), 'left_alone');
  assert.equal(await verify(SECOND), 'wrong');
  assert.deepEqual(await rolesNow(), []);
});

test('an id that was registered through the API is left alone, also after it is deleted', async () => {
  const { start, send, read, rolesNow, verify } = await openBootstrap();
  await send('POST', '/clients', { client_id: 'root' });
  assert.equal(await start(FIRST), 'left_alone');
  assert.equal(await verify(FIRST), 'wrong');
  await send('DELETE', '/clients/root', undefined, { 'if-match': '*' });
  assert.equal(await start(FIRST), 'left_alone');
  assert.equal(await read(), undefined);
  assert.deepEqual(await rolesNow(), []);
});

test('a start that was cut short before the client was made is made good by the next', async () => {
  const { start, clients, roles, verify, rolesNow } = await openBootstrap();
  const killed = {
    roles,
    clients: {
      ...clients,
      store: { ...clients.store, createFromSetting: () => Promise.reject(new Error('killed')) },
    },
  };
  await assert.rejects(start(FIRST, killed), /killed/);
  assert.equal(await start(FIRST), 'created');
  assert.equal(await verify(FIRST), 'accepted');
  assert.deepEqual(await rolesNow(), ['AuthGroup.Administrator']);
});

test('a secret that no client may have is a fault of the settings, told without it', async () => {
  const { start, read, rolesNow } = await openBootstrap();
  for (const secret of ['with root in it, long enough', 'short', 'a line\nbreak in it all']) {
    await assert.rejects(start(secret), (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /FLOWGATE_BOOTSTRAP_CLIENT_SECRET/);
      assert.equal(error.message.includes(secret), false);
      return true;
    });
  }
  assert.equal(await read(), undefined);
  assert.deepEqual(await rolesNow(), []);
});
