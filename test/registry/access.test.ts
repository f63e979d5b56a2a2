import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { json } from '../../shared/http/call.ts';
import { makeCall } from '../support/call.ts';
import { openRegistry, subscriptions } from './registry.ts';

void suite('who may do what in the registry', { concurrency: true }, async () => {
  const { send, api } = await openRegistry({ keys: (call) => json(200, { room: call.method }) });
  await send('POST', '/clients', { client_id: 'here' });
  const assignment = `/subscriptions/${subscriptions.iflmap}/roles/ESBMessaging.send/users/u`;
  const as = (user: string) => ({ authorization: `Bearer ${user}`, 'if-match': '*' });
  const reads = [
    '/clients',
    '/clients/here',
    '/clients/here/secrets',
    '/subscriptions',
    `/subscriptions/${subscriptions.tmn}`,
    `/subscriptions/${subscriptions.iflmap}/roles`,
    `/subscriptions/${subscriptions.iflmap}/roles/ESBMessaging.send/users`,
    `/subscriptions/${subscriptions.iflmap}/users/u/roles`,
  ];
  const writes = [
    ['POST', '/clients'],
    ['PUT', '/clients/here'],
    ['PATCH', '/clients/here'],
    ['DELETE', '/clients/here'],
    ['POST', '/clients/here/secrets'],
    ['PUT', `/subscriptions/${subscriptions.iflmap}/roles/Mine`],
    ['PUT', assignment],
    ['DELETE', assignment],
  ] as const;

  test('three groups may read, everyone else is 403, and 401 without a token', async () => {
    for (const path of reads) {
      for (const group of ['Administrator', 'IntegrationDeveloper', 'ReadOnly']) {
        assert.equal((await send('GET', path, undefined, as(`AuthGroup.${group}`))).status, 200);
      }
      const other = await send('GET', path, undefined, as('ESBMessaging.send'));
      assert.equal(other.status, 403, path);
      assert.match(other.headers.get('www-authenticate') ?? '', /insufficient_scope/);
      const nobody = await send('GET', path, undefined, { authorization: '' });
      assert.equal(nobody.status, 401, path);
      assert.match(nobody.headers.get('www-authenticate') ?? '', /^Bearer/);
      assert.doesNotMatch(nobody.text, /here|items/);
    }
  });

  test('only administrators may change, and nothing changes for others', async () => {
    for (const [method, path] of writes) {
      const body = method === 'DELETE' ? undefined : {};
      for (const group of ['AuthGroup.IntegrationDeveloper', 'AuthGroup.ReadOnly']) {
        assert.equal((await send(method, path, body, as(group))).status, 403, `${method} ${path}`);
      }
      assert.equal((await send(method, path, body, { authorization: '' })).status, 401);
    }
    const list = (await send('GET', '/clients')).json();
    assert.equal((list['items'] as unknown[]).length, 1);
    assert.equal(((await send('GET', '/clients/here/secrets')).json()['items'] as []).length, 1);
    assert.equal((await send('GET', assignment)).status, 404);
    const roles = await send('GET', `/subscriptions/${subscriptions.iflmap}/roles/Mine`);
    assert.equal(roles.status, 404);
  });

  test('a method that an address does not have is 405 with Allow (RFC 9110 section 15.5.6)', async () => {
    const expected: readonly (readonly [string, string, string])[] = [
      ['DELETE', '/clients', 'GET, HEAD, POST, OPTIONS'],
      ['POST', '/clients/here', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
      ['PUT', '/subscriptions', 'GET, HEAD, OPTIONS'],
      ['PATCH', assignment, 'GET, HEAD, PUT, DELETE, OPTIONS'],
    ];
    for (const [method, path, allow] of expected) {
      const answer = await send(method, path, {});
      assert.equal(answer.status, 405, path);
      assert.equal(answer.headers.get('allow'), allow);
      const options = await send('OPTIONS', path, undefined, { authorization: '' });
      assert.equal(options.status, 204);
      assert.equal(options.headers.get('allow'), allow);
      assert.equal(options.text, '');
    }
  });

  test('HEAD is GET without the content (RFC 9110 section 9.3.2)', async () => {
    const get = await send('GET', '/clients/here');
    const head = await send('HEAD', '/clients/here');
    assert.deepEqual([head.status, head.text], [200, '']);
    assert.equal(head.headers.get('etag'), get.headers.get('etag'));
    assert.equal((await send('HEAD', '/clients/none')).status, 404);
    assert.equal((await send('HEAD', '/clients', undefined, { authorization: '' })).status, 401);
  });

  test('an unknown address, or one with an empty part, is 404; a bad percent sign is 400', async () => {
    for (const path of [
      '',
      '/',
      '/nothing',
      '/clients/',
      '/clients//secrets',
      '/audits',
      '/Clients',
    ]) {
      assert.equal((await send('GET', path)).status, 404, path);
    }
    const users = `/subscriptions/${subscriptions.iflmap}/roles/ESBMessaging.send/users/`;
    for (const method of ['PUT', 'DELETE']) assert.equal((await send(method, users)).status, 404);
    for (const path of ['/clients/%', '/clients/%zz', '/clients/%ff']) {
      const answer = await send('GET', path);
      assert.deepEqual([answer.status, answer.json()['reason']], [400, 'invalid_path'], path);
    }
  });

  test('other rooms answer below their own first segment', async () => {
    const answer = await send('GET', '/keys/anything', undefined, { authorization: '' });
    assert.deepEqual(answer.json(), { room: 'GET' });
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    const head = await send('HEAD', '/keys');
    assert.deepEqual([head.status, head.text], [200, '']);
    assert.equal((await send('GET', '/toString')).status, 404);
  });

  test('the log event names the client and nothing secret', async () => {
    const call = makeCall({
      method: 'POST',
      path: '/registry/v1/clients',
      body: { client_id: 'logged', client_secret: 'never-in-a-logfile' },
      headers: { authorization: 'Bearer AuthGroup.Administrator' },
    });
    assert.equal((await api(call)).status, 201);
    assert.deepEqual(call.annotations, { client_id: 'AuthGroup.Administrator' });
    await send('DELETE', '/clients/logged', undefined, { 'if-match': '*' });
  });
});
