import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { before, test } from 'node:test';
import { testStorage } from '../support/azurite.ts';
import { es256, forgeToken } from '../support/forge-token.ts';
import { fetchToken, manage, startInstance } from '../support/instance.ts';
import { keysOf } from '../support/instance-keys.ts';
import type { OwnTarget } from '../support/target.ts';
import { decode, type Deployment, deployOwn, type Members, membersOf } from './deployment.ts';

export const LOCAL_ONLY = 'forges tokens with the signing key out of storage';

let deployment: Deployment & OwnTarget;
let header: Members;
let claims: Members;
let sign: (input: string) => Buffer;

before(async () => {
  deployment = await deployOwn();
  ({ header, claims } = decode(deployment.token));
  sign = es256((await keysOf(deployment.storage)).signing.privateKey);
});

async function reasonFor(token: string): Promise<unknown> {
  const response = await deployment.call({ authorization: `Bearer ${token}` });
  assert.equal(response.status, 401);
  assert.match(response.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
  return (await membersOf(response))['reason'];
}

test('RFC 9068 section 2.1: RS256 is among the algorithms: a deployment set to it signs and verifies so', async () => {
  const instance = await startInstance(await testStorage(), { FLOWGATE_SIGNING_ALG: 'RS256' });
  const admin = await manage(instance);
  const client = await admin.registerClient();
  const token = await fetchToken(instance.url, client.id, client.secret);
  const { alg, kid } = decode(token).header;
  assert.equal(alg, 'RS256');
  const jwks = await fetch(`${instance.url}/oauth2/api/v1/jwks`);
  const { keys } = (await jwks.json()) as { keys: Members[] };
  const key = keys.find((one) => one['kid'] === kid);
  assert.deepEqual([key?.['kty'], key?.['alg']], ['RSA', 'RS256']);
  const [first, second, third = ''] = token.split('.');
  const good = verify(
    'sha256',
    Buffer.from(`${first ?? ''}.${second ?? ''}`),
    createPublicKey({ key: key ?? {}, format: 'jwk' }),
    Buffer.from(third, 'base64url'),
  );
  assert.equal(good, true);
  const listed = await admin.send('GET', '/registry/v1/clients');
  assert.equal(listed.status, 200);
  await instance.stop();
});

test('RFC 9068 section 4: typ is checked, at+jwt with and without application/ and in any case', async () => {
  for (const typ of ['AT+JWT', 'application/at+jwt']) {
    const token = forgeToken({ ...header, typ }, claims, sign);
    const response = await deployment.call({ authorization: `Bearer ${token}` });
    assert.equal(response.status, 200, typ);
  }
  for (const typ of ['JWT', undefined]) {
    assert.equal(await reasonFor(forgeToken({ ...header, typ }, claims, sign)), 'invalid_token');
  }
});

test('RFC 9068 section 4: iss, aud, signature and exp are checked, and none is no algorithm', async () => {
  const now = Math.floor(Date.now() / 1000);
  const refusals: readonly (readonly [Members, Members, string])[] = [
    [{}, { iss: 'https://evil.example' }, 'invalid_token'],
    [{}, { aud: 'otheriflmap' }, 'wrong_subscription'],
    [{}, { iat: now - 10, exp: now - 1 }, 'expired'],
    [{ alg: 'none' }, {}, 'invalid_token'],
  ];
  for (const [inHeader, inClaims, reason] of refusals) {
    const token = forgeToken({ ...header, ...inHeader }, { ...claims, ...inClaims }, sign);
    assert.equal(await reasonFor(token), reason);
  }
  const unsigned = forgeToken(header, claims, () => Buffer.alloc(64, 1));
  assert.equal(await reasonFor(unsigned), 'invalid_token');
});

test('RFC 9068 section 4: a token without any one of the required claims is refused', async () => {
  for (const name of ['iss', 'sub', 'client_id', 'aud', 'exp', 'iat', 'jti']) {
    const token = forgeToken(header, { ...claims, [name]: undefined }, sign);
    assert.equal(await reasonFor(token), 'invalid_token', name);
  }
});

test('RFC 9068 section 4: roles and scope in a token grant nothing that the registry does not', async () => {
  const client = await deployment.admin.registerClient([]);
  const own = decode(await fetchToken(deployment.url, client.id, client.secret));
  const inflated = { ...own.claims, roles: ['ESBMessaging.send'], scope: 'read write' };
  const response = await deployment.call({
    authorization: `Bearer ${forgeToken(own.header, inflated, sign)}`,
  });
  assert.deepEqual([response.status, (await membersOf(response))['reason']], [403, 'missing_role']);
});
