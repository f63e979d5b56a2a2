import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJwksEndpoint } from '../../shared/jwt/jwks-endpoint.ts';
import { PUBLISH_AHEAD_MS, RETAIN_MS } from '../../shared/jwt/rotation.ts';
import { answerOf, makeCall } from '../support/call.ts';
import { testClock } from '../support/clock.ts';
import { openInstance, testKeys } from '../support/key-ring.ts';

async function open(algorithm: 'ES256' | 'RS256' | 'PS256' = 'ES256') {
  const clock = testClock();
  const { ring } = openInstance(await testKeys(), { clock, algorithm });
  const jwks = createJwksEndpoint({ ring, clock });
  const get = (headers: Record<string, string> = {}, method = 'GET') =>
    answerOf(jwks, makeCall({ method, path: '/oauth2/api/v1/jwks', headers }));
  const kids = async (): Promise<unknown[]> =>
    ((await get()).json()['keys'] as { kid: string }[]).map(({ kid }) => kid);
  return { clock, ring, get, kids };
}

test('shows the public members with kid, alg and use, and nothing else (RFC 7517 section 4)', async () => {
  const ec = await open();
  const [key] = (await ec.get()).json()['keys'] as Record<string, unknown>[];
  assert.deepEqual(Object.keys(key ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  assert.equal(key?.['kid'], (await ec.ring.signingKey()).kid);
  assert.equal(key['alg'], 'ES256');
  assert.equal(key['use'], 'sig');
  const rsa = await open('PS256');
  const [other] = (await rsa.get()).json()['keys'] as Record<string, unknown>[];
  assert.deepEqual(Object.keys(other ?? {}).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
  assert.equal(other?.['alg'], 'PS256');
});

test('may be kept for five minutes and read from any origin', async () => {
  const { get } = await open();
  const { status, headers } = await get();
  assert.equal(status, 200);
  assert.equal(headers.get('content-type'), 'application/json');
  assert.equal(headers.get('cache-control'), 'public, max-age=300');
  assert.equal(headers.get('access-control-allow-origin'), '*');
});

test('answers 304 to whoever has it, also with a weak tag or in a list (RFC 9110 section 13.1.2)', async () => {
  const { get, ring } = await open();
  const etag = (await get()).headers.get('etag') ?? '';
  for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const answer = await get({ 'if-none-match': tags });
    assert.deepEqual([answer.status, answer.text, answer.headers.get('etag')], [304, '', etag]);
  }
  assert.equal((await get({ 'if-none-match': '"other"' })).status, 200);
  await ring.rotate(true);
  assert.equal((await get({ 'if-none-match': etag })).status, 200);
});

test('answers HEAD as GET without the body, and other methods with 405 (RFC 9110 section 15.5.6)', async () => {
  const { get } = await open();
  const head = await get({}, 'HEAD');
  assert.deepEqual([head.status, head.text], [200, '']);
  assert.equal(head.headers.get('etag'), (await get()).headers.get('etag'));
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const answer = await get({}, method);
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD']);
  }
});

test('shows the next key ahead of its use and the previous one until its last token has ended', async () => {
  const { clock, ring, kids } = await open();
  const first = (await ring.signingKey()).kid;
  const second = (await ring.rotate(true)).newest.key.kid;
  assert.deepEqual(await kids(), [first, second]);
  assert.equal((await ring.signingKey()).kid, first);
  clock.advance(PUBLISH_AHEAD_MS);
  assert.equal((await ring.signingKey()).kid, second);
  clock.advance(RETAIN_MS - 1);
  assert.deepEqual(await kids(), [first, second]);
  clock.advance(1);
  assert.deepEqual(await kids(), [second]);
});
