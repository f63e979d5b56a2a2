import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createRoleStore } from '../../shared/storage/roles.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { itemsOf, openRegistry, subscriptions } from './registry.ts';

const iflmap = `/subscriptions/${subscriptions.iflmap}`;
const tmn = `/subscriptions/${subscriptions.tmn}`;

void suite('subscriptions and roles', { concurrency: true }, async () => {
  const { send } = await openRegistry();

  test('both subscriptions are listed with their application', async () => {
    assert.deepEqual((await send('GET', '/subscriptions')).json(), {
      items: [
        { subscription: 'acmeiflmap', application: 'iflmap' },
        { subscription: 'acmetmn', application: 'tmn' },
      ],
      next_cursor: null,
    });
    assert.equal((await send('GET', tmn)).json()['application'], 'tmn');
    const near = await send('GET', '/subscriptions/AcmeTmn/roles');
    assert.equal(near.status, 404);
    assert.match(String(near.json()['detail']), /there is acmetmn/);
  });

  test('predefined roles are there from the start and cannot be changed or deleted', async () => {
    const listed = await send('GET', `${tmn}/roles`);
    assert.deepEqual(itemsOf(listed, 'role'), [
      'AuthGroup.Administrator',
      'AuthGroup.IntegrationDeveloper',
      'AuthGroup.ReadOnly',
      'Token.Introspect',
    ]);
    assert.deepEqual(itemsOf(listed, 'type'), Array(4).fill('PREDEFINED'));
    for (const method of ['PUT', 'DELETE']) {
      assert.equal((await send(method, `${tmn}/roles/AuthGroup.ReadOnly`)).status, 409);
    }
    assert.equal((await send('GET', `${tmn}/roles/AuthGroup.ReadOnly`)).status, 200);
    assert.equal((await send('GET', `${iflmap}/roles/AuthGroup.ReadOnly`)).status, 404);
  });

  test('a custom role is made with 201, put again with 200, deleted with 204', async () => {
    const path = `${iflmap}/roles/Orders.send-2`;
    const made = await send('PUT', path);
    assert.equal(made.status, 201);
    assert.equal(made.headers.get('location'), `/registry/v1${path}`);
    assert.deepEqual(made.json(), { role: 'Orders.send-2', type: 'CUSTOM', description: '' });
    const again = await send('PUT', path, { ...made.json(), description: 'May send orders' });
    assert.equal(again.status, 200);
    assert.deepEqual((await send('GET', path)).json(), again.json());
    assert.ok(itemsOf(await send('GET', `${iflmap}/roles`), 'role').includes('Orders.send-2'));
    assert.equal((await send('GET', `${tmn}/roles/Orders.send-2`)).status, 404);
    assert.equal((await send('DELETE', path)).status, 204);
    assert.equal((await send('GET', path)).status, 404);
    assert.equal((await send('DELETE', path)).status, 404);
  });

  test('role names have their grammar, and descriptions their length', async () => {
    for (const name of ['a%20b', 'a%2Fb', 'x'.repeat(101), '%C3%A9', '%00']) {
      const path = `${iflmap}/roles/${name}`;
      assert.equal((await send('PUT', path)).status, 422, name);
      assert.equal((await send('GET', path)).status, 404, name);
      assert.equal((await send('DELETE', path)).status, 404, name);
    }
    for (const body of [{ description: 'x'.repeat(501) }, { description: 1 }, { colour: 'red' }]) {
      assert.equal((await send('PUT', `${iflmap}/roles/Refused`, body)).status, 422);
    }
    assert.equal((await send('GET', `${iflmap}/roles/Refused`)).status, 404);
  });

  test('a subscription has at most 500 roles of its own', async () => {
    const { send, roles } = await openRegistry();
    const names = Array.from({ length: 500 }, (_, i) => `R${i}`);
    const make = (role: string) =>
      roles.store.createRole(subscriptions.tmn, { role, description: '', createdAt: 0 });
    for (let i = 0; i < 500; i += 50) await Promise.all(names.slice(i, i + 50).map(make));
    const answer = await send('PUT', `${tmn}/roles/One.more`);
    assert.equal(answer.status, 409);
    assert.match(String(answer.json()['detail']), /at most 500 roles/);
    assert.equal((await send('GET', `${tmn}/roles/One.more`)).status, 404);
    assert.equal((await send('PUT', `${tmn}/roles/R7`, { description: 'kept' })).status, 200);
    assert.equal((await send('PUT', `${iflmap}/roles/One.more`)).status, 201);
  });

  test('roles are listed page by page', async () => {
    const { send } = await openRegistry();
    for (const name of ['AAA', 'zzz']) await send('PUT', `${tmn}/roles/${name}`);
    const first = await send('GET', `${tmn}/roles?limit=3`);
    assert.equal(itemsOf(first, 'role')[0], 'AAA');
    const cursor = String(first.json()['next_cursor']);
    const second = await send('GET', `${tmn}/roles?limit=3&cursor=${cursor}`);
    assert.deepEqual(itemsOf(second, 'role'), ['AuthGroup.ReadOnly', 'Token.Introspect', 'zzz']);
    assert.equal((await send('GET', `${iflmap}/roles?cursor=${cursor}`)).status, 400);
  });
});

void suite('role assignments', { concurrency: true }, async () => {
  const { send, roles } = await openRegistry();
  const sender = `${iflmap}/roles/ESBMessaging.send`;

  test('PUT assigns and DELETE takes back, both idempotent and seen from both sides', async () => {
    const path = `${sender}/users/oauth_client_a`;
    for (let i = 0; i < 2; i += 1) {
      const put = await send('PUT', path);
      assert.deepEqual([put.status, put.text], [204, '']);
    }
    assert.equal((await send('GET', path)).json()['user'], 'oauth_client_a');
    const ofUser = await send('GET', `${iflmap}/users/oauth_client_a/roles`);
    assert.deepEqual(itemsOf(ofUser, 'role'), ['ESBMessaging.send']);
    assert.ok(
      itemsOf(await send('GET', `${sender}/users?limit=200`), 'user').includes('oauth_client_a'),
    );
    assert.equal((await send('GET', `${sender}/users/OAUTH_CLIENT_A`)).status, 404);
    for (let i = 0; i < 2; i += 1) assert.equal((await send('DELETE', path)).status, 204);
    assert.equal((await send('GET', path)).status, 404);
    assert.deepEqual(
      (await send('GET', `${iflmap}/users/oauth_client_a/roles`)).json()['items'],
      [],
    );
  });

  test('any user name of 1 to 256 characters is kept as it is', async () => {
    const users = ['a/b\\c?d#e', '\u0000\u0085', '😀'.repeat(256), '%41', "o'x|y!z", ' ', 'É'];
    for (const user of users) {
      const encoded = encodeURIComponent(user);
      assert.equal((await send('PUT', `${sender}/users/${encoded}`)).status, 204, user);
      assert.equal((await send('GET', `${sender}/users/${encoded}`)).json()['user'], user);
      const ofUser = await send('GET', `${iflmap}/users/${encoded}/roles`);
      assert.deepEqual(itemsOf(ofUser, 'role'), ['ESBMessaging.send'], user);
    }
    const listed = itemsOf(await send('GET', `${sender}/users?limit=200`), 'user');
    for (const user of users) assert.ok(listed.includes(user), user);
    const tooLong = `${sender}/users/${'u'.repeat(257)}`;
    for (const method of ['PUT', 'GET', 'DELETE']) {
      assert.equal((await send(method, tooLong)).status, 422);
    }
  });

  test('an unknown role is 404, names one that differs only in case, and assigns nothing', async () => {
    const path = `${iflmap}/roles/esbmessaging.SEND/users/oauth_client_case`;
    for (const method of ['PUT', 'DELETE', 'GET']) {
      const answer = await send(method, path);
      assert.equal(answer.status, 404);
      assert.match(String(answer.json()['detail']), /there is ESBMessaging\.send/);
    }
    const other = await send('PUT', `${iflmap}/roles/Nothing/users/u`);
    assert.equal(other.status, 404);
    const held = await roles.store.rolesOf(subscriptions.iflmap, 'oauth_client_case');
    assert.equal(held.size, 0);
  });

  test('a deleted role takes its assignments along, also more than one batch of them', async () => {
    const role = `${iflmap}/roles/Short.lived`;
    await send('PUT', role);
    const users = Array.from({ length: 120 }, (_, i) => `user${i}`);
    await Promise.all(users.map((user) => send('PUT', `${role}/users/${user}`)));
    await send('PUT', `${sender}/users/user7`);
    const first = await send('GET', `${role}/users?limit=100`);
    const rest = await send(
      'GET',
      `${role}/users?limit=100&cursor=${String(first.json()['next_cursor'])}`,
    );
    assert.deepEqual([...itemsOf(first, 'user'), ...itemsOf(rest, 'user')], users.toSorted());
    assert.equal((await roles.directory.rolesOf(subscriptions.iflmap, 'user3')).size, 1);
    assert.equal((await send('DELETE', role)).status, 204);
    assert.equal((await roles.directory.rolesOf(subscriptions.iflmap, 'user3')).size, 0);
    await send('PUT', role);
    assert.deepEqual((await send('GET', `${role}/users`)).json()['items'], []);
    const kept = await send('GET', `${iflmap}/users/user7/roles`);
    assert.deepEqual(itemsOf(kept, 'role'), ['ESBMessaging.send']);
  });

  test('an assignment that comes while its role is being deleted is not left over', async () => {
    const { roles, storage } = await openRegistry();
    const tables = openTables(storage);
    const racer = { role: 'Racing', user: 'racer', assignedAt: 0 };
    let calls = 0;
    const deleting = createRoleStore({
      ...tables,
      async withTable(name, work) {
        calls += 1;
        // Role read, no assignments found: here another instance assigns, then the role goes.
        if (calls === 3) assert.ok(await roles.store.assign(subscriptions.tmn, racer, 'custom'));
        return tables.withTable(name, work);
      },
    });
    await roles.store.createRole(subscriptions.tmn, {
      role: 'Racing',
      description: '',
      createdAt: 0,
    });
    assert.equal(await deleting.deleteRole(subscriptions.tmn, 'Racing'), true);
    assert.ok(calls > 3);
    assert.equal(await roles.store.readRole(subscriptions.tmn, 'Racing'), undefined);
    assert.equal((await roles.store.rolesOf(subscriptions.tmn, 'racer')).size, 0);
    const left = await roles.store.listUsers(subscriptions.tmn, 'Racing', { limit: 10 });
    assert.deepEqual(left.items, []);
  });

  test('an assignment that comes after its role was deleted is not written', async () => {
    const { roles } = await openRegistry();
    const late = { role: 'Gone', user: 'late', assignedAt: 0 };
    assert.equal(await roles.store.assign(subscriptions.tmn, late, 'custom'), false);
    assert.equal((await roles.store.rolesOf(subscriptions.tmn, 'late')).size, 0);
  });

  test("a user's roles are listed page by page", async () => {
    for (const name of ['R1', 'R2', 'R3']) {
      await send('PUT', `${iflmap}/roles/${name}`);
      await send('PUT', `${iflmap}/roles/${name}/users/many`);
    }
    const first = await send('GET', `${iflmap}/users/many/roles?limit=2`);
    assert.deepEqual(itemsOf(first, 'role'), ['R1', 'R2']);
    const next = `limit=2&cursor=${String(first.json()['next_cursor'])}`;
    const second = await send('GET', `${iflmap}/users/many/roles?${next}`);
    assert.deepEqual(itemsOf(second, 'role'), ['R3']);
    assert.equal((await send('GET', `${iflmap}/users/other/roles?${next}`)).status, 400);
  });
});
