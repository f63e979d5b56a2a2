import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import jsonwebtoken from 'jsonwebtoken';
import * as oauth from 'oauth4webapi';
import { createJwksEndpoint } from '../../shared/jwt/jwks-endpoint.ts';
import { createAccessTokenIssuer } from '../../shared/jwt/sign.ts';
import { MAX_TOKEN_LENGTH } from '../../shared/jwt/compact.ts';
import { systemClock } from '../../shared/config/clock.ts';
import { answerOf, makeCall } from '../support/call.ts';
import { testClock } from '../support/clock.ts';
import { openInstance, type TestKeys, testKeys } from '../support/key-ring.ts';

const clock = testClock();
let keys: TestKeys;
before(async () => {
  keys = await testKeys();
});

const grant = {
  subject: 'oauth_client_app',
  clientId: 'app',
  tokensFrom: 0,
  audience: 'flowgateiflmap',
  lifetime: 3600,
  scope: 'a b',
  roles: ['ESBMessaging.send'],
};

test('signs the claims of RFC 9068 section 2.2, and the header of section 2.1', async () => {
  const { ring } = openInstance(keys, { clock });
  const { token } = await createAccessTokenIssuer({ ring, clock }).issue(grant);
  const decoded = jsonwebtoken.decode(token, { complete: true });
  const { kid } = await ring.signingKey();
  assert.deepEqual(decoded?.header, { alg: 'ES256', typ: 'at+jwt', kid });
  const payload = decoded.payload as jsonwebtoken.JwtPayload;
  const iat = clock.now() / 1000;
  assert.match(payload.jti ?? '', /^A{8}[A-Za-z0-9_-]{22}$/);
  assert.deepEqual(payload, {
    iss: 'https://flowgate.example',
    sub: 'oauth_client_app',
    client_id: 'app',
    aud: 'flowgateiflmap',
    exp: iat + 3600,
    iat,
    jti: payload.jti,
    scope: 'a b',
    roles: ['ESBMessaging.send'],
  });
});

test('leaves scope out where there is none, and gives every token a jti of its own', async () => {
  const issuer = createAccessTokenIssuer({ ring: openInstance(keys, { clock }).ring, clock });
  const payloads = await Promise.all(
    [1, 2].map(async () =>
      jsonwebtoken.decode((await issuer.issue({ ...grant, scope: '' })).token),
    ),
  );
  const [one, two] = payloads as jsonwebtoken.JwtPayload[];
  assert.ok(one !== undefined && two !== undefined);
  assert.equal('scope' in one, false);
  assert.notEqual(one.jti, two.jti);
});

test('leaves roles out where they would make the token too long for a header', async () => {
  const { ring } = openInstance(keys, { clock });
  const roles = Array.from({ length: 1000 }, (_, i) => `Role.with.a.long.name.${i}`);
  const { token } = await createAccessTokenIssuer({ ring, clock }).issue({ ...grant, roles });
  assert.ok(token.length < MAX_TOKEN_LENGTH / 2);
  assert.equal('roles' in (jsonwebtoken.decode(token) as jsonwebtoken.JwtPayload), false);
});

for (const algorithm of ['ES256', 'RS256', 'PS256'] as const) {
  test(`a resource server of another make takes our ${algorithm} token with our JWKS (oauth4webapi)`, async () => {
    const { ring } = openInstance(await testKeys(), { clock: systemClock, algorithm });
    const { token } = await createAccessTokenIssuer({ ring, clock: systemClock }).issue(grant);
    const jwks = createJwksEndpoint({ ring, clock: systemClock });
    const claims = await oauth.validateJwtAccessToken(
      { issuer: 'https://flowgate.example', jwks_uri: 'https://flowgate.example/jwks' },
      new Request('https://resource.example/', { headers: { authorization: `Bearer ${token}` } }),
      'flowgateiflmap',
      {
        signingAlgorithms: [algorithm],
        [oauth.customFetch]: async () => {
          const { status, headers, text } = await answerOf(jwks, makeCall({ path: '/jwks' }));
          return new Response(text, { status, headers });
        },
      },
    );
    assert.equal(claims.sub, 'oauth_client_app');
  });
}
