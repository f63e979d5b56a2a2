import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { itemsOf, openRegistry, subscriptions } from './registry.ts';

void suite('clients', { concurrency: true }, async () => {
  const { send, clients, roles, clock } = await openRegistry();

  test('registers a client with defaults, its secret shown once (RFC 7591 section 3.2.1)', async () => {
    const made = await send('POST', '/clients', { client_id: 'defaults' });
    assert.equal(made.status, 201);
    assert.equal(made.headers.get('location'), '/registry/v1/clients/defaults');
    assert.equal(made.headers.get('cache-control'), 'no-store');
    assert.match(made.headers.get('etag') ?? '', /^"[A-Za-z0-9_-]+"$/);
    const { client_secret: secret, client_secret_expires_at: expiry, ...view } = made.json();
    assert.match(String(secret), /^[A-Za-z0-9_-]{43}$/);
    assert.equal(expiry, 0);
    const time = new Date(clock.now()).toISOString();
    assert.deepEqual(view, {
      client_id: 'defaults',
      client_id_issued_at: clock.now() / 1000,
      client_name: 'defaults',
      description: '',
      subscription: subscriptions.iflmap,
      grant_types: ['client_credentials'],
      scope: '',
      redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_basic',
      tls_client_certificate_bound_access_tokens: false,
      dpop_bound_access_tokens: false,
      require_pushed_authorization_requests: false,
      skip_consent: false,
      access_token_lifetime: 3600,
      refresh_token_lifetime: 43_200,
      allowed_origins: [],
      enabled: true,
      created_at: time,
      updated_at: time,
    });
    const read = await send('GET', '/clients/defaults');
    assert.equal(read.status, 200);
    assert.equal(read.headers.get('etag'), made.headers.get('etag'));
    assert.deepEqual(read.json(), view);
    const stored = (await clients.store.read('defaults'))?.value.secrets[0];
    assert.equal(stored?.kind, 'sha256');
    assert.equal(JSON.stringify(stored).includes(String(secret)), false);
  });

  test('makes an id where none is given', async () => {
    const made = await send('POST', '/clients', { client_name: 'Partner' });
    assert.equal(made.status, 201);
    const id = String(made.json()['client_id']);
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.equal((await send('GET', `/clients/${id}`)).json()['client_name'], 'Partner');
  });

  test('takes a chosen secret, shows it once and stores only its scrypt hash', async () => {
    const secret = 'pässwörd with ☂ + % : 1';
    const made = await send('POST', '/clients', {
      client_id: 'chosen',
      client_secret: secret,
      client_secret_expires_at: clock.now() / 1000 + 60,
    });
    assert.equal(made.status, 201);
    assert.equal(made.json()['client_secret'], secret);
    assert.equal(made.json()['client_secret_expires_at'], clock.now() / 1000 + 60);
    const stored = (await clients.store.read('chosen'))?.value.secrets[0];
    assert.equal(stored?.kind, 'scrypt');
    assert.equal(stored.expiresAt, clock.now() + 60_000);
    for (const path of ['/clients/chosen', '/clients/chosen/secrets', '/clients?q=chosen']) {
      const { text } = await send('GET', path);
      assert.equal(text.includes(stored.hash) || text.includes('pässwörd'), false, path);
    }
  });

  test('of two registrations of one id at once, one is made and one is 409', async () => {
    const both = await Promise.all([
      send('POST', '/clients', { client_id: 'twice', client_name: 'A' }),
      send('POST', '/clients', { client_id: 'twice', client_name: 'B' }),
    ]);
    assert.deepEqual(both.map((answer) => answer.status).sort(), [201, 409]);
    const winner = both.find((answer) => answer.status === 201);
    const refused = both.find((answer) => answer.status === 409);
    assert.equal(refused?.headers.get('content-type'), 'application/problem+json');
    assert.equal(refused.json()['reason'], 'conflict');
    assert.equal(refused.text.includes('client_secret'), false);
    const stored = await send('GET', '/clients/twice');
    assert.equal(stored.json()['client_name'], winner?.json()['client_name']);
  });

  test('ids are case-sensitive', async () => {
    assert.equal((await send('POST', '/clients', { client_id: 'Case' })).status, 201);
    assert.equal((await send('GET', '/clients/case')).status, 404);
    assert.equal((await send('POST', '/clients', { client_id: 'case' })).status, 201);
  });

  test('PUT replaces the settings, keeps secrets, and takes back what GET returned', async () => {
    const made = await send('POST', '/clients', {
      client_id: 'put',
      description: 'before',
      scope: 'a b',
    });
    const secrets = (await send('GET', '/clients/put/secrets')).json();
    const view = (await send('GET', '/clients/put')).json();
    const put = await send(
      'PUT',
      '/clients/put',
      { ...view, scope: 'c  a c' },
      { 'if-match': made.headers.get('etag') ?? '' },
    );
    assert.equal(put.status, 200);
    assert.deepEqual(put.json(), { ...view, scope: 'c a' });
    assert.notEqual(put.headers.get('etag'), made.headers.get('etag'));
    const bare = await send('PUT', '/clients/put', {}, { 'if-match': '*' });
    assert.deepEqual(
      [bare.json()['description'], bare.json()['scope'], bare.json()['client_name']],
      ['', '', 'put'],
    );
    assert.deepEqual((await send('GET', '/clients/put/secrets')).json(), secrets);
  });

  test('PATCH merges, and null sets back to the default (RFC 7396)', async () => {
    await send('POST', '/clients', {
      client_id: 'patch',
      description: 'stays',
      access_token_lifetime: 60,
      redirect_uris: ['https://a.example/cb'],
    });
    const patched = await send(
      'PATCH',
      '/clients/patch',
      '{"access_token_lifetime":null,"enabled":false,"redirect_uris":[]}',
      { 'if-match': '*', 'content-type': 'application/merge-patch+json' },
    );
    assert.equal(patched.status, 200);
    const view = patched.json();
    assert.equal(view['access_token_lifetime'], 3600);
    assert.equal(view['enabled'], false);
    assert.equal(view['description'], 'stays');
    assert.deepEqual(view['redirect_uris'], []);
    assert.deepEqual((await send('GET', '/clients/patch')).json(), view);
  });

  test('change and deletion take If-Match: 428 without, 412 when stale, and change nothing', async () => {
    const made = await send('POST', '/clients', { client_id: 'etag' });
    const first = made.headers.get('etag') ?? '';
    await send('PATCH', '/clients/etag', { description: 'second' }, { 'if-match': first });
    const before = await send('GET', '/clients/etag');
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const body = method === 'DELETE' ? undefined : { description: 'third' };
      const without = await send(method, '/clients/etag', body);
      assert.equal(without.status, 428, method);
      assert.equal(without.json()['reason'], 'precondition_required');
      for (const stale of [first, `W/${before.headers.get('etag') ?? ''}`, '"made-up"', '"~"']) {
        const answer = await send(method, '/clients/etag', body, { 'if-match': stale });
        assert.equal(answer.status, 412, `${method} ${stale}`);
        assert.equal(answer.json()['reason'], 'precondition_failed');
      }
      const bad = await send(method, '/clients/etag', body, { 'if-match': 'unquoted' });
      assert.equal(bad.status, 400);
    }
    const after = await send('GET', '/clients/etag');
    assert.deepEqual(after.json(), before.json());
    assert.equal(after.headers.get('etag'), before.headers.get('etag'));
    const among = `"other", ${before.headers.get('etag') ?? ''}`;
    assert.equal(
      (await send('DELETE', '/clients/etag', undefined, { 'if-match': among })).status,
      204,
    );
  });

  test('If-None-Match: 304 for what the caller has, 412 for a change of it (RFC 9110 section 13.1.2)', async () => {
    const made = await send('POST', '/clients', { client_id: 'conditional' });
    const etag = made.headers.get('etag') ?? '';
    const path = '/clients/conditional';
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const answer = await send('GET', path, undefined, { 'if-none-match': known });
      assert.deepEqual([answer.status, answer.text], [304, ''], known);
      assert.equal(answer.headers.get('etag'), etag);
      const conditions = { 'if-match': '*', 'if-none-match': known };
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        assert.equal((await send(method, path, {}, conditions)).status, 412, method);
      }
    }
    const other = await send('GET', path, undefined, { 'if-none-match': '"other"' });
    assert.deepEqual([other.status, other.headers.get('etag')], [200, etag]);
    const conditions = { 'if-match': etag, 'if-none-match': '"other"' };
    assert.equal((await send('DELETE', path, undefined, conditions)).status, 204);
  });

  test('of two changes of one version at once, one is made and one is 412', async () => {
    const made = await send('POST', '/clients', { client_id: 'race' });
    const headers = { 'if-match': made.headers.get('etag') ?? '' };
    const both = await Promise.all([
      send('PATCH', '/clients/race', { description: 'A' }, headers),
      send('PATCH', '/clients/race', { description: 'B' }, headers),
    ]);
    assert.deepEqual(both.map((answer) => answer.status).sort(), [200, 412]);
    const winner = both.find((answer) => answer.status === 200);
    assert.deepEqual((await send('GET', '/clients/race')).json(), winner?.json());
  });

  test('changes meant for any version do not lose each other', async () => {
    await send('POST', '/clients', { client_id: 'any' });
    const answers = await Promise.all([
      send('PATCH', '/clients/any', { description: 'D' }, { 'if-match': '*' }),
      send('PATCH', '/clients/any', { client_name: 'N' }, { 'if-match': '*' }),
      send('PATCH', '/clients/any', { scope: 's' }, { 'if-match': '*' }),
    ]);
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [200, 200, 200],
    );
    const view = (await send('GET', '/clients/any')).json();
    assert.deepEqual([view['description'], view['client_name'], view['scope']], ['D', 'N', 's']);
  });

  test('an unknown client is 404 for every method', async () => {
    for (const id of ['nobody', 'a%2Fb', '%23', 'x'.repeat(500), '%F0%9F%98%80']) {
      assert.equal((await send('GET', `/clients/${id}`)).status, 404, id);
      for (const headers of [undefined, { 'if-match': '*' }]) {
        for (const method of ['PUT', 'PATCH', 'DELETE']) {
          const body = method === 'DELETE' ? undefined : {};
          const answer = await send(method, `/clients/${id}`, body, headers);
          assert.equal(answer.status, 404, `${method} ${id}`);
        }
      }
    }
  });

  test('deletion takes the assignments of its user along, so that a successor inherits none', async () => {
    const user = 'oauth_client_gone';
    await send('POST', '/clients', { client_id: 'gone' });
    const ours = [
      `/subscriptions/${subscriptions.iflmap}/roles/ESBMessaging.send/users/${user}`,
      `/subscriptions/${subscriptions.tmn}/roles/AuthGroup.ReadOnly/users/${user}`,
    ];
    for (const path of ours) assert.equal((await send('PUT', path)).status, 204);
    const other = `/subscriptions/${subscriptions.iflmap}/roles/ESBMessaging.send/users/${user}2`;
    await send('PUT', other);
    assert.deepEqual(
      [...(await roles.directory.rolesOf(subscriptions.iflmap, user))],
      ['ESBMessaging.send'],
    );
    const answer = await send('DELETE', '/clients/gone', undefined, { 'if-match': '*' });
    assert.equal(answer.status, 204);
    assert.equal((await send('GET', '/clients/gone')).status, 404);
    assert.equal(await clients.directory.find('gone'), undefined);
    assert.equal((await roles.directory.rolesOf(subscriptions.iflmap, user)).size, 0);
    for (const path of ours) assert.equal((await send('GET', path)).status, 404);
    assert.equal((await send('GET', other)).status, 200);
    assert.equal((await send('POST', '/clients', { client_id: 'gone' })).status, 201);
  });

  test('a stale deletion takes no role', async () => {
    const path = `/subscriptions/${subscriptions.iflmap}/roles/ESBMessaging.send/users/oauth_client_keeps`;
    await send('POST', '/clients', { client_id: 'keeps' });
    await send('PUT', path);
    const answer = await send('DELETE', '/clients/keeps', undefined, { 'if-match': '"c3RhbGU"' });
    assert.equal(answer.status, 412);
    assert.equal((await send('GET', path)).status, 200);
    assert.equal((await send('GET', '/clients/keeps')).json()['enabled'], true);
  });

  test('a deletion that is cut short leaves a disabled client that can be deleted again', async () => {
    const { deleteClient } = await import('../../shared/registry/change-client.ts');
    await send('POST', '/clients', { client_id: 'cut' });
    const failing = {
      clients: clients.store,
      roles: { ...roles.store, unassignAll: () => Promise.reject(new Error('killed')) },
    };
    await assert.rejects(deleteClient(failing, ['acmeiflmap'], 'cut', 'any'), /killed/);
    assert.equal((await send('GET', '/clients/cut')).json()['enabled'], false);
    const again = await send('DELETE', '/clients/cut', undefined, { 'if-match': '*' });
    assert.equal(again.status, 204);
  });

  test('two deletions at once both end with the client gone', async () => {
    await send('POST', '/clients', { client_id: 'both' });
    const both = await Promise.all(
      [1, 2].map(() => send('DELETE', '/clients/both', undefined, { 'if-match': '*' })),
    );
    assert.ok(both.every((answer) => [204, 404].includes(answer.status)));
    assert.ok(both.some((answer) => answer.status === 204));
    assert.equal((await send('GET', '/clients/both')).status, 404);
  });
});

void suite('the list of clients', { concurrency: true }, async () => {
  const { send } = await openRegistry();
  const ids = ['.dot', 'A', 'Zed', '_', 'a', 'b-1', 'b.1', 'zebra', '~'].sort();
  for (const id of ids) {
    await send('POST', '/clients', { client_id: id, client_name: `Name of ${id}` });
  }

  test('pages through all clients in the order of their ids', async () => {
    const seen: unknown[] = [];
    let path = '/clients?limit=4';
    for (let pages = 0; pages < 10; pages += 1) {
      const answer = await send('GET', path);
      assert.equal(answer.status, 200);
      seen.push(...itemsOf(answer, 'client_id'));
      const cursor = answer.json()['next_cursor'];
      if (typeof cursor !== 'string') break;
      path = `/clients?limit=4&cursor=${cursor}`;
    }
    assert.deepEqual(seen, ids);
  });

  test('q finds by id and by name in any case, and pages', async () => {
    assert.deepEqual(itemsOf(await send('GET', '/clients?q=ZE'), 'client_id'), ['Zed', 'zebra']);
    const first = await send('GET', '/clients?q=name%20OF&limit=5');
    assert.deepEqual(itemsOf(first, 'client_id'), ids.slice(0, 5));
    const cursor = String(first.json()['next_cursor']);
    const second = await send('GET', `/clients?q=name%20OF&limit=5&cursor=${cursor}`);
    assert.deepEqual(itemsOf(second, 'client_id'), ids.slice(5));
    assert.equal(second.json()['next_cursor'], null);
    assert.deepEqual((await send('GET', '/clients?q=nothing')).json(), {
      items: [],
      next_cursor: null,
    });
  });

  test('refuses a bad limit, a repeated one, and a cursor that is not its own', async () => {
    const cursor = String((await send('GET', '/clients?limit=1')).json()['next_cursor']);
    for (const query of [
      ...['0', '-1', '201', 'x', '', '1.5', '1e1'].map((limit) => `limit=${limit}`),
      'limit=1&limit=1',
      ...['x', '', '.', `${cursor}x`, `x${cursor}`, '%00', 'YQ.AAAAAAAA'].map((c) => `cursor=${c}`),
      `q=a&cursor=${cursor}`,
      `q=${'x'.repeat(257)}`,
    ]) {
      const answer = await send('GET', `/clients?${query}`);
      assert.equal(answer.status, 400, query);
      assert.equal(answer.json()['reason'], 'invalid_query', query);
    }
    assert.equal((await send('GET', '/clients?limit=200')).status, 200);
  });
});
