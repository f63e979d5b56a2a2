import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../shared/http/fault.ts';
import { basic, someClient } from '../support/oauth.ts';
import { FORM, good, SECRET, type Sent, tokenEndpoints } from './open-token-endpoint.ts';

const open = tokenEndpoints();
const form = (parameters: Record<string, string>): string =>
  new URLSearchParams(parameters).toString();
const grant = 'grant_type=client_credentials';
const encoded = encodeURIComponent(SECRET);

test('answers with the token response of RFC 6749 section 5.1, and nothing more', async () => {
  const { send, claimsOf, roles, clock } = open(someClient({ accessTokenLifetime: 900 }));
  roles.assign('flowgateiflmap', 'oauth_client_app', 'Z.role');
  roles.assign('flowgateiflmap', 'oauth_client_app', 'ESBMessaging.send');
  roles.assign('flowgatetmn', 'oauth_client_app', 'AuthGroup.Administrator');
  const answer = await send({ query: `?${grant}`, authorization: good });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.equal(answer.headers.get('pragma'), 'no-cache');
  const { access_token: token, ...rest } = answer.json();
  assert.equal(typeof token, 'string');
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 900 });
  const claims = await claimsOf(answer);
  assert.deepEqual(
    { ...claims, jti: '' },
    {
      iss: 'https://flowgate.example',
      sub: 'oauth_client_app',
      client_id: 'app',
      aud: 'flowgateiflmap',
      iat: clock.now() / 1000,
      exp: clock.now() / 1000 + 900,
      jti: '',
      roles: ['ESBMessaging.send', 'Z.role'],
    },
  );
});

const body = (text: string, type = FORM): Sent => ({ authorization: good, type, body: text });
const forms: Record<string, Sent> = {
  'grant_type in the query, Basic, empty body, no content type (SAP)': {
    query: `?${grant}`,
    authorization: good,
  },
  'grant_type in the query, empty body announced as a form': {
    query: `?${grant}`,
    authorization: good,
    type: FORM,
  },
  'grant_type in the query, empty body announced as JSON': {
    query: `?${grant}`,
    authorization: good,
    type: 'application/json',
  },
  'grant_type in the query, a body of a line end': {
    query: `?${grant}`,
    authorization: good,
    body: '\r\n',
  },
  'grant_type in the body (RFC 6749 section 4.4.2)': body(grant),
  'a charset in the content type': body(grant, `${FORM}; charset=UTF-8`),
  'a content type in capitals': body(grant, 'Application/X-WWW-Form-URLEncoded;charset=utf-8'),
  'grant_type with the same value in query and body': { ...body(grant), query: `?${grant}` },
  'a blank scope': body(`${grant}&scope=%20`),
  'a scope of several blanks': body(`${grant}&scope=+++`),
  'an empty scope, which counts as left out (RFC 6749 section 3.2)': body(`${grant}&scope=`),
  'parameters that nobody knows (RFC 6749 section 3.2)': body(`${grant}&foo=bar&__proto__=x`),
  'an empty parameter beside the same with a value': body(`grant_type=&${grant}`),
  'token_format=jwt in the query (SAP)': {
    query: `?${grant}&token_format=jwt`,
    authorization: good,
  },
  'token_format=jwtrfc in the body (SAP)': body(`${grant}&token_format=jwtrfc`),
  'credentials in the body (RFC 6749 section 2.3.1)': {
    type: FORM,
    body: `${grant}&client_id=app&client_secret=${encoded}`,
  },
  'credentials in the body, grant_type in the query': {
    query: `?${grant}`,
    type: FORM,
    body: `client_id=app&client_secret=${encoded}`,
  },
  'credentials in the body, client_id in the query': {
    query: '?client_id=app',
    type: FORM,
    body: `${grant}&client_secret=${encoded}`,
  },
  'Basic and the same client_id in the body (Postman)': body(`${grant}&client_id=app`),
  'Basic and an empty client_secret in the body': body(`${grant}&client_secret=`),
  'the scheme in lower case': { ...body(grant), authorization: good.replace('Basic', 'basic') },
  'the scheme in upper case': { ...body(grant), authorization: good.replace('Basic', 'BASIC') },
  'base64 without its padding': { ...body(grant), authorization: good.replace(/=+$/, '') },
  'several blanks after the scheme': { ...body(grant), authorization: good.replace(' ', '   ') },
  'Basic values form-encoded (RFC 6749 section 2.3.1)': {
    ...body(grant),
    authorization: basic('app', form({ s: SECRET }).slice(2)),
  },
  'Basic values percent-encoded': { ...body(grant), authorization: basic('%61%70p', encoded) },
  'cookies, which are ignored': { ...body(grant), headers: { cookie: 'JSESSIONID=stale; a=b' } },
};

for (const [name, sent] of Object.entries(forms)) {
  test(`gives a token for ${name}`, async () => {
    const { send, claimsOf } = open();
    const answer = await send(sent);
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await claimsOf(answer)).sub, 'oauth_client_app');
    assert.equal(answer.headers.get('set-cookie'), null);
  });
}

for (const secret of [
  'a+b%20c%:d e',
  'p%2Bq',
  '::colons:',
  'grüße-🔑-密',
  'trailing%',
  '100% +1',
]) {
  test(`takes the Basic secret ${JSON.stringify(secret)} as it is, and form-encoded`, async () => {
    const { send, secrets } = open();
    await send({ ...body(grant), authorization: basic('app', secret) });
    assert.equal(secrets.presented[0]?.[0], secret);
    const formEncoded = form({ s: secret }).slice(2);
    await send({ ...body(grant), authorization: basic('app', formEncoded) });
    assert.ok(secrets.presented.at(-1)?.includes(secret));
    assert.ok((secrets.presented.at(-1)?.length ?? 0) <= 2);
  });
}

test('a secret in the body is form-decoded once, and compared as that alone', async () => {
  const { send, secrets } = open();
  await send({ type: FORM, body: `${grant}&client_id=app&client_secret=a%252Bb+c` });
  assert.deepEqual(secrets.presented[0], ['a%2Bb c']);
});

test('without a scope the client gets all of its own, and the answer names them', async () => {
  const { send, claimsOf } = open(someClient({ scopes: ['read', 'write'] }));
  for (const scope of ['', '&scope=', '&scope=%20']) {
    const answer = await send(body(grant + scope));
    assert.equal(answer.json()['scope'], 'read write');
    assert.equal((await claimsOf(answer)).scope, 'read write');
  }
});

test('with a scope the client gets that, each once', async () => {
  const { send, claimsOf } = open(someClient({ scopes: ['read', 'write'] }));
  const answer = await send(body(`${grant}&scope=write++write`));
  assert.equal(answer.json()['scope'], 'write');
  assert.equal((await claimsOf(answer)).scope, 'write');
});

test('the bootstrap client can be made before a client is looked up', async () => {
  const { send, prepared, clients } = open();
  await send(body(grant));
  assert.deepEqual(prepared, ['app']);
  assert.equal(clients.lookups.length, 1);
});

test('a token is never older than its client, which an instance with a clock ahead may have made', async () => {
  const { send, claimsOf, clock, clients, waits } = open();
  const createdAt = clock.now() + 2500;
  clients.stored.set('app', someClient({ createdAt }));
  const { iat } = await claimsOf(await send(body(grant)));
  assert.ok(iat >= Math.floor(createdAt / 1000));
  assert.deepEqual(waits, [2500]);
  clients.stored.set('app', someClient({ createdAt: clock.now() + 3_600_000 }));
  await send(body(grant));
  assert.deepEqual(waits, [2500, 5000]);
});

test('the log event names the client, and no secret', async () => {
  const { send } = open();
  const { call } = await send(body(grant));
  assert.deepEqual(call.annotations, { client: 'app' });
});

test('takes a body of 64 KiB and refuses one of a byte more with 413', async () => {
  const { send, clients } = open();
  const padded = (length: number): string => `${grant}&pad=`.padEnd(length, 'x');
  assert.equal((await send(body(padded(65_536)))).status, 200);
  const lookups = clients.lookups.length;
  const answer = await send(body(padded(65_537)));
  assert.equal(answer.status, 413);
  assert.equal(answer.json()['error'], 'invalid_request');
  assert.equal(clients.lookups.length, lookups);
});

const preflight = (origin: string): Sent => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  },
});

test('CORS: a preflight allows an origin that an enabled client lists, whoever asks', async () => {
  const { send, clients } = open(
    someClient(),
    someClient({ clientId: 'page', allowedOrigins: ['https://app.example'] }),
  );
  const answer = await send(preflight('https://app.example'));
  assert.equal(answer.status, 204);
  assert.equal(answer.text, '');
  assert.equal(answer.headers.get('access-control-allow-origin'), 'https://app.example');
  assert.equal(answer.headers.get('access-control-allow-methods'), 'POST');
  assert.equal(
    answer.headers.get('access-control-allow-headers'),
    'authorization, content-type, dpop',
  );
  assert.equal(
    answer.headers.get('access-control-max-age'),
    '5',
    'for 30 s with what is cached here',
  );
  assert.equal(answer.headers.get('access-control-allow-credentials'), null);
  assert.equal(answer.headers.get('vary'), 'Origin');
  assert.deepEqual(clients.lookups, [], 'no credentials, no client');
});

test('CORS: a preflight tells another origin nothing, nor one of a disabled client', async () => {
  const { send } = open(
    someClient({ allowedOrigins: ['https://app.example'] }),
    someClient({ clientId: 'off', enabled: false, allowedOrigins: ['https://off.example'] }),
  );
  for (const origin of [
    'https://other.example',
    'https://off.example',
    'null',
    'http://app.example',
  ]) {
    const answer = await send(preflight(origin));
    assert.equal(answer.status, 204, origin);
    assert.equal(answer.headers.get('vary'), 'Origin');
    for (const name of answer.headers.keys()) {
      assert.doesNotMatch(name, /^access-control/, origin);
    }
  }
});

test('OPTIONS without an origin says what is allowed', async () => {
  const answer = await open().send({ method: 'OPTIONS' });
  assert.deepEqual([answer.status, answer.headers.get('allow')], [204, 'POST, OPTIONS']);
  assert.equal(answer.headers.get('access-control-allow-origin'), null);
});

test('CORS: only an origin of the client may read the answer, others get it without the header', async () => {
  const { send } = open(someClient({ allowedOrigins: ['https://app.example'] }));
  const from = (origin: string) => send({ ...body(grant), headers: { origin } });
  const allowed = await from('https://app.example');
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example');
  assert.equal(allowed.headers.get('vary'), 'Origin');
  for (const origin of [
    'https://app.example.evil.example',
    'http://app.example',
    'https://app.example:8443',
    'https://APP.example',
    'null',
    '*',
  ]) {
    const other = await from(origin);
    assert.equal(other.status, 200);
    assert.equal(other.headers.get('access-control-allow-origin'), null);
    assert.equal(other.headers.get('vary'), 'Origin');
  }
});

test('CORS: a page of an allowed origin may also read a refusal, once the client is known', async () => {
  const { send } = open(someClient({ allowedOrigins: ['https://app.example'] }));
  const headers = { origin: 'https://app.example' };
  const excess = await send({ ...body(`${grant}&scope=more`), headers });
  assert.equal(excess.status, 400);
  assert.equal(excess.headers.get('access-control-allow-origin'), 'https://app.example');
  assert.match(excess.headers.get('access-control-expose-headers') ?? '', /WWW-Authenticate/);
  const wrong = await send({ ...body(grant), authorization: basic('app', 'wrong'), headers });
  assert.equal(wrong.status, 401);
  assert.equal(wrong.headers.get('access-control-allow-origin'), null);
});

const away = tokenEndpoints(() => ({
  binding: {
    confirm: () => Promise.reject(Fault.unavailable('Storage is away for the moment.', 7)),
  },
}));

test('CORS: a page of an allowed origin may also read that it is not its fault, and when to come back', async () => {
  const { send } = away(someClient({ allowedOrigins: ['https://app.example'] }));
  const from = (origin: string) => send({ ...body(grant), headers: { origin } });
  const allowed = await from('https://app.example');
  assert.deepEqual([allowed.status, allowed.headers.get('retry-after')], [503, '7']);
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example');
  assert.match(allowed.headers.get('access-control-expose-headers') ?? '', /Retry-After/);
  const other = await from('https://other.example');
  assert.deepEqual([other.status, other.headers.get('retry-after')], [503, '7']);
  assert.equal(other.headers.get('access-control-allow-origin'), null);
  assert.deepEqual(other.json(), allowed.json());
});
