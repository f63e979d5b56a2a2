import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Fault } from '../../shared/http/fault.ts';
import { PUBLISH_AHEAD_MS, RETAIN_MS, RING_STALE_MS } from '../../shared/jwt/rotation.ts';
import { thumbprint } from '../../shared/jwt/signing-key.ts';
import { testClock } from '../support/clock.ts';
import { openInstance, testKeys } from '../support/key-ring.ts';

const DAY = 86_400_000;

test('instances that start at once make one first key between them', async () => {
  const keys = await testKeys();
  const instances = Array.from({ length: 6 }, () => openInstance(keys));
  const signing = await Promise.all(instances.map(({ ring }) => ring.signingKey()));
  assert.equal(new Set(signing.map((key) => key.kid)).size, 1);
  assert.equal((await openInstance(keys).store.read()).keys.length, 1);
});

test('a kid is the RFC 7638 thumbprint (its section 3.1 example)', () => {
  assert.equal(
    thumbprint({
      kty: 'RSA',
      n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
      e: 'AQAB',
      alg: 'RS256',
      kid: '2011-04-29',
    }),
    'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  );
});

test('storage holds the private key only encrypted, and the public key without private members', async () => {
  const keys = await testKeys();
  const { ring, store } = openInstance(keys);
  const { privateKey } = await ring.signingKey();
  const stored = JSON.stringify(await store.read());
  const { d, ...publicMembers } = privateKey.export({ format: 'jwk' });
  assert.ok(d !== undefined && !stored.includes(d));
  assert.deepEqual((await store.read()).keys[0]?.publicJwk, publicMembers);
});

test('a ring under another master key is refused with 503, and no new key is made', async () => {
  const keys = await testKeys();
  const clock = testClock();
  await openInstance(keys, { clock }).ring.signingKey();
  clock.advance(400 * DAY);
  const stranger = openInstance(keys, { clock, masterKey: randomBytes(32) });
  const mismatch = (error: unknown): boolean =>
    error instanceof Fault &&
    error.status === 503 &&
    error.reason === 'master_key_mismatch' &&
    !error.message.includes('MASTER_KEY') &&
    error.cause instanceof Error &&
    error.cause.message.includes('FLOWGATE_MASTER_KEY');
  await assert.rejects(stranger.ring.signingKey(), mismatch);
  await assert.rejects(stranger.ring.rotate(), mismatch);
  await assert.rejects(stranger.ring.rotate(true), mismatch);
  assert.equal((await stranger.store.read()).keys.length, 1);
});

test('a private key that was moved to the row of another key does not open', async () => {
  const keys = await testKeys();
  const clock = testClock();
  const { ring, store } = openInstance(keys, { clock });
  await ring.rotate(true);
  const { newest } = await ring.rotate(true);
  const before = await store.read();
  const first = before.keys.find((key) => key.kid !== newest.key.kid);
  assert.ok(first !== undefined);
  await store.change(before.version, { add: [], remove: [newest.key.kid] });
  const moved = { ...newest.key, sealedPrivateKey: first.sealedPrivateKey };
  await store.change((await store.read()).version, { add: [moved], remove: [] });
  clock.advance(PUBLISH_AHEAD_MS);
  await assert.rejects(
    openInstance(keys, { clock }).ring.signingKey(),
    (error: unknown) => error instanceof Fault && error.reason === 'master_key_mismatch',
  );
});

test('a public key that does not belong to its kid is not trusted', async () => {
  const keys = await testKeys();
  const other = await testKeys();
  const { store } = openInstance(keys);
  await openInstance(keys).ring.signingKey();
  await openInstance(other).ring.signingKey();
  const before = await store.read();
  const [own] = before.keys;
  const [foreign] = (await openInstance(other).store.read()).keys;
  assert.ok(own !== undefined && foreign !== undefined);
  await store.change(before.version, { add: [], remove: [own.kid] });
  const forged = { ...own, publicJwk: foreign.publicJwk };
  await store.change((await store.read()).version, { add: [forged], remove: [] });
  await assert.rejects(openInstance(keys).ring.view(), /is not that key/);
});

test('rotations at once and again make one next key, which signs when its time has come', async () => {
  const keys = await testKeys();
  const clock = testClock();
  const instances = Array.from({ length: 4 }, () => openInstance(keys, { clock }));
  const first = await instances[0]?.ring.signingKey();
  const rotations = await Promise.all(instances.map(({ ring }) => ring.rotate(true)));
  assert.equal(rotations.filter(({ made }) => made).length, 1);
  assert.equal(new Set(rotations.map(({ newest }) => newest.key.kid)).size, 1);
  const again = await instances[0]?.ring.rotate(true);
  assert.equal(again?.made, false);
  assert.equal(again.newest.state, 'next');
  for (const { ring } of instances) assert.equal((await ring.signingKey()).kid, first?.kid);
  clock.advance(PUBLISH_AHEAD_MS);
  for (const { ring } of instances) {
    assert.equal((await ring.signingKey()).kid, again.newest.key.kid);
  }
});

test('the daily rotation does nothing to a young key and replaces one of the age set', async () => {
  const keys = await testKeys();
  const clock = testClock();
  const { ring } = openInstance(keys, { clock, rotationDays: 30 });
  const first = await ring.signingKey();
  clock.advance(29 * DAY);
  assert.equal((await ring.rotate()).made, false);
  clock.advance(DAY);
  const second = await ring.rotate();
  assert.equal(second.made, true);
  clock.advance(PUBLISH_AHEAD_MS + RETAIN_MS - 1);
  await ring.rotate();
  assert.ok((await ring.view()).byKid.has(first.kid));
  clock.advance(1);
  await ring.rotate();
  assert.deepEqual([...(await ring.view()).byKid.keys()], [second.newest.key.kid]);
});

for (const algorithm of ['RS256', 'PS256'] as const) {
  test(`${algorithm} by setting makes an RSA key of 2048 bits, and the ES256 key stays`, async () => {
    const keys = await testKeys();
    const clock = testClock();
    const before = await openInstance(keys, { clock }).ring.signingKey();
    const { ring } = openInstance(keys, { clock, algorithm });
    assert.equal((await ring.rotate()).made, true);
    clock.advance(PUBLISH_AHEAD_MS);
    const after = await ring.signingKey();
    assert.equal(after.alg, algorithm);
    assert.equal(after.privateKey.asymmetricKeyDetails?.modulusLength, 2048);
    assert.equal((await ring.view()).byKid.get(before.kid)?.alg, 'ES256');
  });
}

test('every key that is made or removed is told once, by the instance that did it', async () => {
  const keys = await testKeys();
  const clock = testClock();
  const told: unknown[] = [];
  const open = () => openInstance(keys, { clock, onChange: (change) => told.push(change) }).ring;
  const [one, other] = [open(), open()];
  const [first] = await Promise.all([one.signingKey(), other.signingKey()]);
  const { newest } = await one.rotate(true);
  await other.rotate(true);
  clock.advance(PUBLISH_AHEAD_MS + RETAIN_MS);
  await Promise.all([one.rotate(), other.rotate()]);
  assert.deepEqual(told, [
    { made: first.kid, removed: [] },
    { made: newest.key.kid, removed: [] },
    { made: undefined, removed: [first.kid] },
  ]);
});

test('a stale version changes nothing', async () => {
  const keys = await testKeys();
  const { ring, store } = openInstance(keys);
  await ring.signingKey();
  const before = await store.read();
  const [key] = before.keys;
  assert.ok(key !== undefined);
  await ring.rotate(true);
  assert.equal(await store.change(before.version, { add: [], remove: [key.kid] }), false);
  assert.equal(await store.change(undefined, { add: [], remove: [key.kid] }), false);
  assert.equal((await store.read()).keys.length, 2);
});

test('a ring is served from memory, and never older than five minutes', async () => {
  const keys = await testKeys();
  const clock = testClock();
  const { ring, reads } = openInstance(keys, { clock });
  await ring.signingKey();
  const atStart = reads();
  clock.advance(50_000);
  for (let i = 0; i < 10; i += 1) await ring.signingKey();
  assert.equal(reads(), atStart);
  const { newest } = await openInstance(keys, { clock }).ring.rotate(true);
  assert.equal((await ring.view()).byKid.has(newest.key.kid), false);
  clock.advance(RING_STALE_MS + 1);
  assert.equal((await ring.view()).byKid.has(newest.key.kid), true);
});

test('every issuer that was used stays the deployment’s own', async () => {
  const keys = await testKeys();
  await openInstance(keys, { issuer: 'http://localhost:7071' }).ring.view();
  await openInstance(keys, { issuer: 'http://localhost:7072' }).ring.view();
  const { ring } = openInstance(keys, { issuer: 'http://localhost:7072' });
  assert.deepEqual([...(await ring.view()).issuers].sort(), [
    'http://localhost:7071',
    'http://localhost:7072',
  ]);
});
