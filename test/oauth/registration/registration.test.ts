import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { Fault } from '../../../shared/http/fault.ts';
import { ISSUER, openRegistration } from './open-registration.ts';

const REDIRECT = 'https://app.example/back';
const WEB = { client_name: 'Web app', redirect_uris: [REDIRECT] };
const jwks = {
  keys: [generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })],
};

test('whoever holds an initial access token registers a client (RFC 7591 section 3.2.1)', async () => {
  const { register, makeToken, clients, secrets, clock, trail } = await openRegistration();
  const initial = await makeToken({ scope: 'read write', max_clients: 2 });
  const answer = await register(initial.text, WEB);
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.equal(answer.headers.get('pragma'), 'no-cache');
  const body = answer.json();
  const { client_id: id, client_secret: secret, registration_access_token: token, ...rest } = body;
  assert.match(String(id), /^[0-9a-f]{32}$/);
  assert.match(String(token), /^[A-Za-z0-9_-]{43}$/);
  assert.deepEqual(rest, {
    client_id_issued_at: clock.now() / 1000,
    client_secret_expires_at: 0,
    client_name: 'Web app',
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    scope: 'read write',
    token_endpoint_auth_method: 'client_secret_basic',
    tls_client_certificate_bound_access_tokens: false,
    dpop_bound_access_tokens: false,
    require_pushed_authorization_requests: false,
    registration_client_uri: `${ISSUER}/oauth2/api/v1/register/${String(id)}`,
  });
  const stored = (await clients.store.read(String(id)))?.value;
  assert.equal(stored?.subscription, 'acmeiflmap');
  assert.equal(await secrets.verify(stored, [String(secret)]), 'accepted');
  assert.equal(JSON.stringify(stored).includes(String(token)), false, 'only its hash is kept');
  assert.match(stored.description, new RegExp(initial.id));
  const [event] = trail.events;
  assert.deepEqual(
    [event?.action, event?.detail, event?.note?.name],
    ['client.register', `with the initial access token ${initial.id}`, id],
  );
});

test('metadata that only an administrator gives, or that nobody knows, is ignored (RFC 7591 section 2)', async () => {
  const { register, makeToken, clients, roles } = await openRegistration();
  const { text } = await makeToken();
  const answer = await register(text, {
    ...WEB,
    client_id: 'flowgate-admin',
    client_secret: 'a secret that I chose',
    subscription: 'acmetmn',
    skip_consent: true,
    enabled: false,
    description: 'trust me',
    access_token_lifetime: 43_200,
    allowed_origins: ['https://app.example'],
    default_scope: 'x',
    software_id: '4NRB1-0XZABZI9E6-5SM3R',
    software_statement: 'a.b.c',
    'client_name#fr': 'Appli',
    contacts: ['me@app.example'],
    roles: ['AuthGroup.Administrator'],
    __proto__x: 1,
  });
  assert.equal(answer.status, 201, answer.text);
  const { client_id: id, client_secret: secret, ...shown } = answer.json();
  assert.notEqual(id, 'flowgate-admin');
  assert.notEqual(secret, 'a secret that I chose');
  for (const name of ['software_id', 'contacts', 'subscription', 'skip_consent', 'roles']) {
    assert.equal(shown[name], undefined, name);
  }
  const stored = (await clients.store.read(String(id)))?.value;
  assert.deepEqual(
    [stored?.subscription, stored?.skipConsent, stored?.enabled, stored?.allowedOrigins],
    ['acmeiflmap', false, true, []],
  );
  assert.equal(stored?.accessTokenLifetime, 3600);
  for (const subscription of ['acmeiflmap', 'acmetmn']) {
    const user = `oauth_client_${String(id)}`;
    assert.deepEqual([...(await roles.store.rolesOf(subscription, user))], []);
  }
});

test('a public client, and one with keys, get no secret (RFC 7591 section 2)', async () => {
  const { register, makeToken } = await openRegistration();
  const { text } = await makeToken({
    max_clients: 2,
    grant_types: ['authorization_code', 'client_credentials'],
  });
  for (const more of [
    { token_endpoint_auth_method: 'none' },
    { token_endpoint_auth_method: 'private_key_jwt', jwks, grant_types: ['client_credentials'] },
  ]) {
    const answer = await register(text, { ...WEB, ...more });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.json()['client_secret'], undefined);
    assert.equal(answer.json()['client_secret_expires_at'], undefined);
  }
});

test('a token for management makes clients of management; one for other grants has these as default', async () => {
  const { register, makeToken, clients } = await openRegistration();
  const { text } = await makeToken({
    subscription: 'acmetmn',
    grant_types: ['client_credentials'],
  });
  const answer = await register(text, {});
  assert.equal(answer.status, 201, answer.text);
  const { client_id: id, client_name, grant_types, response_types } = answer.json();
  assert.deepEqual([client_name, grant_types, response_types], [id, ['client_credentials'], []]);
  assert.equal((await clients.store.read(String(id)))?.value.subscription, 'acmetmn');
});

/** By what is wrong: the metadata, the code, and what the text tells. */
const refusals: Readonly<Record<string, readonly [unknown, string, RegExp]>> = {
  'a redirect URI with a fragment': [
    { redirect_uris: ['https://app.example/#a'] },
    'invalid_redirect_uri',
    /without fragment/,
  ],
  'a redirect URI that is a script': [
    { redirect_uris: ['javascript:alert(1)'] },
    'invalid_redirect_uri',
    /private scheme/,
  ],
  'no redirect URI for authorization_code': [{}, 'invalid_redirect_uri', /at least one/],
  'a grant beyond the token': [
    { ...WEB, grant_types: ['client_credentials'] },
    'invalid_client_metadata',
    /may have authorization_code, refresh_token, and not client_credentials/,
  ],
  'the grant implicit (RFC 9700 section 2.1.2)': [
    { ...WEB, grant_types: ['implicit'] },
    'invalid_client_metadata',
    /grant_types\/0: The grant implicit is not offered/,
  ],
  'a scope beyond the token': [
    { ...WEB, scope: 'read admin' },
    'invalid_client_metadata',
    /scope: this client may have read, and nothing else/,
  ],
  'a response type beside code': [
    { ...WEB, response_types: ['code', 'token'] },
    'invalid_client_metadata',
    /response_types: it is \[code\]/,
  ],
  'response types that are text': [
    { ...WEB, response_types: 'code' },
    'invalid_client_metadata',
    /response_types/,
  ],
  'authorization_code without the response type code (RFC 7591 section 2.1)': [
    { ...WEB, response_types: [] },
    'invalid_client_metadata',
    /response_types/,
  ],
  'the response type code without authorization_code (RFC 7591 section 2.1)': [
    { grant_types: ['refresh_token'], response_types: ['code'] },
    'invalid_client_metadata',
    /response_types/,
  ],
  'a method of authentication that is not switched on': [
    { ...WEB, token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'a.example' },
    'invalid_client_metadata',
    /tls_client_auth is not switched on here/,
  ],
  'a private key': [
    {
      ...WEB,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: {
        keys: [
          generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
        ],
      },
    },
    'invalid_client_metadata',
    /jwks\/keys\/0: A private or shared key/,
  ],
  'text in the place of an object': ['[]', 'invalid_client_metadata', /not an object/],
  'a member twice': ['{"scope":"a","scope":"b"}', 'invalid_client_metadata', /twice/],
};

for (const [what, [metadata, error, text]] of Object.entries(refusals)) {
  test(`refuses ${what} with ${error}, makes no client and costs no use (RFC 7591 section 3.2.2)`, async () => {
    const { register, makeToken, admin } = await openRegistration();
    const { id, text: token } = await makeToken({ scope: 'read' });
    const headers = { 'content-type': 'application/json' };
    const answer = await register(token, metadata, { headers });
    assert.equal(answer.status, 400, answer.text);
    const { error: code, error_description: description, ...rest } = answer.json();
    assert.equal(code, error);
    assert.match(String(description), text);
    assert.deepEqual(rest, {});
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.deepEqual((await admin('GET', '/clients')).json()['items'], []);
    const left = (await admin('GET', `/initial-access-tokens/${id}`)).json();
    assert.equal(left['registered_clients'], 0);
  });
}

test('without a token, or with one that is none, nobody registers (RFC 6750 section 3.1)', async () => {
  const { register, makeToken, admin, throttle, trail } = await openRegistration();
  const { id, text } = await makeToken();
  const missing = await register(undefined, WEB);
  assert.equal(missing.status, 401);
  assert.equal(missing.headers.get('www-authenticate'), 'Bearer realm="flowgate"');
  assert.deepEqual(throttle.failures, []);
  const forged = [
    'x',
    `${id}.${'A'.repeat(43)}`,
    `0000000000000000.${text.slice(17)}`,
    text.slice(0, -1),
    text.toUpperCase(),
  ];
  for (const token of forged) {
    const answer = await register(token, WEB);
    assert.equal(answer.status, 401, token);
    assert.equal(answer.json()['error'], 'invalid_token');
    assert.match(answer.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
    assert.equal(answer.text.includes(text), false);
  }
  assert.equal(throttle.failures.length, forged.length, 'guesses are counted');
  assert.ok(trail.events.every(({ outcome }) => outcome === 'failure'));
  assert.deepEqual((await admin('GET', '/clients')).json()['items'], []);
  const basic = { authorization: `Basic ${Buffer.from(`a:${text}`).toString('base64')}` };
  assert.equal((await register(undefined, WEB, { headers: basic })).status, 401);
});

test('an address that is slowed is not looked at, even with a good token', async () => {
  const { register, makeToken, throttle, admin } = await openRegistration();
  const { text } = await makeToken();
  throttle.closed = new Fault(429, 'Too many.', { reason: 'throttled' });
  const answer = await register(text, WEB);
  assert.deepEqual([answer.status, answer.json()['error']], [429, 'temporarily_unavailable']);
  assert.deepEqual((await admin('GET', '/clients')).json()['items'], []);
});

test('a token ends when it expires, is used up or is taken back', async () => {
  const { register, makeToken, admin, clock } = await openRegistration();
  const used = await makeToken();
  assert.equal((await register(used.text, WEB)).status, 201);
  const again = await register(used.text, WEB);
  assert.equal(again.status, 401);
  assert.match(String(again.json()['error_description']), /As many clients as may be/);

  const taken = await makeToken();
  await admin('DELETE', `/initial-access-tokens/${taken.id}`);
  assert.equal((await register(taken.text, WEB)).status, 401);

  const expired = await makeToken();
  clock.advance(86_400_000);
  const late = await register(expired.text, WEB);
  assert.equal(late.status, 401);
  assert.match(String(late.json()['error_description']), /has expired/);
});

test('of registrations at the same moment on two instances no more are made than the token allows', async () => {
  const { register, another, makeToken, admin } = await openRegistration();
  const { id, text } = await makeToken({ max_clients: 3 });
  const other = another();
  const answers = await Promise.all(
    [register, other.register, register, other.register, register, other.register].map((one) =>
      one(text, WEB),
    ),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [201, 201, 201, 401, 401, 401]);
  assert.equal(((await admin('GET', '/clients')).json()['items'] as unknown[]).length, 3);
  const left = (await admin('GET', `/initial-access-tokens/${id}`)).json();
  assert.equal(left['registered_clients'], 3);
});

test('other methods are told which there are', async () => {
  const { register, makeToken } = await openRegistration();
  const { text } = await makeToken();
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const answer = await register(text, undefined, { method });
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST, OPTIONS']);
  }
  assert.equal((await register(text, WEB)).status, 201);
});
