import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { suite, test } from 'node:test';
import { openRegistry, pointersOf, subscriptions } from './registry.ts';

const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });

void suite('the members of a client', { concurrency: true }, async () => {
  const { send } = await openRegistry();
  await send('POST', '/clients', { client_id: 'there', client_name: 'There' });

  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ['client_id', '', /1 to 100/],
    ['client_id', 'a b', /1 to 100/],
    ['client_id', 'x'.repeat(101), /1 to 100/],
    ['client_id', '..', /neither \. nor \.\./],
    ['client_id', 7, /1 to 100/],
    ['client_name', ' ', /not blank/],
    ['client_name', 'x'.repeat(201), /at most 200/],
    ['client_name', 'a\u0000b', /control/],
    ['description', 5, /is text/],
    ['description', 'x'.repeat(2001), /at most 2000/],
    ['description', '\ud800', /surrogate/],
    ['subscription', 'other', /acmeiflmap and acmetmn/],
    ['subscription', 'AcmeIflmap', /case-sensitive: there is acmeiflmap/],
    ['grant_types', ['device_code'], /no such grant; the grants are: client_credentials/],
    ['grant_types', ['password'], /password is not offered .*grants are: client_credentials/],
    ['grant_types', ['implicit'], /implicit is not offered \(RFC 9700 section 2\)/],
    ['grant_types', [], /at least one/],
    ['grant_types', 'client_credentials', /is an array/],
    ['scope', ['a'], /scope is text/],
    ['scope', 'a"b', /printable ASCII/],
    ['scope', 'é', /printable ASCII/],
    ['redirect_uris', ['/relative'], /absolute/],
    ['redirect_uris', ['https://a.example/#f'], /without fragment/],
    ['redirect_uris', ['http://a.example/'], /loopback/],
    ['redirect_uris', ['javascript:alert(1)'], /private scheme/],
    ['redirect_uris', Array.from({ length: 11 }, (_, i) => `https://a.example/${i}`), /at most 10/],
    ['token_endpoint_auth_method', 'client_secret_jwt', /client_secret_basic, client_secret_post/],
    ['access_token_lifetime', 59, /60 to 43200/],
    ['access_token_lifetime', 43_201, /60 to 43200/],
    ['access_token_lifetime', 60.5, /whole number/],
    ['access_token_lifetime', '3600', /whole number/],
    ['refresh_token_lifetime', 0, /60 to 15552000/],
    ['allowed_origins', ['*'], /what a browser sends/],
    ['allowed_origins', ['https://a.example/'], /what a browser sends/],
    ['allowed_origins', ['https://A.example'], /what a browser sends/],
    ['enabled', 'false', /true or false/],
    ['default_scope', ['a'], /is text/],
    ['jwks', 'text', /key set/],
    ['jwks_uri', 'ftp://keys.example/', /https address/],
    ['tls_client_auth_subject_dn', '', /not empty/],
    ['dpop_bound_access_tokens', 'yes', /true or false/],
    ['skip_consent', 1, /true or false/],
    ['client_secrets', 'x', /no such member/],
    ['client_secret', 'short', /16 to 256/],
    ['client_secret', 12, /is text/],
    ['client_secret_expires_at', 1, /in the future/],
    ['client_secret_expires_at', '2031-01-01', /whole number of seconds/],
  ];

  test('each invalid member is 422 with its pointer, and no client is made', async () => {
    const { send, clients } = await openRegistry();
    for (const [member, value, text] of refused) {
      const label = `${member}: ${JSON.stringify(value)}`.slice(0, 80);
      const body = { client_id: 'refused', [member]: value };
      const answer = await send('POST', '/clients', body);
      assert.equal(answer.status, 422, label);
      assert.equal(answer.headers.get('content-type'), 'application/problem+json');
      const { errors } = answer.json() as { errors: { pointer: string; detail: string }[] };
      assert.equal(errors.length, 1, label);
      assert.match(errors[0]?.pointer ?? '', new RegExp(`^/${member}(/0)?$`), label);
      assert.match(errors[0]?.detail ?? '', text, label);
    }
    assert.deepEqual((await clients.store.list({ limit: 10 })).items, []);
  });

  test('PUT and PATCH refuse the same, all members at once, and change nothing', async () => {
    for (const method of ['PUT', 'PATCH']) {
      const body = { client_name: '', enabled: 1, colour: 'red', client_id: 'other' };
      const answer = await send(method, '/clients/there', body, { 'if-match': '*' });
      assert.equal(answer.status, 422);
      assert.deepEqual(pointersOf(answer).sort(), [
        '/client_id',
        '/client_name',
        '/colour',
        '/enabled',
      ]);
      const secret = await send(
        method,
        '/clients/there',
        { client_secret: 'a-new-secret-of-mine' },
        { 'if-match': '*' },
      );
      assert.equal(secret.status, 422);
      assert.match(String(secret.json()['detail']), /…\/secrets/);
      assert.equal(secret.text.includes('a-new-secret'), false);
    }
    assert.equal((await send('GET', '/clients/there')).json()['client_name'], 'There');
  });

  test('a secret that contains the client id is refused without being repeated', async () => {
    const answer = await send('POST', '/clients', {
      client_id: 'refused',
      client_secret: 'my-refused-secret-0123',
    });
    assert.equal(answer.status, 422);
    assert.deepEqual(pointersOf(answer), ['/client_secret']);
    assert.equal(answer.text.includes('0123'), false);
    assert.equal((await send('GET', '/clients/refused')).status, 404);
  });

  test('the largest client that the rules let through fits into its row', async () => {
    const text = (length: number, with_ = '"'): string => with_.repeat(length);
    const body = {
      client_id: 'largest',
      client_name: text(200),
      description: text(2000, '😀'),
      scope: Array.from({ length: 200 }, (_, i) => `s${i}`.padEnd(9, '!')).join(' '),
      redirect_uris: Array.from({ length: 10 }, (_, i) =>
        `https://a.example/${i}`.padEnd(1000, 'x'),
      ),
      allowed_origins: Array.from({ length: 50 }, (_, i) =>
        `https://${i}.${'a'.repeat(61)}.${'b'.repeat(61)}.${'c'.repeat(61)}.example`.padEnd(
          200,
          'x',
        ),
      ),
      subscription: subscriptions.tmn,
      default_scope: Array.from({ length: 200 }, (_, i) => `s${i}`.padEnd(9, '!')).join(' '),
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...KEY, x5c: ['A'.repeat(15_800)] }] },
      tls_client_auth_subject_dn: `CN=${text(498, '\\"')}`,
    };
    const made = await send('POST', '/clients', body);
    assert.equal(made.status, 201, made.text);
    const read = (await send('GET', '/clients/largest')).json();
    for (const [name, value] of Object.entries(body)) assert.deepEqual(read[name], value, name);
  });

  test('__proto__ and constructor are names like any other: unknown', async () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const body = `{"client_id":"polluter","${name}":{"enabled":false}}`;
      const answer = await send('POST', '/clients', body, { 'content-type': 'application/json' });
      assert.equal(answer.status, 422, name);
      assert.deepEqual(pointersOf(answer), [`/${name}`]);
    }
    assert.equal(({} as Record<string, unknown>)['enabled'], undefined);
    assert.equal((await send('GET', '/clients/polluter')).status, 404);
  });
});

void suite('the body of a registry request', { concurrency: true }, async () => {
  const { send } = await openRegistry();
  const type = { 'content-type': 'application/json' };

  test('is one JSON object: everything else is 400 and makes nothing', async () => {
    const { send } = await openRegistry();
    const deep = '['.repeat(5000) + ']'.repeat(5000);
    for (const body of [
      undefined,
      '',
      '{',
      'null',
      '[]',
      '"text"',
      '{"client_id":"a",}',
      '{"client_id":"a","client_id":"b"}',
      '{"client_id":"a","client\\u005fid":"b"}',
      `{"client_id":"a","x":${deep}}`,
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    ]) {
      const answer = await send('POST', '/clients', body, type);
      const label = String(body).slice(0, 40);
      assert.equal(answer.status, 400, label);
      assert.equal(answer.json()['reason'], 'invalid_body', label);
      assert.doesNotMatch(answer.text, /SyntaxError|position|token/i, label);
    }
    assert.deepEqual((await send('GET', '/clients')).json()['items'], []);
  });

  test('has a JSON media type in UTF-8: everything else is 415', async () => {
    for (const wrong of [
      '',
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/merge-patch+json',
      'application/json; charset=iso-8859-1',
    ]) {
      const answer = await send('POST', '/clients', '{"client_id":"t"}', { 'content-type': wrong });
      assert.equal(answer.status, 415, wrong);
      assert.equal(answer.headers.get('accept'), 'application/json');
    }
    assert.equal((await send('GET', '/clients/t')).status, 404);
    const right = { 'content-type': 'Application/JSON; charset="UTF-8"' };
    assert.equal((await send('POST', '/clients', '\ufeff{"client_id":"t"}', right)).status, 201);
  });

  test('has at most 256 KiB: more is 413; chunked is 411', async () => {
    const pad = (bytes: number): string => `{"client_id":"big"${' '.repeat(bytes - 19)}}`;
    assert.equal((await send('POST', '/clients', pad(262_145), type)).status, 413);
    assert.equal((await send('GET', '/clients/big')).status, 404);
    const chunked = { ...type, 'transfer-encoding': 'chunked' };
    assert.equal((await send('POST', '/clients', '', chunked)).status, 411);
    assert.equal((await send('POST', '/clients', pad(262_144), type)).status, 201);
  });
});
