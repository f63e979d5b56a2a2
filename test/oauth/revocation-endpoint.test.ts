import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Fault } from '../../shared/http/fault.ts';
import { createAccessTokenIssuer } from '../../shared/jwt/sign.ts';
import { createAccessTokenVerifier } from '../../shared/jwt/verify.ts';
import { clientSecret } from '../../shared/oauth/client-authentication/client-secret.ts';
import { oauthSurface } from '../../shared/oauth/errors.ts';
import { createRefreshTokens } from '../../shared/oauth/refresh-tokens.ts';
import { createRevocationEndpoint } from '../../shared/oauth/revocation-endpoint.ts';
import { testThrottle, testTrail } from '../support/audit.ts';
import { answerOf, makeCall } from '../support/call.ts';
import { testClock } from '../support/clock.ts';
import { openInstance, type TestInstance, testKeys } from '../support/key-ring.ts';
import {
  basic,
  originsOf,
  someClient,
  testDirectory,
  testRevocations,
  testRoles,
  testSecrets,
} from '../support/oauth.ts';

const SECRET = 'a secret of sixteen and more';
const ORIGIN = 'https://app.example';

let instance: TestInstance;

before(async () => {
  instance = openInstance(await testKeys());
});

/** The endpoint, for the client `app` with pages at {@link ORIGIN}, and a token of it. */
async function open() {
  const clock = testClock();
  const { ring } = instance;
  const clients = testDirectory(someClient({ allowedOrigins: [ORIGIN] }));
  const revocations = testRevocations();
  const trail = testTrail();
  const throttle = testThrottle();
  const handle = createRevocationEndpoint({
    clients,
    clock,
    revocations,
    throttle,
    audit: trail,
    roles: testRoles(),
    origins: originsOf(clients),
    wait: () => Promise.resolve(),
    methods: [clientSecret(testSecrets(() => SECRET))],
    verifier: createAccessTokenVerifier({ ring, clock }),
    refreshTokens: createRefreshTokens(Buffer.alloc(32, 7)),
    grants: { find: () => Promise.resolve(undefined) },
    endGrant: () => Promise.resolve(),
  });
  const { token, claims } = await createAccessTokenIssuer({ ring, clock }).issue({
    subject: 'oauth_client_app',
    clientId: 'app',
    tokensFrom: 0,
    audience: 'flowgateiflmap',
    lifetime: 3600,
    scope: '',
    roles: [],
  });
  return {
    ...{ revocations, throttle, trail, claims },
    revokeFrom: (origin: string) =>
      answerOf(
        handle,
        makeCall({
          method: 'POST',
          path: '/oauth2/api/v1/revoke',
          body: new URLSearchParams({ token }).toString(),
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            authorization: basic('app', SECRET),
            origin,
          },
        }),
        oauthSurface,
      ),
  };
}

test('a page of an allowed origin may read that nothing was revoked, and when to come back; the same request mends it', async () => {
  const { revocations, revokeFrom, trail, claims } = await open();
  const working = revocations.revokeToken.bind(revocations);
  revocations.revokeToken = () => Promise.reject(Fault.unavailable('The list is full.', 60));
  const allowed = await revokeFrom(ORIGIN);
  assert.deepEqual([allowed.status, allowed.headers.get('retry-after')], [503, '60']);
  assert.deepEqual(allowed.json(), {
    error: 'temporarily_unavailable',
    error_description: 'The list is full.',
  });
  assert.equal(allowed.headers.get('access-control-allow-origin'), ORIGIN);
  assert.match(allowed.headers.get('access-control-expose-headers') ?? '', /Retry-After/);
  const other = await revokeFrom('https://other.example');
  assert.deepEqual([other.status, other.headers.get('retry-after')], [503, '60']);
  assert.equal(other.headers.get('access-control-allow-origin'), null);
  assert.deepEqual([revocations.revoked.size, trail.events.length], [0, 0]);
  revocations.revokeToken = working;
  const mended = await revokeFrom(ORIGIN);
  assert.deepEqual([mended.status, mended.text], [200, '']);
  assert.equal(mended.headers.get('access-control-allow-origin'), ORIGIN);
  assert.deepEqual([...revocations.revoked], [claims.jti]);
  assert.deepEqual(
    trail.events.map(({ action, outcome }) => [action, outcome]),
    [['token.revoke', undefined]],
  );
});

test('before it is known which client asks, no page may read the answer', async () => {
  const { throttle, revokeFrom } = await open();
  throttle.closed = new Fault(429, 'Too many have failed.', {
    reason: 'throttled',
    headers: { 'Retry-After': '60' },
  });
  const answer = await revokeFrom(ORIGIN);
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [429, '60']);
  assert.equal(answer.headers.get('access-control-allow-origin'), null);
});
