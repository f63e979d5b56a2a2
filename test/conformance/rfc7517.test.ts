import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { before, test } from 'node:test';
import { decode, deploy, type Deployment, type Members } from './deployment.ts';

export const LOCAL_ONLY = 'makes a signing key, which stays';

let deployment: Deployment;
let keys: readonly Members[];

before(async () => {
  deployment = await deploy();
  // A second key, made ahead of its use, so that it is a set.
  const rotated = await deployment.admin.send('POST', '/registry/v1/keys');
  assert.equal(rotated.status, 201);
  keys = await publishedKeys();
});

async function publishedKeys(): Promise<readonly Members[]> {
  const response = await fetch(`${deployment.url}/oauth2/api/v1/jwks`);
  assert.equal(response.status, 200);
  return ((await response.json()) as { keys: Members[] }).keys;
}

test('RFC 7517 section 4: every key is a JSON object whose kty says what it is', () => {
  assert.equal(keys.length, 2);
  for (const key of keys) assert.equal(key['kty'], 'EC');
});

test('RFC 7517 section 4: no member is there twice', async () => {
  const text = await (await fetch(`${deployment.url}/oauth2/api/v1/jwks`)).text();
  for (const object of text.matchAll(/\{([^{}]*)\}/g)) {
    const names = [...(object[1] ?? '').matchAll(/"(\w+)":/g)].map(([, name]) => name);
    assert.equal(new Set(names).size, names.length, object[0]);
  }
});

test('RFC 7517 sections 4.2 and 4.4: use and alg say that a key verifies signatures of one algorithm', () => {
  for (const key of keys) assert.deepEqual([key['use'], key['alg']], ['sig', 'ES256']);
});

test('RFC 7517 section 4.3: key_ops is left out beside use', () => {
  for (const key of keys) assert.equal(Object.hasOwn(key, 'key_ops'), false);
});

test('RFC 7517 section 4.5: keys have kids of their own, and a token names the one it is signed with', () => {
  assert.equal(new Set(keys.map((key) => key['kid'])).size, keys.length);
  const { kid } = decode(deployment.token).header;
  const key = keys.find((one) => one['kid'] === kid);
  assert.ok(key);
  const [header, claims, signature = ''] = deployment.token.split('.');
  const good = verify(
    'sha256',
    Buffer.from(`${header ?? ''}.${claims ?? ''}`),
    { key: createPublicKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  assert.equal(good, true);
});

test('RFC 7517 section 5: the set is one object with the array keys, read with GET by anybody', async () => {
  const response = await fetch(`${deployment.url}/oauth2/api/v1/jwks`);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  const set = (await response.json()) as Members;
  assert.deepEqual(Object.keys(set), ['keys']);
  assert.ok(Array.isArray(set['keys']));
});

test('RFC 7517 section 9.2: no private member is in the set', () => {
  for (const key of keys) {
    assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  }
});

test('RFC 7518 section 6.2.1: EC keys name their curve and hold coordinates of its full length', () => {
  for (const key of keys) {
    assert.equal(key['crv'], 'P-256');
    for (const name of ['x', 'y']) {
      assert.match(String(key[name]), /^[A-Za-z0-9_-]{43}$/);
      assert.equal(Buffer.from(String(key[name]), 'base64url').length, 32);
    }
  }
});

test('RFC 7638 section 3: a kid is the thumbprint of its key', () => {
  for (const { kid, crv, kty, x, y } of keys) {
    const text = JSON.stringify({ crv, kty, x, y });
    assert.equal(createHash('sha256').update(text).digest('base64url'), kid);
  }
});

test('RFC 7517 section 5: the alias of the address has the same set', async () => {
  const response = await fetch(`${deployment.url}/token_keys`);
  assert.deepEqual(((await response.json()) as { keys: unknown }).keys, keys);
});
