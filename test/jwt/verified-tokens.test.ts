import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAccessTokenIssuer } from '../../shared/jwt/sign.ts';
import { TokenFault } from '../../shared/jwt/types.ts';
import { createAccessTokenVerifier } from '../../shared/jwt/verify.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testClock } from '../support/clock.ts';
import { forgeToken } from '../support/forge-token.ts';
import { openInstance, testKeys } from '../support/key-ring.ts';
import { claims, grant, openVerifier } from './forged-tokens.ts';

const { header, signOurs } = await openVerifier();

test('a token seen before is answered from memory until the second of exp', async () => {
  const time = testClock();
  const keys = await testKeys();
  const { ring, reads } = openInstance(keys, { clock: time });
  const own = createAccessTokenVerifier({ ring, clock: time });
  const { token } = await createAccessTokenIssuer({ ring, clock: time }).issue(grant);
  const first = await own.verify(token);
  assert.ok(Object.isFrozen(first) && Object.isFrozen(first.roles));
  const readsBefore = reads();
  time.advance(59_000);
  assert.equal(await own.verify(token), first);
  assert.equal(reads(), readsBefore);
  time.advance(1000);
  await assert.rejects(
    own.verify(token),
    (error: unknown) => error instanceof TokenFault && error.reason === 'expired',
  );
});

test('a token seen before is refused once its key has been taken out of the ring', async () => {
  const time = testClock();
  const keys = await testKeys();
  const { ring, store } = openInstance(keys, { clock: time });
  const own = createAccessTokenVerifier({ ring, clock: time });
  const { token } = await createAccessTokenIssuer({ ring, clock: time }).issue({
    ...grant,
    lifetime: 3600,
  });
  await own.verify(token);
  const { version, keys: stored } = await store.read();
  await store.change(version, { add: [], remove: stored.map((key) => key.kid) });
  time.advance(301_000);
  await assert.rejects(
    own.verify(token),
    (error: unknown) => error instanceof TokenFault && error.check === 'kid',
  );
});

test('forged kids make an instance read the ring at most once in 5 seconds', async () => {
  const time = testClock();
  const { ring, reads } = openInstance(await testKeys(), { clock: time });
  const own = createAccessTokenVerifier({ ring, clock: time });
  const attack = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) {
      await assert.rejects(own.verify(forgeToken({ ...header, kid: `k${i}` }, claims, signOurs)));
    }
  };
  await attack();
  const atStart = reads();
  await attack();
  assert.equal(reads(), atStart);
  time.advance(5001);
  await attack();
  assert.equal(reads(), atStart + 1);
});

test('a token of an instance that has just begun with another issuer is good everywhere at once', async () => {
  const time = testClock();
  const keys = await testKeys();
  const old = openInstance(keys, { clock: time, issuer: 'http://localhost:7071' });
  const own = createAccessTokenVerifier({ ring: old.ring, clock: time });
  await old.ring.view();
  time.advance(1);
  const fresh = openInstance(keys, { clock: time, issuer: 'http://localhost:7072' });
  const { token } = await createAccessTokenIssuer({ ring: fresh.ring, clock: time }).issue(grant);
  assert.equal((await own.verify(token)).iss, 'http://localhost:7072');
});

test('while storage is away, tokens seen before stay good', async () => {
  const time = testClock();
  const keys = await testKeys();
  const { ring } = openInstance(keys, { clock: time });
  const own = createAccessTokenVerifier({ ring, clock: time });
  const { token } = await createAccessTokenIssuer({ ring, clock: time }).issue({
    ...grant,
    lifetime: 3600,
  });
  await openTables(keys.storage).table('keys').deleteTable();
  time.advance(50_000);
  assert.equal((await own.verify(token)).sub, 's');
});
