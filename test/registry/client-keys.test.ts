import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { suite, test } from 'node:test';
import { openTables } from '../../shared/storage/tables.ts';
import { openRegistry, pointersOf } from './registry.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicJwk = { ...ec.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig' };
const privateJwk = ec.privateKey.export({ format: 'jwk' });
const jwkOf = (publicKey: typeof ec.publicKey) => publicKey.export({ format: 'jwk' });

const SIGNS = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicJwk] } };

void suite('how a client is registered to authenticate', { concurrency: true }, async () => {
  const { send, clients, another, storage } = await openRegistry();

  /** By name: the members, the pointer of the one error, and its text. */
  const contradictions: Readonly<Record<string, readonly [object, string, RegExp]>> = {
    'a private key among the public ones (RFC 7517 section 9.2)': [
      { ...SIGNS, jwks: { keys: [privateJwk] } },
      '/jwks/keys/0',
      /no secret any more now, so make a new one/,
    ],
    'a shared key (RFC 7518 section 6.4)': [
      { ...SIGNS, jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } },
      '/jwks/keys/0',
      /private or shared key/,
    ],
    'a key for encryption': [
      { ...SIGNS, jwks: { keys: [{ ...publicJwk, use: 'enc' }] } },
      '/jwks/keys/0',
      /use of a key is sig/,
    ],
    'an RSA key of 1024 bits (RFC 7518 section 3.3)': [
      {
        ...SIGNS,
        jwks: { keys: [jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)] },
      },
      '/jwks/keys/0',
      /2048 to 8192 bits/,
    ],
    'a key on another curve (RFC 7518 section 3.4)': [
      {
        ...SIGNS,
        jwks: { keys: [jwkOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)] },
      },
      '/jwks/keys/0',
      /P-256, P-384 or P-521/,
    ],
    'a key for agreement alone': [
      { ...SIGNS, jwks: { keys: [jwkOf(generateKeyPairSync('x25519').publicKey)] } },
      '/jwks/keys/0',
      /RSA, EC or Ed25519/,
    ],
    'a point that is not on its curve': [
      { ...SIGNS, jwks: { keys: [{ ...publicJwk, y: publicJwk.x }] } },
      '/jwks/keys/0',
      /no public key that this server can read/,
    ],
    'a key set without keys': [{ ...SIGNS, jwks: { keys: [] } }, '/jwks/keys', /at least one/],
    'eleven keys': [
      { ...SIGNS, jwks: { keys: Array.from({ length: 11 }, () => publicJwk) } },
      '/jwks/keys',
      /at most 10/,
    ],
    'a key set that is too long': [
      { ...SIGNS, jwks: { keys: [{ ...publicJwk, x5c: ['A'.repeat(16_000)] }] } },
      '/jwks',
      /16,000 characters/,
    ],
    'jwks beside jwks_uri (RFC 7591 section 2)': [
      { ...SIGNS, jwks_uri: 'https://keys.example/jwks' },
      '/jwks_uri',
      /exclude each other/,
    ],
    'private_key_jwt without keys': [
      { token_endpoint_auth_method: 'private_key_jwt' },
      '/jwks',
      /needs the client's jwks or jwks_uri/,
    ],
    'self_signed_tls_client_auth without keys (RFC 8705 section 2.2.2)': [
      { token_endpoint_auth_method: 'self_signed_tls_client_auth' },
      '/jwks',
      /needs the client's jwks or jwks_uri/,
    ],
    'tls_client_auth without a subject (RFC 8705 section 2.1.2)': [
      { token_endpoint_auth_method: 'tls_client_auth' },
      '/tls_client_auth_subject_dn',
      /needs tls_client_auth_subject_dn or one of/,
    ],
    'two subjects (RFC 8705 section 2.1.2)': [
      {
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_subject_dn: 'CN=partner',
        tls_client_auth_san_dns: 'partner.example',
      },
      '/tls_client_auth_subject_dn',
      /known by one name/,
    ],
    'none with client_credentials (RFC 6749 section 4.4)': [
      { token_endpoint_auth_method: 'none' },
      '/grant_types',
      /cannot prove who it is/,
    ],
    'none with token exchange, or another grant that takes authentication': [
      {
        token_endpoint_auth_method: 'none',
        grant_types: ['refresh_token', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      },
      '/grant_types',
      /only authorization_code and refresh_token/,
    ],
    'a subject that is no name (RFC 4514)': [
      { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: 'partner' },
      '/tls_client_auth_subject_dn',
      /in the form of RFC 4514/,
    ],
    'an address that is none': [
      { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_ip: 'partner.example' },
      '/tls_client_auth_san_ip',
      /IPv4 or IPv6/,
    ],
    'tokens that are bound to a key and to a certificate': [
      { dpop_bound_access_tokens: true, tls_client_certificate_bound_access_tokens: true },
      '/dpop_bound_access_tokens',
      /to a DPoP key or to a certificate/,
    ],
    'authorization_code without a redirect URI': [
      { grant_types: ['authorization_code'] },
      '/redirect_uris',
      /at least one redirect URI/,
    ],
    'a default_scope beyond scope': [
      { scope: 'read', default_scope: 'read write' },
      '/default_scope',
      /a part of scope/,
    ],
    'a jwks_uri with a user in it': [
      { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://me@keys.example/' },
      '/jwks_uri',
      /without user and fragment/,
    ],
    'a secret for a client that has no use for one': [
      { ...SIGNS, client_secret: 'a secret of my own' },
      '/client_secret',
      /private_key_jwt has no secret/,
    ],
  };

  for (const [what, [members, pointer, text]] of Object.entries(contradictions)) {
    test(`refuses ${what}, and makes nothing`, async () => {
      const id = `no-${what.replace(/[^a-z]/g, '')}`.slice(0, 60);
      const answer = await send('POST', '/clients', { client_id: id, ...members });
      assert.equal(answer.status, 422, answer.text);
      assert.deepEqual(pointersOf(answer), [pointer]);
      assert.match(String(answer.json()['detail']), text);
      assert.equal(
        answer.text.includes(privateJwk.d ?? ''),
        false,
        'a private key is not repeated',
      );
      assert.equal((await send('GET', `/clients/${id}`)).status, 404);
    });
  }

  const good: Readonly<Record<string, object>> = {
    'a key for private_key_jwt': SIGNS,
    'an RSA and an Ed25519 key': {
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: {
        keys: [
          jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey),
          jwkOf(generateKeyPairSync('ed25519').publicKey),
        ],
      },
      tls_client_certificate_bound_access_tokens: true,
    },
    'an address of keys': {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://keys.example/jwks?x=1',
      dpop_bound_access_tokens: true,
    },
    'the subject of a certificate': {
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_san_uri: 'urn:partner:1',
    },
    'no authentication, for a public client': {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1/back', 'com.example.app:/back'],
      require_pushed_authorization_requests: true,
      skip_consent: true,
      scope: 'read write',
      default_scope: 'read',
    },
  };

  for (const [what, members] of Object.entries(good)) {
    test(`takes ${what}, makes no secret, and takes back what GET returned`, async () => {
      const id = `yes-${what.replace(/[^a-z]/g, '')}`;
      const made = await send('POST', '/clients', { client_id: id, ...members });
      assert.equal(made.status, 201, made.text);
      assert.equal(made.json()['client_secret'], undefined);
      assert.equal(made.json()['client_secret_expires_at'], undefined);
      assert.deepEqual((await clients.store.read(id))?.value.secrets, []);
      const read = await another().send('GET', `/clients/${id}`);
      for (const [name, value] of Object.entries(members)) {
        assert.deepEqual(read.json()[name], value, name);
      }
      for (const method of ['PUT', 'PATCH']) {
        const again = await send(method, `/clients/${id}`, read.json(), { 'if-match': '*' });
        assert.equal(again.status, 200, again.text);
        assert.deepEqual(again.json(), read.json(), method);
      }
      const secret = await send('POST', `/clients/${id}/secrets`);
      assert.equal(secret.status, 422);
      assert.match(String(secret.json()['detail']), /has no secret\. Leave it out/);
      assert.deepEqual((await clients.store.read(id))?.value.secrets, []);
    });
  }

  test('PATCH with null takes keys and default scope away again (RFC 7396)', async () => {
    await send('POST', '/clients', {
      client_id: 'nulled',
      jwks: { keys: [publicJwk] },
      scope: 'a b',
      default_scope: 'a',
    });
    const nulled = { jwks: null, default_scope: null };
    const answer = await send('PATCH', '/clients/nulled', nulled, { 'if-match': '*' });
    assert.equal(answer.status, 200);
    const view = (await another().send('GET', '/clients/nulled')).json();
    assert.deepEqual([view['jwks'], view['default_scope']], [undefined, undefined]);
    const stored = (await another().clients.store.read('nulled'))?.value;
    assert.deepEqual([stored?.jwks, stored?.defaultScopes], [undefined, undefined]);
  });

  test('the trail names the members that have changed, optional ones too', async () => {
    await send('POST', '/clients', { client_id: 'noted', client_name: 'Noted' });
    const change = { jwks: { keys: [publicJwk] }, token_endpoint_auth_method: 'private_key_jwt' };
    await send('PATCH', '/clients/noted', change, { 'if-match': '*' });
    await send('PATCH', '/clients/noted', { jwks_uri: null }, { 'if-match': '*' });
    const trail = await send('GET', '/audit?action=client.change');
    const details = (trail.json()['items'] as { object: { name: string }; detail: string }[])
      .filter(({ object }) => object.name === 'noted')
      .map(({ detail }) => detail);
    assert.deepEqual(details.sort(), ['nothing changed', 'token_endpoint_auth_method, jwks']);
  });

  test('a row of the first version gets the defaults, and its tokens count from its registration', async () => {
    await openTables(storage).withTable('clients', (table) =>
      table.createEntity({
        partitionKey: 'of-first-version',
        rowKey: 'client',
        settings: JSON.stringify({
          clientId: 'of-first-version',
          clientName: 'Old',
          description: '',
          subscription: 'acmeiflmap',
          grantTypes: ['client_credentials'],
          scopes: ['a', 'b'],
          redirectUris: [],
          tokenEndpointAuthMethod: 'client_secret_post',
          accessTokenLifetime: 60,
          refreshTokenLifetime: 60,
          allowedOrigins: [],
          enabled: true,
          createdAt: 1000,
          updatedAt: 2000,
        }),
        secrets: '[]',
      }),
    );
    const client = (await clients.store.read('of-first-version'))?.value;
    assert.deepEqual(
      [client?.tokensFrom, client?.defaultScopes, client?.dpopBoundAccessTokens, client?.jwks],
      [1000, undefined, false, undefined],
    );
    const view = (await send('GET', '/clients/of-first-version')).json();
    const put = await send('PUT', '/clients/of-first-version', view, { 'if-match': '*' });
    assert.equal(put.status, 200, put.text);
    assert.equal((await clients.store.read('of-first-version'))?.value.tokensFrom, 1000);
  });
});
