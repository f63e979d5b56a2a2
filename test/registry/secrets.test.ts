import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { createSecretVerifier } from '../../shared/registry/secret-verifier.ts';
import { itemsOf, openRegistry, pointersOf } from './registry.ts';

void suite('the secrets of a client', { concurrency: true }, async () => {
  const { send, clients, clock } = await openRegistry();
  const verifier = createSecretVerifier({ clock, random: randomBytes });
  const register = async (id: string): Promise<string> =>
    String((await send('POST', '/clients', { client_id: id })).json()['client_secret']);
  const verify = async (id: string, secret: string) =>
    verifier.verify((await clients.store.read(id))?.value, [secret]);

  test('a second secret lives beside the first, so that a client can move over', async () => {
    const first = await register('rotate');
    const added = await send('POST', '/clients/rotate/secrets');
    assert.equal(added.status, 201);
    const { client_secret: second, secret_id: id, ...rest } = added.json();
    assert.equal(
      added.headers.get('location'),
      `/registry/v1/clients/rotate/secrets/${String(id)}`,
    );
    assert.deepEqual(rest, {
      client_id: 'rotate',
      last_four: String(second).slice(-4),
      created_at: new Date(clock.now()).toISOString(),
      expires_at: null,
      expires_in_days: null,
      state: 'next',
      client_secret_expires_at: 0,
    });
    assert.equal(await verify('rotate', first), 'accepted');
    assert.equal(await verify('rotate', String(second)), 'accepted');

    const listed = await send('GET', '/clients/rotate/secrets');
    assert.equal(itemsOf(listed, 'secret_id').length, 2);
    for (const item of listed.json()['items'] as object[]) {
      assert.deepEqual(Object.keys(item).sort(), [
        'created_at',
        'expires_at',
        'expires_in_days',
        'last_four',
        'secret_id',
        'state',
      ]);
    }
    const etag = (await send('GET', '/clients/rotate')).headers.get('etag');
    assert.equal(listed.headers.get('etag'), etag);

    const old = itemsOf(listed, 'secret_id').find((one) => one !== id);
    assert.equal((await send('DELETE', `/clients/rotate/secrets/${String(old)}`)).status, 204);
    assert.equal(await verify('rotate', first), 'wrong');
    assert.equal(await verify('rotate', String(second)), 'accepted');
    assert.equal((await send('DELETE', `/clients/rotate/secrets/${String(old)}`)).status, 404);
    assert.equal((await send('DELETE', `/clients/rotate/secrets/${String(id)}`)).status, 204);
    assert.equal(await verify('rotate', String(second)), 'wrong');
  });

  test('a third secret is 409 and says what to do; an expired one makes room', async () => {
    await register('third');
    const soon = new Date(clock.now() + 1000).toISOString();
    const second = await send('POST', '/clients/third/secrets', { expires_at: soon });
    assert.equal(second.json()['expires_at'], soon);
    const before = (await send('GET', '/clients/third/secrets')).json();
    const third = await send('POST', '/clients/third/secrets');
    assert.equal(third.status, 409);
    assert.match(String(third.json()['detail']), /Delete the one/);
    assert.deepEqual((await send('GET', '/clients/third/secrets')).json(), before);
  });

  test('of several added at once, no more than two are alive', async () => {
    await register('burst');
    const answers = await Promise.all(
      [1, 2, 3].map(() => send('POST', '/clients/burst/secrets', {})),
    );
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 409, 409]);
    assert.equal(itemsOf(await send('GET', '/clients/burst/secrets'), 'secret_id').length, 2);
  });

  test('when a secret expires can be set, moved and taken back', async () => {
    await register('expiry');
    const [id] = itemsOf(await send('GET', '/clients/expiry/secrets'), 'secret_id');
    const path = `/clients/expiry/secrets/${String(id)}`;
    const inAnHour = clock.now() + 3_600_000;
    const iso = new Date(inAnHour).toISOString();
    for (const body of [
      { expires_at: iso },
      { expires_at: inAnHour / 1000 },
      { client_secret_expires_at: inAnHour / 1000 },
      { expires_at: iso, client_secret_expires_at: inAnHour / 1000 },
    ]) {
      const patched = await send('PATCH', path, body);
      assert.deepEqual([patched.status, patched.json()['expires_at']], [200, iso]);
    }
    for (const [body, pointer] of [
      [{ expires_at: 'tomorrow' }, '/expires_at'],
      [{ expires_at: '2031-01-01' }, '/expires_at'],
      [{ expires_at: '2031-02-30T99:00:00Z' }, '/expires_at'],
      [{ expires_at: new Date(clock.now()).toISOString() }, '/expires_at'],
      [{ expires_at: 1e15 }, '/expires_at'],
      [{ client_secret_expires_at: -1 }, '/client_secret_expires_at'],
      [{ expires_at: iso, client_secret_expires_at: 0 }, '/expires_at'],
      [{ last_four: 'abcd' }, '/last_four'],
    ] as const) {
      const answer = await send('PATCH', path, body);
      assert.equal(answer.status, 422, JSON.stringify(body));
      assert.deepEqual(pointersOf(answer), [pointer]);
    }
    assert.equal((await send('GET', path)).json()['expires_at'], iso);
    assert.equal((await send('PATCH', path, { expires_at: null })).json()['expires_at'], null);
    assert.equal((await send('PATCH', '/clients/expiry/secrets/none', {})).status, 404);
    assert.equal((await send('GET', '/clients/nobody/secrets')).status, 404);
    assert.equal((await send('POST', '/clients/nobody/secrets')).status, 404);
  });

  test('If-Match is heeded where it is sent: stale is 412 and changes nothing', async () => {
    await register('heeded');
    const [id] = itemsOf(await send('GET', '/clients/heeded/secrets'), 'secret_id');
    const path = `/clients/heeded/secrets/${String(id)}`;
    const stale = { 'if-match': '"c3RhbGU"' };
    const before = await send('GET', '/clients/heeded');
    assert.equal((await send('POST', '/clients/heeded/secrets', {}, stale)).status, 412);
    assert.equal((await send('PATCH', path, { expires_at: null }, stale)).status, 412);
    assert.equal((await send('DELETE', path, undefined, stale)).status, 412);
    const after = await send('GET', '/clients/heeded');
    assert.equal(after.headers.get('etag'), before.headers.get('etag'));
    const fresh = { 'if-match': before.headers.get('etag') ?? '' };
    assert.equal((await send('DELETE', path, undefined, fresh)).status, 204);
  });

  test('a chosen secret keeps the rules, counted in characters', async () => {
    await register('rules');
    const refused = ['x'.repeat(15), '😀'.repeat(15), 'x'.repeat(257), 'a tab\tinside it all'];
    refused.push('has rules inside it', 'half a pair \ud83d of it all', '');
    for (const secret of refused) {
      const answer = await send('POST', '/clients/rules/secrets', { client_secret: secret });
      assert.equal(answer.status, 422, secret);
      assert.deepEqual(pointersOf(answer), ['/client_secret']);
    }
    assert.equal(itemsOf(await send('GET', '/clients/rules/secrets'), 'secret_id').length, 1);
    const longest = '😀'.repeat(256);
    const added = await send('POST', '/clients/rules/secrets', { client_secret: longest });
    assert.equal(added.status, 201);
    assert.equal(added.json()['last_four'], '😀'.repeat(4));
    assert.equal(await verify('rules', longest), 'accepted');
  });
});

test('an expired secret is told from a wrong one, and makes room for a new one', async () => {
  const { send, clients, clock } = await openRegistry();
  const verifier = createSecretVerifier({ clock, random: randomBytes });
  const expiry = clock.now() / 1000 + 1;
  const made = await send('POST', '/clients', {
    client_id: 'old',
    client_secret_expires_at: expiry,
  });
  const secret = String(made.json()['client_secret']);
  const chosen = { client_secret: 'chosen by a person', client_secret_expires_at: expiry };
  await send('POST', '/clients/old/secrets', chosen);
  const read = async () => (await clients.store.read('old'))?.value;
  assert.equal(await verifier.verify(await read(), [secret]), 'accepted');
  assert.equal(await verifier.verify(await read(), ['chosen by a person']), 'accepted');
  clock.advance(1000);
  assert.equal(await verifier.verify(await read(), [secret]), 'expired');
  assert.equal(await verifier.verify(await read(), ['chosen by a person']), 'expired');
  assert.equal(await verifier.verify(await read(), ['something else']), 'wrong');
  assert.equal((await send('POST', '/clients/old/secrets')).status, 201);
  assert.equal(itemsOf(await send('GET', '/clients/old/secrets'), 'secret_id').length, 1);
});
