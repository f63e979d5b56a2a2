import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Fault } from '../../shared/http/fault.ts';
import { createJwksEndpoint } from '../../shared/jwt/jwks-endpoint.ts';
import { createAccessTokenIssuer } from '../../shared/jwt/sign.ts';
import { makeKey, privateKeyOf } from '../../shared/jwt/signing-key.ts';
import { createAccessTokenVerifier } from '../../shared/jwt/verify.ts';
import { answerOf, makeCall } from '../support/call.ts';
import { testClock } from '../support/clock.ts';
import { es256, forgeToken } from '../support/forge-token.ts';
import { openInstance, testKeys } from '../support/key-ring.ts';

const grant = {
  subject: 'oauth_client_app',
  clientId: 'app',
  tokensFrom: 1,
  audience: 'flowgatetmn',
  lifetime: 3600,
  scope: '',
  roles: [],
};

const mismatch = (error: unknown): boolean =>
  error instanceof Fault && error.status === 503 && error.reason === 'master_key_mismatch';

test('a key that was put into storage without the master key is neither believed nor published', async () => {
  const keys = await testKeys();
  const clock = testClock();
  const { ring, store } = openInstance(keys, { clock });
  const own = await ring.signingKey();
  const { token } = await createAccessTokenIssuer({ ring, clock }).issue(grant);

  const theirs = randomBytes(32);
  // Older than ours, so that it does not sign and nobody notices it by that.
  const planted = await makeKey('ES256', theirs, { createdAt: 1, activeFrom: 1 });
  const { version } = await store.read();
  assert.ok(await store.change(version, { add: [planted], remove: [] }));

  const reader = openInstance(keys, { clock }).ring;
  const verifier = createAccessTokenVerifier({ ring: reader, clock });
  const claims = await verifier.verify(token);
  const header = { alg: 'ES256', typ: 'at+jwt', kid: planted.kid };
  const forged = forgeToken(header, claims, es256(privateKeyOf(planted, theirs)));
  await assert.rejects(verifier.verify(forged), mismatch);

  const jwks = createJwksEndpoint({ ring: reader, clock });
  const answer = await answerOf(jwks, makeCall({ path: '/oauth2/api/v1/jwks' }));
  const published = answer.json()['keys'] as { kid: string }[];
  assert.deepEqual(
    published.map(({ kid }) => kid),
    [own.kid],
  );
});

test('under another master key good tokens and the published keys are answered 503, not called wrong', async () => {
  const keys = await testKeys();
  const clock = testClock();
  const { ring } = openInstance(keys, { clock });
  const { token } = await createAccessTokenIssuer({ ring, clock }).issue(grant);
  const stranger = openInstance(keys, { clock, masterKey: randomBytes(32) }).ring;
  await assert.rejects(
    createAccessTokenVerifier({ ring: stranger, clock }).verify(token),
    mismatch,
  );
  const jwks = createJwksEndpoint({ ring: stranger, clock });
  await assert.rejects(async () => jwks(makeCall({ path: '/oauth2/api/v1/jwks' })), mismatch);
});
