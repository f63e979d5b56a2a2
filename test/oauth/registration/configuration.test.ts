import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { Fault } from '../../../shared/http/fault.ts';
import { consentedAs } from '../../../shared/oauth/consents.ts';
import { openRegistration } from './open-registration.ts';

const WEB = { client_name: 'Web app', redirect_uris: ['https://app.example/back'] };
const jwks = {
  keys: [generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })],
};

/** A client that has registered itself. */
async function openRegistered(limits: object = { scope: 'read write' }, metadata: object = {}) {
  const registration = await openRegistration();
  const { text } = await registration.makeToken(limits);
  const made = (await registration.register(text, { ...WEB, ...metadata })).json();
  const id = String(made['client_id']);
  const token = String(made['registration_access_token']);
  const send = (method: string, body?: unknown, with_ = token) =>
    registration.configure(id, { method, token: with_, ...(body === undefined ? {} : { body }) });
  /** As an administrator. */
  const change = async (settings: object): Promise<void> => {
    const path = `/clients/${id}`;
    const patched = await registration.admin('PATCH', path, settings, { 'if-match': '*' });
    assert.equal(patched.status, 200, patched.text);
  };
  const view = async () => (await registration.admin('GET', `/clients/${id}`)).json();
  return { ...registration, id, token, made, send, change, view };
}

const nulls = (members: object): object =>
  Object.fromEntries(Object.keys(members).map((name) => [name, null]));

test('a client reads its registration, without its secret (RFC 7592 section 2.1)', async () => {
  const { send, made, token } = await openRegistered();
  const answer = await send('GET');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const { client_secret, client_secret_expires_at, ...shown } = made;
  assert.equal(typeof client_secret, 'string');
  assert.equal(client_secret_expires_at, 0);
  assert.deepEqual(answer.json(), shown);
  assert.equal(answer.json()['registration_access_token'], token);
});

test('it replaces its metadata; what is left out gets its default, what is not its own stays (RFC 7592 section 2.2)', async () => {
  const { send, id, admin, another, made, secrets, trail } = await openRegistered();
  const given = {
    description: 'A partner',
    access_token_lifetime: 600,
    allowed_origins: ['https://app.example'],
    skip_consent: true,
    default_scope: 'read write',
  };
  const patched = await admin('PATCH', `/clients/${id}`, given, { 'if-match': '*' });
  assert.equal(patched.status, 200, patched.text);
  const answer = await send('PUT', {
    client_id: id,
    redirect_uris: ['https://app.example/other'],
    scope: 'read',
    subscription: 'acmetmn',
    enabled: false,
    client_secret: made['client_secret'],
  });
  assert.equal(answer.status, 200, answer.text);
  const body = answer.json();
  assert.deepEqual(
    [body['client_name'], body['redirect_uris'], body['scope'], body['client_secret']],
    [id, ['https://app.example/other'], 'read', undefined],
  );
  const view = (await admin('GET', `/clients/${id}`)).json();
  // What people were not asked for was to go to the redirect URIs that the administrator has seen.
  const kept = { ...given, default_scope: 'read', skip_consent: false };
  for (const [name, value] of Object.entries(kept)) assert.deepEqual(view[name], value, name);
  assert.deepEqual([view['subscription'], view['enabled']], ['acmeiflmap', true]);
  const stored = (await another().clients.store.read(id))?.value;
  assert.equal(await secrets.verify(stored, [String(made['client_secret'])]), 'accepted');
  const event = trail.events.at(-1);
  assert.deepEqual([event?.action, event?.actor], ['client.change', `oauth_client_${id}`]);
  assert.match(event?.note?.detail ?? '', /redirect_uris/);
  assert.equal((await send('GET')).status, 200, 'with the same token');
});

test('it stays within its initial access token, and keeps what an administrator has added', async () => {
  const { send, id, change } = await openRegistered();
  const put = (more: object) => send('PUT', { client_id: id, ...WEB, ...more });
  const refused = await put({ scope: 'read admin' });
  assert.deepEqual([refused.status, refused.json()['error']], [400, 'invalid_client_metadata']);
  const more = { scope: 'read admin', grant_types: ['authorization_code', 'client_credentials'] };
  await change(more);
  assert.equal((await put(more)).status, 200);
  assert.equal((await put({ scope: 'read' })).status, 200);
  assert.equal((await put(more)).status, 200, 'what it has given up itself it may have again');
  assert.equal((await put({ scope: 'read admin more' })).status, 400);
});

test('a scope that an administrator has taken away does not come back', async () => {
  const { send, id, change, view } = await openRegistered();
  await change({ scope: 'read' });
  const back = await send('PUT', { client_id: id, ...WEB, scope: 'read write' });
  assert.deepEqual([back.status, back.json()['error']], [400, 'invalid_client_metadata']);
  assert.equal((await view())['scope'], 'read');
  const silent = await send('PUT', { client_id: id, ...WEB });
  assert.deepEqual([silent.status, silent.json()['scope']], [200, 'read'], 'nor by saying none');
  // The grants of its initial access token are another matter.
  const grant_types = ['authorization_code', 'refresh_token'];
  assert.equal((await send('PUT', { client_id: id, ...WEB, grant_types })).status, 200);
});

test('a grant that an administrator has taken away does not come back', async () => {
  const grant_types = ['authorization_code', 'client_credentials'];
  const { send, id, change, view } = await openRegistered({ grant_types }, { grant_types });
  await change({ grant_types: ['authorization_code'] });
  const back = await send('PUT', { client_id: id, ...WEB, grant_types });
  assert.deepEqual([back.status, back.json()['error']], [400, 'invalid_client_metadata']);
  assert.equal((await send('PUT', { client_id: id, ...WEB })).status, 200);
  assert.deepEqual((await view())['grant_types'], ['authorization_code']);
});

test('names with commas in them are not taken for several (RFC 6749 section 3.3)', async () => {
  const { send, id, change } = await openRegistered({ scope: 'a b a,b' }, { scope: 'a,b' });
  await change({ scope: 'a b' });
  const back = await send('PUT', { client_id: id, ...WEB, scope: 'a,b' });
  assert.equal(back.status, 400, 'the administrator has replaced it');
});

test('what makes it safer stays on once it is on, whoever has switched it on', async () => {
  const { send, id, change, view } = await openRegistered();
  const on = { dpop_bound_access_tokens: true, require_pushed_authorization_requests: true };
  await change({ dpop_bound_access_tokens: true });
  const own = { require_pushed_authorization_requests: true };
  assert.equal((await send('PUT', { client_id: id, ...WEB, ...own })).status, 200);
  for (const more of [{}, { ...on, dpop_bound_access_tokens: false }, nulls(on)]) {
    const answer = await send('PUT', { client_id: id, ...WEB, ...more });
    assert.equal(answer.status, 200, answer.text);
    for (const shown of [answer.json(), await view()]) {
      for (const name of Object.keys(on)) assert.equal(shown[name], true, name);
    }
  }
});

test('a client that is bound to its certificate stays so', async () => {
  const { send, id, change, view } = await openRegistered();
  const name = 'tls_client_certificate_bound_access_tokens';
  await change({ [name]: true });
  assert.equal((await send('PUT', { client_id: id, ...WEB, [name]: false })).status, 200);
  assert.equal((await view())[name], true);
  const other = { dpop_bound_access_tokens: true };
  assert.equal((await send('PUT', { client_id: id, ...WEB, ...other })).status, 400, 'nor by DPoP');
  assert.equal((await view())[name], true);
});

test('a secret that an administrator has deleted stays deleted, and no other comes in its place', async () => {
  const { send, id, admin, another, made, secrets } = await openRegistered();
  const stored = async () => (await another().clients.store.read(id))?.value;
  const [secretId] = ((await stored())?.secrets ?? []).map((one) => one.secretId);
  const gone = await admin('DELETE', `/clients/${id}/secrets/${String(secretId)}`);
  assert.equal(gone.status, 204, gone.text);
  const answer = await send('PUT', { client_id: id, ...WEB, client_name: 'New' });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json()['client_secret'], undefined);
  assert.deepEqual((await stored())?.secrets, []);
  assert.equal(await secrets.verify(await stored(), [String(made['client_secret'])]), 'wrong');
});

test('with other redirect URIs people are asked again: skip_consent is lost, and what was allowed counts no more', async () => {
  const several = 'https://app.example/a,https://evil.example/b';
  const { send, id, change, view, another, clock } = await openRegistered(
    { scope: 'read' },
    { redirect_uris: [several] },
  );
  const consentsCountFrom = async () => {
    const client = (await another().clients.store.read(id))?.value;
    assert.ok(client);
    return consentedAs(client).createdAt;
  };
  const put = async (redirect_uris: readonly string[]) => {
    const answer = await send('PUT', { client_id: id, client_name: 'App', redirect_uris });
    assert.equal(answer.status, 200, answer.text);
  };
  const registeredAt = await consentsCountFrom();
  await change({ skip_consent: true });
  clock.advance(1000);
  await put([several]);
  assert.deepEqual(
    [(await view())['skip_consent'], await consentsCountFrom()],
    [true, registeredAt],
  );
  await put(several.split(','));
  const movedAt = clock.now();
  assert.deepEqual([(await view())['skip_consent'], await consentsCountFrom()], [false, movedAt]);
  // Going back gives back neither; an administrator does.
  clock.advance(1000);
  await put([several]);
  assert.deepEqual(
    [(await view())['skip_consent'], await consentsCountFrom()],
    [false, clock.now()],
  );
  await change({ skip_consent: true });
  await put([several]);
  assert.equal((await view())['skip_consent'], true);
});

for (const [what, more, text] of [
  ['another client_id', { client_id: 'other' }, /client_id: send the one of the address/],
  ['no client_id', { client_id: undefined }, /client_id: send the one of the address/],
  ['a secret of its own choice', { client_secret: 'a new secret, chosen' }, /client_secret: send/],
  ['a secret that is no text', { client_secret: 7 }, /client_secret: send/],
  ['registration_access_token', { registration_access_token: 'x' }, /leave it out/],
  ['registration_client_uri', { registration_client_uri: 'https://a.example' }, /leave it out/],
  ['client_secret_expires_at', { client_secret_expires_at: 0 }, /leave it out/],
  ['client_id_issued_at', { client_id_issued_at: 1 }, /leave it out/],
  ['a bad redirect URI', { redirect_uris: ['http://app.example'] }, /loopback/],
] as const) {
  test(`replacing with ${what} is refused and changes nothing (RFC 7592 section 2.2)`, async () => {
    const { send, id } = await openRegistered();
    const before = (await send('GET')).text;
    const answer = await send('PUT', { client_id: id, ...WEB, client_name: 'New', ...more });
    assert.equal(answer.status, 400, answer.text);
    assert.match(String(answer.json()['error_description']), text);
    assert.equal((await send('GET')).text, before);
  });
}

test('changing to keys takes its secret away, changing back gives it a new one', async () => {
  const { send, id, another, made, secrets } = await openRegistered();
  const verify = async (secret: unknown) =>
    secrets.verify((await another().clients.store.read(id))?.value, [String(secret)]);
  const keys = { token_endpoint_auth_method: 'private_key_jwt', jwks };
  const changed = await send('PUT', { client_id: id, ...WEB, ...keys });
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.json()['client_secret'], undefined);
  assert.equal(await verify(made['client_secret']), 'wrong');
  const back = (await send('PUT', { client_id: id, ...WEB })).json();
  assert.equal(back['client_secret_expires_at'], 0);
  assert.equal(await verify(back['client_secret']), 'accepted');
  assert.equal(await verify(made['client_secret']), 'wrong');
});

test('it deletes itself, with its roles; then its token is good for nothing (RFC 7592 section 2.3)', async () => {
  const { send, id, admin, another, trail } = await openRegistered();
  const user = `oauth_client_${id}`;
  const role = `/subscriptions/acmeiflmap/roles/ESBMessaging.send/users/${user}`;
  assert.equal((await admin('PUT', role)).status, 204);
  const answer = await send('DELETE');
  assert.deepEqual([answer.status, answer.text], [204, '']);
  assert.equal(await another().clients.store.read(id), undefined);
  assert.equal((await admin('GET', role)).status, 404);
  assert.deepEqual(
    [trail.events.at(-1)?.action, trail.events.at(-1)?.actor],
    ['client.delete', user],
  );
  for (const method of ['GET', 'DELETE']) assert.equal((await send(method)).status, 401);
});

for (const cut of ['roles', 'client'] as const) {
  test(`a deletion that was cut short at the ${cut} is finished by asking again (RFC 7592 section 2.3)`, async (t) => {
    const { send, id, admin, another, clients, roles } = await openRegistered();
    const role = `/subscriptions/acmeiflmap/roles/ESBMessaging.send/users/oauth_client_${id}`;
    assert.equal((await admin('PUT', role)).status, 204);
    const killed = () => Promise.reject(new Error('killed'));
    if (cut === 'roles') t.mock.method(roles.store, 'unassignAll', killed, { times: 1 });
    else t.mock.method(clients.store, 'remove', killed, { times: 1 });
    await assert.rejects(send('DELETE'), /killed/);
    assert.equal((await another().clients.store.read(id))?.value.enabled, false);
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { client_id: id, ...WEB }],
    ] as const) {
      assert.equal((await send(method, body)).status, 403, 'and it is good for nothing else');
    }
    const wrong = await send('DELETE', undefined, 'A'.repeat(43));
    assert.equal(wrong.status, 401);
    assert.equal((await send('DELETE')).status, 204);
    assert.equal(await another().clients.store.read(id), undefined);
    assert.equal((await admin('GET', role)).status, 404);
    assert.equal((await send('DELETE')).status, 401);
  });
}

test('a client that is enabled again after a deletion was cut short is as any other', async (t) => {
  const { send, roles, change, view } = await openRegistered();
  const killed = () => Promise.reject(new Error('killed'));
  t.mock.method(roles.store, 'unassignAll', killed, { times: 1 });
  await assert.rejects(send('DELETE'), /killed/);
  await change({ enabled: true });
  assert.equal((await send('GET')).status, 200);
  await change({ enabled: false });
  assert.equal((await send('DELETE')).status, 403);
  assert.equal((await view())['enabled'], false);
});

test('another token, the token of another client and a client that is not there get the same 401', async () => {
  const { send, configure, register, makeToken, token, throttle, id, admin } =
    await openRegistered();
  const { text } = await makeToken();
  const other = (await register(text, WEB)).json();
  await admin('POST', '/clients', { client_id: 'by-an-administrator' });
  const answers = [
    await send('GET', undefined, 'A'.repeat(43)),
    await send('DELETE', undefined, String(other['registration_access_token'])),
    await send('PUT', { client_id: id, ...WEB }, text),
    await configure('0'.repeat(32), { token }),
    await configure('by-an-administrator', { token }),
    await configure('..%2fa', { token }),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 401);
    assert.equal(
      answer.headers.get('www-authenticate'),
      answers[0]?.headers.get('www-authenticate'),
    );
    assert.deepEqual(answer.json(), answers[0]?.json());
  }
  assert.equal(throttle.failures.length, answers.length);
  assert.equal((await send('GET')).status, 200, 'nothing has happened to it');
  assert.equal((await configure(id, {})).status, 401);
  throttle.closed = new Fault(429, 'Too many.', { reason: 'throttled' });
  assert.equal((await send('GET')).status, 429);
});

test('a client that an administrator has disabled cannot change, enable or delete itself', async () => {
  const { send, id, admin } = await openRegistered();
  await admin('PATCH', `/clients/${id}`, { enabled: false }, { 'if-match': '*' });
  for (const [method, body] of [
    ['GET', undefined],
    ['PUT', { client_id: id, ...WEB, enabled: true }],
    ['DELETE', undefined],
  ] as const) {
    const answer = await send(method, body);
    assert.equal(answer.status, 403);
    assert.match(String(answer.json()['error_description']), /administrator has disabled/);
  }
  assert.equal((await admin('GET', `/clients/${id}`)).json()['enabled'], false);
});

test('a client that an administrator registers anew under its id is not its own any more', async () => {
  const { send, id, admin } = await openRegistered();
  await admin('DELETE', `/clients/${id}`, undefined, { 'if-match': '*' });
  assert.equal((await admin('POST', '/clients', { client_id: id })).status, 201);
  assert.equal((await send('GET')).status, 401);
});

test('other methods are told which there are', async () => {
  const { send } = await openRegistered();
  for (const method of ['POST', 'PATCH', 'HEAD']) {
    const answer = await send(method);
    assert.deepEqual(
      [answer.status, answer.headers.get('allow')],
      [405, 'GET, PUT, DELETE, OPTIONS'],
    );
  }
});
