import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { itemsOf, openRegistry, pointersOf, subscriptions } from '../registry.ts';

const ANY = { 'if-match': '*' };

void suite('users', { concurrency: true }, async () => {
  const { send, call, users, ended, clock, another, log } = await openRegistry();

  test('a user is made with a password of ours, which is shown once, or of the administrator', async () => {
    const made = await send('POST', '/users', { user: 'anna', email: 'anna@example.com' });
    assert.equal(made.status, 201);
    assert.equal(made.headers.get('location'), '/registry/v1/users/anna');
    const { password, ...view } = made.json();
    assert.match(String(password), /^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
    assert.deepEqual(view, {
      user: 'anna',
      display_name: 'anna',
      email: 'anna@example.com',
      enabled: true,
      must_change_password: true,
      upstream_issuer: null,
      upstream_subject: null,
      created_at: new Date(clock.now()).toISOString(),
      updated_at: new Date(clock.now()).toISOString(),
      last_sign_in_at: null,
    });
    const got = await send('GET', '/users/anna');
    assert.deepEqual(got.json(), view);
    assert.equal(got.headers.get('etag'), made.headers.get('etag'));

    const chosen = await send('POST', '/users', { user: 'ben', password: 'zwölf Zeichen ✓' });
    assert.equal(chosen.status, 201);
    assert.equal('password' in chosen.json(), false);
    const stored = (await users.read('ben'))?.value.credential;
    assert.equal(stored?.kind, 'password');
    assert.equal(JSON.stringify(stored).includes('zwölf'), false);
    for (const path of ['/users/ben', '/users', '/users?q=ben']) {
      assert.equal((await send('GET', path)).text.includes(stored.hash), false);
    }
  });

  test('names that nobody may have are refused, those of clients first of all, and nothing is made', async () => {
    const names = [
      'oauth_client_app',
      'OAuth_Client_x',
      'system',
      '-a',
      '',
      'a b',
      'ä',
      'a/b',
      'x'.repeat(201),
      7,
    ];
    for (const user of names) {
      const answer = await send('POST', '/users', { user });
      assert.deepEqual([answer.status, pointersOf(answer)], [422, ['/user']], String(user));
    }
    assert.equal((await send('POST', '/users', {})).status, 422);
    assert.equal((await send('GET', '/users/oauth_client_app')).status, 404);
  });

  test('passwords have 12 to 256 characters, no control characters, and not the user name', async () => {
    const bad = [
      'short',
      'x'.repeat(257),
      'with\ttab and more',
      'my name is CARL ok',
      '\ud800 half a surrogate',
      5,
    ];
    for (const password of bad) {
      const answer = await send('POST', '/users', { user: 'carl', password });
      assert.deepEqual([answer.status, pointersOf(answer)], [422, ['/password']]);
      if (typeof password === 'string') assert.equal(answer.text.includes(password), false);
    }
    assert.equal((await send('GET', '/users/carl')).status, 404);
    const emoji = await send('POST', '/users', { user: 'carl', password: '🙂'.repeat(12) });
    assert.equal(emoji.status, 201);
  });

  test('other members are checked, every fault is named, and unknown ones are refused', async () => {
    const answer = await send('POST', '/users', {
      user: 'dora',
      display_name: ' ',
      email: 'nobody',
      enabled: 'yes',
      roles: [],
    });
    assert.equal(answer.status, 422);
    assert.deepEqual(pointersOf(answer).toSorted(), [
      '/display_name',
      '/email',
      '/enabled',
      '/roles',
    ]);
  });

  test('no two names differ only in case; an address is exact and says what there is', async () => {
    assert.equal((await send('POST', '/users', { user: 'Emil' })).status, 201);
    const second = await send('POST', '/users', { user: 'emil' });
    assert.deepEqual([second.status, second.json()['reason']], [409, 'conflict']);
    const other = await send('GET', '/users/EMIL');
    assert.equal(other.status, 404);
    assert.match(String(other.json()['detail']), /there is Emil/);
    assert.equal((await send('DELETE', '/users/EMIL', undefined, ANY)).status, 404);
    assert.equal((await send('GET', '/users/Emil')).status, 200);
  });

  test('PUT replaces, PATCH merges (RFC 7396), both want If-Match and keep the password', async () => {
    const made = await send('POST', '/users', {
      user: 'fritz',
      display_name: 'Fritz',
      email: 'f@x.y',
    });
    const before = (await users.read('fritz'))?.value;
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const body = method === 'DELETE' ? undefined : {};
      const path = '/users/fritz';
      assert.equal((await send(method, path, body)).status, 428, method);
      const stale = await send(method, path, body, { 'if-match': '"c3RhbGU"' });
      assert.equal(stale.status, 412, method);
      const known = { ...ANY, 'if-none-match': made.headers.get('etag') ?? '' };
      assert.equal((await send(method, path, body, known)).status, 412, method);
    }
    const etag = { 'if-match': made.headers.get('etag') ?? '' };
    const patched = await send('PATCH', '/users/fritz', { display_name: null }, etag);
    assert.deepEqual([patched.status, patched.json()['display_name']], [200, 'fritz']);
    assert.equal(patched.json()['email'], 'f@x.y');
    const put = await send('PUT', '/users/fritz', { ...patched.json(), email: null }, ANY);
    assert.deepEqual([put.status, put.json()['email']], [200, null]);
    const renamed = await send('PUT', '/users/fritz', { user: 'franz' }, ANY);
    assert.deepEqual(pointersOf(renamed), ['/user']);
    const password = await send('PATCH', '/users/fritz', { password: 'another one, longer' }, ANY);
    assert.deepEqual(pointersOf(password), ['/password']);
    assert.match(password.text, /POST it to …\/users\/\{user\}\/password/);
    const after = (await users.read('fritz'))?.value;
    assert.deepEqual(after?.credential, before?.credential);
    assert.equal(after?.sessionKey, before?.sessionKey);
    assert.equal(ended.includes('fritz'), false);
  });

  test('disabling ends sessions and grants, and again is no error', async () => {
    await send('POST', '/users', { user: 'gina' });
    const before = (await users.read('gina'))?.value;
    const disabled = await send('PATCH', '/users/gina', { enabled: false }, ANY);
    assert.deepEqual([disabled.status, disabled.json()['enabled']], [200, false]);
    assert.notEqual((await users.read('gina'))?.value.sessionKey, before?.sessionKey);
    await send('PATCH', '/users/gina', { enabled: false }, ANY);
    assert.equal(ended.filter((user) => user === 'gina').length, 2);
  });

  test('a password set by an administrator has to be changed, and ends sessions and grants', async () => {
    await send('POST', '/users', { user: 'hans', password: 'the very first one' });
    const before = (await users.read('hans'))?.value;
    const path = '/users/hans/password';
    assert.equal((await send('POST', path, { password: 'short' })).status, 422);
    assert.equal((await send('POST', path, { pass: 'x' })).status, 422);
    assert.equal((await send('POST', path, {}, { 'if-match': '"c3RhbGU"' })).status, 412);
    assert.deepEqual((await users.read('hans'))?.value, before);
    assert.equal(ended.includes('hans'), false);
    const answer = await send('POST', path);
    assert.equal(answer.status, 200);
    assert.equal(ended.filter((user) => user === 'hans').length, 1);
    assert.match(String(answer.json()['password']), /^[a-z2-9-]{23}$/);
    assert.equal(answer.json()['must_change_password'], true);
    const after = (await users.read('hans'))?.value;
    assert.notEqual(after?.sessionKey, before?.sessionKey);
    assert.notDeepEqual(after?.credential, before?.credential);
    const chosen = await send('POST', path, { password: 'one that was chosen' });
    assert.equal('password' in chosen.json(), false);
    assert.equal((await send('POST', '/users/nobody/password')).status, 404);
  });

  test('who signs in upstream has no password here, and gets none', async () => {
    await users.create({
      user: 'ida',
      displayName: 'Ida',
      email: undefined,
      enabled: true,
      credential: { kind: 'upstream', issuer: 'https://idp.example', subject: 's-1' },
      sessionKey: 'k',
      createdAt: 0,
      updatedAt: 0,
      lastSignInAt: undefined,
    });
    await users.noteSignIn('ida', 1000);
    const view = (await send('GET', '/users/ida')).json();
    assert.equal(view['upstream_issuer'], 'https://idp.example');
    assert.equal(view['upstream_subject'], 's-1');
    assert.equal(view['last_sign_in_at'], '1970-01-01T00:00:01.000Z');
    assert.equal((await send('POST', '/users/ida/password')).status, 409);
    assert.equal((await users.read('ida'))?.value.credential.kind, 'upstream');
    assert.equal(ended.includes('ida'), false);
  });

  test('deletion takes roles, sessions and grants along, so that a successor inherits none', async () => {
    await send('POST', '/users', { user: 'jana' });
    const role = `/subscriptions/${subscriptions.iflmap}/roles/ESBMessaging.send/users/jana`;
    assert.equal((await send('PUT', role)).status, 204);
    assert.equal((await send('DELETE', '/users/jana', undefined, ANY)).status, 204);
    assert.equal((await send('GET', '/users/jana')).status, 404);
    assert.equal((await send('GET', role)).status, 404);
    assert.ok(ended.includes('jana'));
    assert.equal((await send('DELETE', '/users/jana', undefined, ANY)).status, 404);
    assert.equal((await send('POST', '/users', { user: 'jana' })).status, 201);
  });

  test('a deletion that is cut short leaves a disabled user that can be deleted again', async () => {
    const { deleteUser } = await import('../../../shared/registry/users/change-user.ts');
    const { roles } = another();
    await send('POST', '/users', { user: 'kurt' });
    const failing = {
      users,
      roles: roles.store,
      userAccess: { endAll: () => Promise.reject(new Error('killed')) },
      random: (size: number) => Buffer.alloc(size),
    };
    await assert.rejects(deleteUser(failing, ['acmeiflmap'], 'kurt', 'any'), /killed/);
    assert.equal((await send('GET', '/users/kurt')).json()['enabled'], false);
    assert.equal((await send('DELETE', '/users/kurt', undefined, ANY)).status, 204);
  });

  test('of two of one name made at once, one is made; changes for any version do not lose each other', async () => {
    const both = await Promise.all(
      ['Lena', 'lena'].map((user) => send('POST', '/users', { user })),
    );
    assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409]);
    const made = both.find(({ status }) => status === 201);
    const path = `/users/${String(made?.json()['user'])}`;
    await Promise.all([
      send('PATCH', path, { display_name: 'D' }, ANY),
      send('PATCH', path, { email: 'a@b.c' }, ANY),
      users.noteSignIn('lena', 5000),
    ]);
    const view = (await send('GET', path)).json();
    assert.deepEqual([view['display_name'], view['email']], ['D', 'a@b.c']);
    assert.equal(view['last_sign_in_at'], '1970-01-01T00:00:05.000Z');
  });

  test('only an administrator changes users; every change is in the audit trail, without the password', async () => {
    const headers = { authorization: 'Bearer AuthGroup.ReadOnly' };
    const refused = await call({ method: 'POST', path: '/users', body: { user: 'max' }, headers });
    assert.equal(refused.status, 403);
    assert.equal((await call({ path: '/users', headers })).status, 200);
    assert.equal((await send('GET', '/users/max')).status, 404);

    await send('POST', '/users', { user: 'mona', password: 'a password of mona2' });
    await send('POST', '/users', { user: 'nora', password: 'a password of her own' });
    await send('PATCH', '/users/nora', { enabled: false }, ANY);
    await send('POST', '/users/nora/password', { password: 'a password of her own' });
    await send('DELETE', '/users/nora', undefined, ANY);
    const told: string[] = [];
    for await (const record of log.scan(0, clock.now() + 1)) {
      for (const { object, action, outcome } of record.entries) {
        if (object.name === 'nora' && outcome === 'success') told.push(action);
      }
      assert.equal(JSON.stringify(record.entries).includes('of her own'), false);
    }
    assert.deepEqual(told.sort(), ['user.create', 'user.delete', 'user.disable', 'user.password']);
  });
});

void suite('the list of users', async () => {
  const { send } = await openRegistry();

  test('is in the order of names in lower case, in pages, and searched in name, display name and address', async () => {
    const names = ['b.b', 'Anna', 'a1', 'zoe', 'C'];
    for (const user of names) {
      await send('POST', '/users', {
        user,
        display_name: `${user} x`,
        email: `${user}@Example.org`,
      });
    }
    const found: unknown[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await send('GET', `/users?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      found.push(...itemsOf(page, 'user'));
      cursor = page.json()['next_cursor'] as string | null;
    }
    assert.deepEqual(found, ['a1', 'Anna', 'b.b', 'C', 'zoe']);
    assert.deepEqual(itemsOf(await send('GET', '/users?q=ANNA'), 'user'), ['Anna']);
    assert.deepEqual(itemsOf(await send('GET', '/users?q=zoe%40example'), 'user'), ['zoe']);
    assert.equal((await send('GET', `/users?q=${'x'.repeat(257)}`)).status, 400);
  });
});
