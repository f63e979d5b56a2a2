import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeysApi } from '../../shared/registry/api/keys.ts';
import { PUBLISH_AHEAD_MS, RETAIN_MS } from '../../shared/jwt/rotation.ts';
import { BearerFault, type BearerGate } from '../../shared/oauth/gate.ts';
import { testTrail } from '../support/audit.ts';
import { answerOf, makeCall } from '../support/call.ts';
import { testClock } from '../support/clock.ts';
import { openInstance, testKeys } from '../support/key-ring.ts';

/** Lets a caller in who has `role`; the gate itself is tested in test/oauth. */
function gateFor(role: string | undefined): BearerGate {
  return {
    authenticate: (_call, subscription) => {
      if (role === undefined) throw new BearerFault('missing_token', 'No token.');
      const claims = { iss: '', sub: 'u', client_id: 'c', aud: '', exp: 0, iat: 0, jti: '' };
      return Promise.resolve({ user: 'u', clientId: 'c', subscription, claims });
    },
    hasRole: (_caller, oneOf) => Promise.resolve(role !== undefined && oneOf.includes(role)),
    requireRole: (_caller, oneOf) => {
      if (role === undefined || !oneOf.includes(role)) {
        throw new BearerFault('missing_role', `Needs ${oneOf.join()}.`);
      }
      return Promise.resolve();
    },
  };
}

async function open() {
  const clock = testClock();
  const trail = testTrail();
  const { ring, store } = openInstance(await testKeys(), { clock });
  const send = (method: string, role: string | undefined) =>
    answerOf(
      createKeysApi({ ring, gate: gateFor(role), subscription: 'flowgatetmn', trail }),
      makeCall({ method, path: '/registry/v1/keys' }),
    );
  return { clock, ring, store, send, trail };
}

test('GET lists the ring without any private part', async () => {
  const { clock, ring, send } = await open();
  const { kid } = await ring.signingKey();
  const { newest } = await ring.rotate(true);
  const created = new Date(clock.now()).toISOString();
  const active = new Date(clock.now() + PUBLISH_AHEAD_MS).toISOString();
  const answer = await send('GET', 'AuthGroup.Administrator');
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json(), {
    items: [
      {
        kid,
        alg: 'ES256',
        state: 'current',
        created_at: created,
        active_from: created,
        removed_after: new Date(clock.now() + PUBLISH_AHEAD_MS + RETAIN_MS).toISOString(),
      },
      {
        kid: newest.key.kid,
        alg: 'ES256',
        state: 'next',
        created_at: created,
        active_from: active,
      },
    ],
    next_cursor: null,
  });
});

test('POST makes the next key with 201, and says 200 while it waits for its turn', async () => {
  const { clock, ring, store, send } = await open();
  await ring.signingKey();
  const made = await send('POST', 'AuthGroup.Administrator');
  assert.equal(made.status, 201);
  assert.equal(made.json()['state'], 'next');
  const again = await send('POST', 'AuthGroup.Administrator');
  assert.equal(again.status, 200);
  assert.deepEqual(again.json(), made.json());
  assert.equal((await store.read()).keys.length, 2);
  clock.advance(PUBLISH_AHEAD_MS);
  assert.equal((await ring.signingKey()).kid, made.json()['kid']);
  assert.equal((await send('POST', 'AuthGroup.Administrator')).status, 201);
});

test('a rotation on command is listed with the key and whoever asked for it', async () => {
  const { ring, send, trail } = await open();
  await ring.signingKey();
  const made = await send('POST', 'AuthGroup.Administrator');
  await send('POST', 'AuthGroup.Administrator');
  await send('GET', 'AuthGroup.Administrator');
  await send('POST', 'AuthGroup.ReadOnly');
  assert.deepEqual(
    trail.events.map(({ action, actor, note }) => [action, actor, note]),
    ['made the next key', 'the next key was there already'].map((detail) => [
      'key.rotate',
      'u',
      { name: made.json()['kid'], detail },
    ]),
  );
});

test('a reader may list and may not rotate', async () => {
  const { ring, store, send } = await open();
  await ring.signingKey();
  assert.equal((await send('GET', 'AuthGroup.ReadOnly')).status, 200);
  assert.equal((await send('POST', 'AuthGroup.ReadOnly')).status, 403);
  assert.equal((await store.read()).keys.length, 1);
});

test('nobody lists or rotates without a token or with another role', async () => {
  const { ring, store, send } = await open();
  await ring.signingKey();
  for (const method of ['GET', 'POST']) {
    assert.equal((await send(method, undefined)).status, 401);
    assert.equal((await send(method, 'AuthGroup.IntegrationDeveloper')).status, 403);
  }
  assert.equal((await store.read()).keys.length, 1);
});

test('other methods are answered with 405', async () => {
  const { send } = await open();
  const allow = 'GET, HEAD, POST, OPTIONS';
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    const answer = await send(method, 'AuthGroup.Administrator');
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, allow]);
  }
  const options = await send('OPTIONS', undefined);
  assert.deepEqual([options.status, options.headers.get('allow')], [204, allow]);
});
