import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { createSecretVerifier } from '../../shared/registry/secret-verifier.ts';
import { itemsOf, openRegistry } from './registry.ts';

interface SecretView {
  readonly secret_id: string;
  readonly state: string;
}

void suite('rotation of a client’s secret', async () => {
  const { send, another, clients, clock } = await openRegistry();
  const verifier = createSecretVerifier({ clock, random: randomBytes });
  const register = async (id: string, more: object = {}): Promise<string> =>
    String((await send('POST', '/clients', { client_id: id, ...more })).json()['client_secret']);
  const verify = async (id: string, secret: string) =>
    verifier.verify((await clients.store.read(id))?.value, [secret]);
  const rotation = (id: string) => `/clients/${id}/secrets/rotation`;
  const start = async (id: string) => {
    const answer = await send('POST', rotation(id));
    assert.equal(answer.status, 201, answer.text);
    const { client_secret, current, next } = answer.json();
    return {
      secret: String(client_secret),
      current: current as SecretView,
      next: next as SecretView,
    };
  };

  test('starting shows a new secret once, and both are good; completing ends the old one', async () => {
    const old = await register('whole');
    const before = await send('GET', rotation('whole'));
    assert.equal(before.json()['rotating'], false);
    assert.equal(before.json()['next'], null);

    const started = await send('POST', rotation('whole'));
    assert.equal(started.status, 201);
    const { client_id, rotating, current, next, client_secret } = started.json();
    assert.deepEqual([client_id, rotating], ['whole', true]);
    const [from, to] = [current as SecretView, next as SecretView];
    assert.deepEqual([from.state, to.state], ['current', 'next']);
    assert.equal(
      started.headers.get('location'),
      `/registry/v1/clients/whole/secrets/${to.secret_id}`,
    );
    const secret = String(client_secret);
    assert.deepEqual(
      [await verify('whole', old), await verify('whole', secret)],
      ['accepted', 'accepted'],
    );
    const under = await send('GET', rotation('whole'));
    assert.equal(under.text.includes(secret), false);
    assert.equal(under.headers.get('etag'), started.headers.get('etag'));
    const listed = await send('GET', '/clients/whole/secrets');
    assert.deepEqual(itemsOf(listed, 'state').toSorted(), ['current', 'next']);

    const completed = await send('POST', `${rotation('whole')}/complete`);
    assert.equal(completed.status, 200);
    const left = completed.json();
    assert.deepEqual([left['rotating'], left['next']], [false, null]);
    assert.deepEqual((left['current'] as SecretView).secret_id, to.secret_id);
    assert.deepEqual(
      [await verify('whole', old), await verify('whole', secret)],
      ['wrong', 'accepted'],
    );
  });

  test('cancelling ends the new secret, and the old one goes on', async () => {
    const old = await register('cancelled');
    const { secret } = await start('cancelled');
    assert.equal((await send('DELETE', rotation('cancelled'))).status, 204);
    assert.deepEqual(
      [await verify('cancelled', old), await verify('cancelled', secret)],
      ['accepted', 'wrong'],
    );
    assert.equal((await send('DELETE', rotation('cancelled'))).status, 404);
    assert.equal(await verify('cancelled', old), 'accepted');
  });

  test('a secret added by hand is the new one of a rotation as well', async () => {
    const old = await register('by-hand');
    const added = (await send('POST', '/clients/by-hand/secrets')).json();
    assert.equal(added['state'], 'next');
    assert.equal((await send('POST', `${rotation('by-hand')}/complete`)).status, 200);
    assert.equal(await verify('by-hand', old), 'wrong');
    assert.equal(await verify('by-hand', String(added['client_secret'])), 'accepted');
  });

  test('a chosen secret and its expiry are taken, and what else comes is 422', async () => {
    await register('chosen');
    const body = {
      client_secret: 'a secret of sixteen and more',
      expires_at: '2031-01-01T00:00:00Z',
    };
    const started = await send('POST', rotation('chosen'), body);
    assert.equal(started.json()['client_secret'], body.client_secret);
    const next = started.json()['next'] as Record<string, unknown>;
    assert.deepEqual(
      [next['expires_at'], next['expires_in_days']],
      ['2031-01-01T00:00:00.000Z', 365],
    );
    const other = await send('POST', rotation('chosen'), { overlap: 3600 });
    assert.equal(other.status, 422);
    const wrong = await send('POST', `${rotation('chosen')}/complete`, { secret_id: 1 });
    assert.equal(wrong.status, 422);
  });

  test('starting twice is 409 and says what to do, and changes nothing', async () => {
    const old = await register('twice');
    const { secret } = await start('twice');
    const again = await send('POST', rotation('twice'));
    assert.equal(again.status, 409);
    assert.match(String(again.json()['detail']), /under way.*rotation\/complete.*DELETE/s);
    assert.deepEqual(
      [await verify('twice', old), await verify('twice', secret)],
      ['accepted', 'accepted'],
    );
  });

  test('without a secret that is alive there is nothing to rotate: 409', async () => {
    await register('lapsed', { client_secret_expires_at: clock.now() / 1000 + 1 });
    const keyed = { token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] };
    await send('POST', '/clients', {
      client_id: 'keyless',
      redirect_uris: ['https://app.example/'],
      ...keyed,
    });
    clock.advance(2000);
    const lapsed = await send('POST', rotation('lapsed'));
    assert.equal(lapsed.status, 409);
    assert.match(String(lapsed.json()['detail']), /nothing to rotate/);
    assert.ok((await send('POST', rotation('keyless'))).status >= 409);
    assert.equal((await send('GET', rotation('lapsed'))).json()['current'], null);
    assert.equal((await send('POST', rotation('nobody'))).status, 404);
  });

  test('completing without a rotation is 409; with the id of the secret that stays it may be sent again', async () => {
    const only = await register('again');
    const without = await send('POST', `${rotation('again')}/complete`);
    assert.equal(without.status, 409);
    assert.equal(await verify('again', only), 'accepted');

    const { next, secret } = await start('again');
    const meant = { secret_id: next.secret_id };
    for (let i = 0; i < 2; i += 1) {
      const completed = await send('POST', `${rotation('again')}/complete`, meant);
      assert.equal(completed.status, 200);
      assert.equal((completed.json()['current'] as SecretView).secret_id, next.secret_id);
    }
    assert.equal(await verify('again', secret), 'accepted');
    const later = await start('again');
    const stale = await send('POST', `${rotation('again')}/complete`, meant);
    assert.equal(stale.status, 409, 'meant for the rotation before');
    assert.equal(await verify('again', secret), 'accepted');
    assert.equal(await verify('again', later.secret), 'accepted');
  });

  test('If-Match holds a change against another one: 412, and nothing is changed (RFC 9110 section 13.1.1)', async () => {
    const old = await register('matched');
    const etag = (await send('GET', rotation('matched'))).headers.get('etag') ?? '';
    const { secret } = await start('matched');
    const stale = { 'if-match': etag };
    for (const [method, path] of [
      ['POST', `${rotation('matched')}/complete`],
      ['DELETE', rotation('matched')],
    ] as const) {
      assert.equal((await send(method, path, undefined, stale)).status, 412);
    }
    assert.deepEqual(
      [await verify('matched', old), await verify('matched', secret)],
      ['accepted', 'accepted'],
    );
  });

  test('of starts at the same moment on two instances one wins; complete and cancel never leave a client without a secret', async () => {
    await register('raced');
    const instances = [send, another().send];
    const starts = await Promise.all(instances.map((one) => one('POST', rotation('raced'))));
    assert.deepEqual(starts.map(({ status }) => status).sort(), [201, 409]);
    const ends = await Promise.all([
      instances[0]?.('POST', `${rotation('raced')}/complete`),
      instances[1]?.('DELETE', rotation('raced')),
    ]);
    const statuses = ends.map((answer) => answer?.status);
    assert.ok(
      (statuses[0] === 200 && statuses[1] === 404) || (statuses[0] === 409 && statuses[1] === 204),
      String(statuses),
    );
    assert.equal((await clients.store.read('raced'))?.value.secrets.length, 1);
  });

  test('each step is in the audit trail, with the id of the secret and never its text', async () => {
    await register('audited');
    clock.advance(1);
    const first = await start('audited');
    clock.advance(1);
    await send('DELETE', rotation('audited'));
    clock.advance(1);
    const second = await start('audited');
    clock.advance(1);
    await send('POST', `${rotation('audited')}/complete`);
    const trail = await send('GET', '/audit?object=audited');
    const items = trail.json()['items'] as { action: string; outcome: string; detail: string }[];
    assert.deepEqual(
      items
        .map(({ action, outcome, detail }) => [action, outcome, detail])
        .reverse()
        .slice(1),
      [
        ['secret.rotation.start', 'success', `secret ${first.next.secret_id}`],
        ['secret.rotation.cancel', 'success', `secret ${first.next.secret_id} has ended`],
        ['secret.rotation.start', 'success', `secret ${second.next.secret_id}`],
        ['secret.rotation.complete', 'success', `secret ${second.current.secret_id} has ended`],
      ],
    );
    for (const secret of [first.secret, second.secret]) {
      assert.equal(trail.text.includes(secret), false);
    }
  });

  test('who may only read sees the state of a rotation and changes nothing', async () => {
    const old = await register('read-only');
    const reader = { authorization: 'Bearer AuthGroup.ReadOnly' };
    assert.equal((await send('GET', rotation('read-only'), undefined, reader)).status, 200);
    for (const [method, path] of [
      ['POST', rotation('read-only')],
      ['POST', `${rotation('read-only')}/complete`],
      ['DELETE', rotation('read-only')],
    ] as const) {
      assert.equal((await send(method, path, undefined, reader)).status, 403);
    }
    assert.equal(await verify('read-only', old), 'accepted');
  });
});
