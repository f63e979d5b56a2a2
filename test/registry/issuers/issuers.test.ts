import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeIssuerKey, startOtherIssuer } from '../../support/other-issuer.ts';
import { itemsOf, openRegistry, OWN_ISSUER, pointersOf, subscriptions } from '../registry.ts';

const ISS = 'https://idp.example';
const some = (changes: Readonly<Record<string, unknown>> = {}) => ({
  issuer: ISS,
  audience: ['api://flowgate'],
  user_claim: 'sub',
  ...changes,
});

void suite('trusted issuers', { concurrency: true }, async () => {
  const { send, issuers, clock } = await openRegistry();
  let made = 0;
  /** One of its own, so that none overlaps with another. */
  const create = async (id: string, changes: Readonly<Record<string, unknown>> = {}) => {
    made += 1;
    const body = some({ issuer: `${ISS}/${made}`, ...changes, issuer_id: id });
    const answer = await send('POST', '/issuers', body);
    assert.equal(answer.status, 201, answer.text);
    return answer;
  };

  test('an issuer is registered with defaults: its metadata is looked for below its address', async () => {
    const body = some({ issuer_id: 'defaults', issuer: `${ISS}/tenant/` });
    const answer = await send('POST', '/issuers', body);
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.headers.get('location'), '/registry/v1/issuers/defaults');
    assert.match(answer.headers.get('etag') ?? '', /^"[A-Za-z0-9_-]+"$/);
    const time = new Date(clock.now()).toISOString();
    assert.deepEqual(answer.json(), {
      issuer_id: 'defaults',
      issuer: `${ISS}/tenant/`,
      name: 'defaults',
      description: '',
      discovery: `${ISS}/tenant/.well-known/openid-configuration`,
      audience: ['api://flowgate'],
      subscription: subscriptions.iflmap,
      use: ['direct'],
      enabled: true,
      require_at_jwt: false,
      required_claims: [],
      client_rules: [],
      user_claim: 'sub',
      user_prefix: 'defaults:',
      role_rules: [],
      created_at: time,
      updated_at: time,
    });
    const read = await send('GET', '/issuers/defaults');
    assert.equal(read.status, 200);
    assert.deepEqual(read.json(), answer.json());
    assert.equal(read.headers.get('etag'), answer.headers.get('etag'));
  });

  test('everything that was set is kept and read back', async () => {
    const settings = {
      name: 'Entra ID',
      description: 'Partners',
      jwks_uri: 'https://login.example/keys?appid=1',
      audience: ['1', 'api://2'],
      subscription: subscriptions.tmn,
      use: ['direct', 'exchange'],
      enabled: false,
      require_at_jwt: true,
      required_claims: [{ claim: 'idtyp', value: 'app' }, { claim: 'azp' }],
      client_rules: [{ claim: 'azp', value: 'guid', client_id: 'partner' }],
      user_claim: '/preferred/name',
      user_prefix: 'entra:',
      role_claim: 'roles',
      role_rules: [{ value: 'Flowgate.Admin', role: 'AuthGroup.Administrator' }],
    };
    const answer = (await create('everything', settings)).json();
    for (const [name, value] of Object.entries(settings)) assert.deepEqual(answer[name], value);
    assert.equal('discovery' in answer, false);
    const { etag } = (await issuers.store.read('everything')) ?? {};
    const again = await send('PUT', '/issuers/everything', answer, { 'if-match': etag ?? '' });
    assert.equal(again.status, 200, again.text);
    const withoutTime = (issuer: object) => ({ ...issuer, updated_at: undefined });

    assert.deepEqual(withoutTime(again.json()), withoutTime(answer));
  });

  test('PUT replaces, PATCH merges (RFC 7396), both need If-Match: 428 without, 412 when stale', async () => {
    const first = await create('changed', {
      role_claim: 'roles',
      role_rules: [{ value: 'a', role: 'b' }],
    });
    const path = '/issuers/changed';
    const etag = first.headers.get('etag') ?? '';
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const body = method === 'DELETE' ? undefined : some();
      assert.equal((await send(method, path, body)).status, 428, method);
      assert.equal((await send(method, path, body, { 'if-match': '"old"' })).status, 412, method);
      assert.equal((await send(method, '/issuers/none', body, { 'if-match': '*' })).status, 404);
    }
    const patched = await send(
      'PATCH',
      path,
      { jwks_uri: `${ISS}/keys`, discovery: null, role_claim: null, role_rules: null },
      { 'if-match': etag },
    );
    assert.equal(patched.status, 200, patched.text);
    assert.equal(patched.json()['jwks_uri'], `${ISS}/keys`);
    assert.equal('discovery' in patched.json(), false);
    assert.deepEqual(patched.json()['role_rules'], []);
    assert.equal((await send('PATCH', path, { name: 'x' }, { 'if-match': etag })).status, 412);
    const put = await send('PUT', path, some({ issuer: `${ISS}/put` }), { 'if-match': '*' });
    assert.equal(put.status, 200, put.text);
    assert.equal(put.json()['discovery'], `${ISS}/put/.well-known/openid-configuration`);
    assert.equal((await send('DELETE', path, undefined, { 'if-match': '*' })).status, 204);
    assert.equal((await send('GET', path)).status, 404);
  });

  test('each invalid member is 422 with its pointer, and nothing is stored', async () => {
    const refusals: readonly [string, Readonly<Record<string, unknown>>][] = [
      ['/issuer_id', { issuer_id: 'Entra' }],
      ['/issuer_id', { issuer_id: '' }],
      ['/issuer_id', { issuer_id: undefined }],
      ['/issuer', { issuer: undefined }],
      ['/issuer', { issuer: 'a b' }],
      ['/issuer', { issuer: OWN_ISSUER }],
      ['/audience', { audience: undefined }],
      ['/audience', { audience: [] }],
      ['/audience/0', { audience: [''] }],
      ['/discovery', { discovery: 'http://idp.example/.well-known/openid-configuration' }],
      ['/discovery', { discovery: 'https://169.254.169.254/metadata' }],
      ['/discovery', { discovery: 'https://[::ffff:127.0.0.1]/' }],
      ['/jwks_uri', { jwks_uri: 'https://2130706434/keys' }],
      ['/jwks_uri', { jwks_uri: 'https://a.example/k', discovery: 'https://a.example/d' }],
      ['/subscription', { subscription: 'nowhere' }],
      ['/use', { use: [] }],
      ['/use/0', { use: ['all'] }],
      ['/enabled', { enabled: 'yes' }],
      ['/user_claim', { user_claim: undefined }],
      ['/user_claim', { user_claim: '' }],
      ['/user_prefix', { user_prefix: 'oauth_client_' }],
      ['/user_prefix', { user_prefix: 'OAuth_Client_x' }],
      ['/user_prefix', { user_prefix: '/' }],
      ['/client_rules/0/client_id', { client_rules: [{ claim: 'azp', client_id: 'a b' }] }],
      ['/client_rules/0/claim', { client_rules: [{ value: 'x', client_id: 'a' }] }],
      ['/client_rules/0', { client_rules: [{ claim: 'a', client_id: 'b', user: 'c' }] }],
      ['/role_rules', { role_claim: 'roles' }],
      ['/role_rules/0/role', { role_claim: 'r', role_rules: [{ value: 'a', role: 'b c' }] }],
      ['/required_claims', { required_claims: {} }],
      ['/jwks', { jwks: { keys: [] } }],
      [
        '',
        {
          description: 'x'.repeat(2000),
          client_rules: Array.from({ length: 200 }, (_, i) => ({
            claim: 'c'.repeat(200),
            value: `${i}${'v'.repeat(200)}`,
            client_id: 'i',
          })),
        },
      ],
    ];
    for (const [pointer, changes] of refusals) {
      const answer = await send('POST', '/issuers', some({ issuer_id: 'refused', ...changes }));
      assert.equal(answer.status, 422, `${JSON.stringify(changes).slice(0, 200)} ${answer.text}`);
      assert.equal(answer.headers.get('content-type'), 'application/problem+json');
      assert.deepEqual(pointersOf(answer), [pointer], answer.text);
    }
    assert.equal(await issuers.store.read('refused'), undefined);
  });

  test('an id, and tokens that another entry takes, are taken once: 409', async () => {
    await create('first', { issuer: 'https://shared.example', audience: ['a', 'b'] });
    const same = some({ issuer_id: 'first', issuer: 'https://new.example' });
    assert.equal((await send('POST', '/issuers', same)).status, 409);
    const overlap = { issuer: 'https://shared.example', audience: ['b', 'c'] };
    const refused = await send('POST', '/issuers', some({ issuer_id: 'second', ...overlap }));
    assert.equal(refused.status, 409);
    assert.match(refused.text, /first takes the same tokens/);
    await create('other-audience', { ...overlap, audience: ['c'] });
    await create('other-subscription', { ...overlap, subscription: subscriptions.tmn });
    const moved = await send(
      'PATCH',
      '/issuers/other-subscription',
      { subscription: null },
      { 'if-match': '*' },
    );
    assert.equal(moved.status, 409);
  });

  test('of an issuer and a subscription one entry exchanges tokens, whatever its audience: 409 for another', async () => {
    const issuer = 'https://exchanged.example';
    await create('exchanges', { issuer, audience: ['a'], use: ['exchange'] });
    const both = { issuer, audience: ['b'], use: ['direct', 'exchange'] };
    const refused = await send('POST', '/issuers', some({ ...both, issuer_id: 'exchanges-too' }));
    assert.equal(refused.status, 409);
    assert.match(refused.text, /exchanges takes the same tokens/);
    assert.equal(await issuers.store.read('exchanges-too'), undefined);
    await create('shows', { ...both, use: ['direct'] });
    const any = { 'if-match': '*' };
    const changed = await send('PATCH', '/issuers/shows', { use: ['exchange'] }, any);
    assert.equal(changed.status, 409);
    assert.deepEqual((await issuers.store.read('shows'))?.value.use, ['direct']);
    const own = await send('PATCH', '/issuers/exchanges', { use: ['direct', 'exchange'] }, any);
    assert.equal(own.status, 200, 'an entry is not in its own way');
    await create('exchanges-elsewhere', { ...both, subscription: subscriptions.tmn });
  });

  test('an issuer_id stays, and one that could not be an id is 404', async () => {
    await create('stays');
    const renamed = await send(
      'PATCH',
      '/issuers/stays',
      { issuer_id: 'goes' },
      { 'if-match': '*' },
    );
    assert.deepEqual(pointersOf(renamed), ['/issuer_id']);
    for (const id of ['STAYS', 'a%2Fb', '__proto__', '%00']) {
      assert.equal((await send('GET', `/issuers/${id}`)).status, 404, id);
    }
  });

  test('changes are in the audit trail by the names of what changed, enabling as itself', async () => {
    await create('audited');
    const path = '/issuers/audited';
    const any = { 'if-match': '*' };
    await send('PATCH', path, { enabled: false }, any);
    await send('PATCH', path, { name: 'Another', user_claim: 'oid' }, any);
    await send('DELETE', path, undefined, any);
    const entries = (await send('GET', '/audit?object_type=issuer&limit=100')).json()['items'] as {
      action: string;
      object: { name: string };
      detail: string;
    }[];
    const seen = entries
      .filter((entry) => entry.object.name === 'audited')
      .map((entry) => entry.action);
    assert.deepEqual(seen.sort(), [
      'issuer.change',
      'issuer.create',
      'issuer.delete',
      'issuer.disable',
    ]);
    const change = entries.find(
      (entry) => entry.action === 'issuer.change' && entry.object.name === 'audited',
    );
    assert.equal(change?.detail, 'name, user_claim');
  });

  test('diagnosis fetches the keys now and says what it found', async (t) => {
    const other = await startOtherIssuer([makeIssuerKey('one'), makeIssuerKey('two', 'RS256')]);
    t.after(() => other.close().catch(() => undefined));
    await send('POST', '/clients', { client_id: 'known' });
    await create('diagnosed', {
      issuer: other.issuer,
      client_rules: [{ claim: 'azp', client_id: 'known' }],
      role_claim: 'roles',
      role_rules: [{ value: 'a', role: 'ESBMessaging.send' }],
    });
    type Found = {
      ok: boolean;
      checks: { check: string; ok: boolean; detail: string; remedy?: string }[];
    };
    const diagnose = async () =>
      (await send('GET', '/issuers/diagnosed/diagnosis')).json() as unknown as Found;
    const good = await diagnose();
    assert.equal(good.ok, true, JSON.stringify(good));
    assert.deepEqual(
      good.checks.map((one) => one.check),
      ['issuer_enabled', 'keys_fetched', 'keys_usable', 'clients_registered', 'roles_exist'],
    );
    assert.match(
      good.checks[2]?.detail ?? '',
      /2 keys that can be used: one \(ES256\), two \(RS256\)/,
    );

    other.keys = [{ kty: 'oct', kid: 'shared', k: 'c2VjcmV0' }];
    await send(
      'PATCH',
      '/issuers/diagnosed',
      {
        enabled: false,
        client_rules: [{ claim: 'azp', client_id: 'unknown' }],
        role_rules: [{ value: 'a', role: 'esbmessaging.send' }],
      },
      { 'if-match': '*' },
    );
    const bad = await diagnose();
    assert.equal(bad.ok, false);
    const failed = bad.checks.filter((one) => !one.ok);
    assert.deepEqual(
      failed.map((one) => one.check),
      ['issuer_enabled', 'keys_usable', 'clients_registered', 'roles_exist'],
    );
    for (const one of failed) assert.ok(one.remedy);
    assert.doesNotMatch(JSON.stringify(bad), /c2VjcmV0/);

    await other.close();
    const down = (await diagnose()).checks.find((one) => one.check === 'keys_fetched');
    assert.match(down?.detail ?? '', /cannot be reached \(ECONNREFUSED\)/);
    assert.equal((await send('GET', '/issuers/none/diagnosis')).status, 404);
  });
});

test('issuers are listed in the order of their ids, page by page; reading takes a role, changing the administrator’s', async () => {
  const { send } = await openRegistry();
  for (const id of ['c', 'a', 'b']) {
    await send('POST', '/issuers', some({ issuer_id: id, issuer: `${ISS}/${id}` }));
  }
  const page = await send('GET', '/issuers?limit=2');
  assert.deepEqual(itemsOf(page, 'issuer_id'), ['a', 'b']);
  const next = await send('GET', `/issuers?limit=2&cursor=${String(page.json()['next_cursor'])}`);
  assert.deepEqual(itemsOf(next, 'issuer_id'), ['c']);
  assert.equal(next.json()['next_cursor'], null);
  const reader = { authorization: 'Bearer AuthGroup.ReadOnly' };
  assert.equal((await send('GET', '/issuers', undefined, reader)).status, 200);
  assert.equal((await send('GET', '/issuers/a/diagnosis', undefined, reader)).status, 200);
  for (const [method, path] of [
    ['POST', '/issuers'],
    ['PUT', '/issuers/a'],
    ['PATCH', '/issuers/a'],
    ['DELETE', '/issuers/a'],
  ] as const) {
    const body = method === 'DELETE' ? undefined : some();
    const refused = await send(method, path, body, { ...reader, 'if-match': '*' });
    assert.equal(refused.status, 403, method);
  }
  assert.deepEqual(itemsOf(await send('GET', '/issuers'), 'issuer_id'), ['a', 'b', 'c']);
});

test('another instance sees an issuer, and that it is disabled, after 25 s at the latest', async () => {
  const { send, issuers, clock, another } = await openRegistry();
  const { issuers: others } = another();
  const issuer = 'https://seen.example';
  assert.deepEqual(await others.directory.of(issuer), []);
  await send('POST', '/issuers', some({ issuer_id: 'seen', issuer }));
  clock.advance(25_001);
  assert.equal((await others.directory.of(issuer))[0]?.issuerId, 'seen');
  await send('PATCH', '/issuers/seen', { enabled: false }, { 'if-match': '*' });
  assert.deepEqual(await issuers.directory.of(issuer), [], 'this instance at once');
  clock.advance(25_001);
  assert.deepEqual(await others.directory.of(issuer), []);
});
