import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { suite, test } from 'node:test';
import { Fault } from '../../shared/http/fault.ts';
import type { ForeignAlgorithm } from '../../shared/jwt/public-keys.ts';
import { KEYS_UNAVAILABLE } from '../../shared/jwt/keys-unavailable.ts';
import type { RemoteKeys } from '../../shared/jwt/remote-keys.ts';
import {
  ASSERTION_TYPE,
  audiencesOf,
} from '../../shared/oauth/client-authentication/client-assertion.ts';
import { clientIdAlone } from '../../shared/oauth/client-authentication/client-id-alone.ts';
import { clientKeys } from '../../shared/oauth/client-authentication/client-keys.ts';
import { clientSecret } from '../../shared/oauth/client-authentication/client-secret.ts';
import { privateKeyJwt } from '../../shared/oauth/client-authentication/private-key-jwt.ts';
import type { Client } from '../../shared/registry/client.ts';
import { es256, forgeToken } from '../support/forge-token.ts';
import { someClient, testOneTimeValues, testSecrets } from '../support/oauth.ts';
import { makeIssuerKey } from '../support/other-issuer.ts';
import { FORM, SECRET, type TokenEndpoint, tokenEndpoints } from './open-token-endpoint.ts';

const ISSUER = 'https://flowgate.example';
const key = makeIssuerKey('k1');
const stranger = makeIssuerKey('k1');

const away = new Fault(503, 'The keys cannot be fetched.', { reason: KEYS_UNAVAILABLE });
let problem: Fault;
/** Clients whose keys are published elsewhere, as often as they were asked for. */
let sought: string[];
const remote: RemoteKeys = {
  select: () => Promise.reject(problem),
  keyFor: () => assert.fail('It is selected.'),
};
let used = testOneTimeValues();
const open = tokenEndpoints((clock) => {
  used = testOneTimeValues();
  problem = away;
  sought = [];
  const keys = clientKeys(({ clientId }) => {
    sought.push(clientId);
    return Promise.resolve(remote);
  });
  return {
    methods: [
      clientSecret(testSecrets(() => SECRET)),
      privateKeyJwt({ audiences: audiencesOf([ISSUER]), keys, used, clock }),
      clientIdAlone({}),
    ],
  };
});

const signing = (changes: Partial<Client> = {}): Client =>
  someClient({
    tokenEndpointAuthMethod: 'private_key_jwt',
    jwks: { keys: [key.jwk] },
    ...changes,
  });

const claimsAt = (now: number): Record<string, unknown> => ({
  iss: 'app',
  sub: 'app',
  aud: ISSUER,
  exp: now / 1000 + 60,
  iat: now / 1000,
  jti: 'j1',
});

const send = (
  endpoint: TokenEndpoint,
  assertion: string | undefined,
  more: Readonly<Record<string, string>> = {},
) =>
  endpoint.send({
    type: FORM,
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      ...(assertion === undefined ? {} : { client_assertion: assertion }),
      ...more,
    }).toString(),
  });

test('a client gets a token for a JWT that it has signed, with client_id or without (RFC 7523 section 2.2)', async () => {
  const endpoint = open(signing());
  const claims = claimsAt(endpoint.clock.now());
  const answer = await send(endpoint, key.sign(claims));
  assert.equal(answer.status, 200, answer.text);
  assert.equal((await endpoint.claimsOf(answer)).client_id, 'app');
  const other = await send(endpoint, key.sign({ ...claims, jti: 'j2' }), { client_id: 'app' });
  assert.equal(other.status, 200, other.text);
  assert.deepEqual(
    used.used.map(({ purpose, value }) => [purpose, value]),
    [
      ['client_assertion', 'app j1'],
      ['client_assertion', 'app j2'],
    ],
  );
  const [first] = used.used;
  assert.ok(
    Number(first?.expiresAt) >= Number(claims['exp']) * 1000 + 30_000,
    'kept past its life',
  );
  assert.deepEqual(endpoint.throttle.failures, []);
});

for (const alg of ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const) {
  test(`takes a JWT signed with ${alg}`, async () => {
    const signer = makeIssuerKey('k', alg);
    const endpoint = open(signing({ jwks: { keys: [signer.jwk] } }));
    const answer = await send(endpoint, signer.sign(claimsAt(endpoint.clock.now())));
    assert.equal(answer.status, 200, answer.text);
  });
}

for (const typ of [
  undefined,
  'JWT',
  'jwt',
  'application/jwt',
  'client-authentication+jwt',
  'application/client-authentication+jwt',
]) {
  test(`takes a JWT whose typ is ${typ ?? 'left out'}`, async () => {
    const endpoint = open(signing());
    const answer = await send(endpoint, key.sign(claimsAt(endpoint.clock.now()), { typ }));
    assert.equal(answer.status, 200, answer.text);
  });
}

for (const aud of [
  ISSUER,
  [ISSUER],
  `${ISSUER}/oauth2/api/v1/token`,
  `${ISSUER}/oauth/token`,
  [ISSUER, `${ISSUER}/oauth2/api/v1/token`],
]) {
  test(`takes the aud ${JSON.stringify(aud)} (RFC 7523 section 3)`, async () => {
    const endpoint = open(signing());
    const answer = await send(endpoint, key.sign({ ...claimsAt(endpoint.clock.now()), aud }));
    assert.equal(answer.status, 200, answer.text);
  });
}

void suite(
  'an assertion that could not be good is refused with the reason, and nothing is looked up',
  () => {
    const claims: Readonly<Record<string, readonly [object, RegExp]>> = {
      'without sub (RFC 7523 section 3 number 2)': [{ sub: undefined }, /iss and sub/],
      'of another iss (number 1)': [{ iss: 'other' }, /iss and sub/],
      'without iss': [{ iss: undefined }, /iss and sub/],
      'without aud (number 3)': [
        { aud: undefined },
        /aud .* has to be https:\/\/flowgate\.example/,
      ],
      'for another server': [{ aud: 'https://other.example' }, /aud/],
      'for another server as well': [{ aud: [ISSUER, 'https://other.example'] }, /nothing else/],
      'for nobody': [{ aud: [] }, /aud/],
      'for an aud that only begins like ours': [{ aud: `${ISSUER}/` }, /aud/],
      'without exp (number 4)': [{ exp: undefined }, /no exp/],
      'with an exp that is text': [{ exp: '1' }, /no exp/],
      'that has expired': [{ exp: 1_700_000_000 }, /has expired/],
      'that is good for two hours': [{ exp: 2_000_000_000 }, /3600 s ahead/],
      'from the future (number 5)': [{ nbf: 2_000_000_000 }, /nbf/],
      'issued in the future (number 6)': [{ iat: 2_000_000_000 }, /iat/],
      'without jti': [{ jti: undefined }, /no jti/],
      'with an empty jti': [{ jti: '' }, /no jti/],
      'with a jti that is a number': [{ jti: 1 }, /no jti/],
      'with a jti that is too long': [{ jti: 'j'.repeat(257) }, /no jti/],
    };
    for (const [what, [changes, tells]] of Object.entries(claims)) {
      test(what, async () => {
        const endpoint = open(signing());
        const assertion = key.sign({ ...claimsAt(endpoint.clock.now()), ...changes });
        await refusedEarly(endpoint, assertion, tells);
      });
    }

    const now = Date.UTC(2027, 0, 1);
    const good = key.sign(claimsAt(now));
    const hmac = (input: string): Buffer => createHmac('sha256', SECRET).update(input).digest();
    const forms: Readonly<Record<string, string | undefined>> = {
      'that is missing': undefined,
      'that is no JWT': 'abc',
      'of two parts': good.split('.').slice(0, 2).join('.'),
      'that is padded (RFC 7515 section 2)': `${good}=`,
      'without a signature (RFC 8725 section 2.1)': forgeToken({ alg: 'none' }, claimsAt(now), () =>
        Buffer.alloc(0),
      ),
      'signed with none': forgeToken({ alg: 'none' }, claimsAt(now), es256(key.privateKey)),
      'signed with the secret of another client': forgeToken({ alg: 'HS256' }, claimsAt(now), hmac),
      'with a critical extension (RFC 7515 section 4.1.11)': key.sign(claimsAt(now), {
        crit: ['exp'],
      }),
      'that is too long': key.sign({ ...claimsAt(now), more: 'x'.repeat(20_000) }),
      'of an array': key.sign([]),
    };
    for (const [what, assertion] of Object.entries(forms)) {
      test(what, () => refusedEarly(open(signing()), assertion, /client_assertion/));
    }

    test('that the client has signed for another purpose, as its typ says (RFC 8725 section 3.11)', async () => {
      for (const typ of ['at+jwt', 'application/at+jwt', 'dpop+jwt', 'id_token', '']) {
        const assertion = key.sign(claimsAt(now), { typ });
        await refusedEarly(open(signing()), assertion, /typ of a client_assertion is JWT/);
      }
    });

    test('of another type (RFC 7521 section 4.2)', async () => {
      for (const type of [
        `${ASSERTION_TYPE} `,
        'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
      ]) {
        const answer = await send(open(signing()), good, { client_assertion_type: type });
        assert.equal(answer.status, 401, type);
        assert.match(answer.text, /client_assertion_type has to be/);
      }
      const endpoint = open(signing());
      const untyped = await endpoint.send({
        type: FORM,
        body: `grant_type=client_credentials&client_assertion=${good}`,
      });
      assert.match(untyped.text, /client_assertion_type has to be/);
    });

    test('in the query', async () => {
      const endpoint = open(signing());
      const query = `?grant_type=client_credentials&client_assertion_type=${ASSERTION_TYPE}&client_assertion=${good}`;
      const answer = await endpoint.send({ query });
      assert.equal(answer.status, 400);
      assert.match(answer.text, /client_assertion must not be in the query/);
      assert.deepEqual(used.used, []);
    });

    async function refusedEarly(
      endpoint: TokenEndpoint,
      assertion: string | undefined,
      tells: RegExp,
    ): Promise<void> {
      const answer = await send(endpoint, assertion);
      assert.equal(answer.status, 401, answer.text);
      assert.equal(answer.json()['error'], 'invalid_client');
      assert.match(String(answer.json()['error_description']), tells);
      assert.equal(answer.headers.get('www-authenticate'), null, 'it would ask for Basic');
      assert.deepEqual([endpoint.clients.lookups, used.used], [[], []]);
    }
  },
);

void suite('an assertion that is not the client’s is refused with one text, and counted', () => {
  const ofApp = (now: number): string => key.sign(claimsAt(now));
  const refusals: Readonly<
    Record<
      string,
      readonly [client: Client | undefined, make: (now: number) => string, reason: string]
    >
  > = {
    'of a client that does not exist': [someClient({ clientId: 'other' }), ofApp, 'unknown_client'],
    'signed by somebody else': [
      signing(),
      (now) => stranger.sign(claimsAt(now)),
      'wrong_assertion',
    ],
    'under a kid that the client does not have': [
      signing(),
      (now) => key.sign(claimsAt(now), { kid: 'k2' }),
      'wrong_assertion',
    ],
    'under another algorithm than its key’s': [
      signing(),
      (now) => forgeToken({ alg: 'RS256', kid: 'k1' }, claimsAt(now), es256(key.privateKey)),
      'wrong_assertion',
    ],
    'with its own key in the header (RFC 8725 section 3.10)': [
      signing(),
      (now) => stranger.sign(claimsAt(now), { jwk: stranger.jwk }),
      'wrong_assertion',
    ],
    'in the DER form of its signature (RFC 7518 section 3.4)': [
      signing(),
      (now) => forgeToken({ alg: 'ES256', kid: 'k1' }, claimsAt(now), es256(key.privateKey, 'der')),
      'wrong_assertion',
    ],
    'of a client with a secret': [
      signing({ tokenEndpointAuthMethod: 'client_secret_basic' }),
      ofApp,
      'another_method',
    ],
    'of a client with a certificate': [
      signing({ tokenEndpointAuthMethod: 'self_signed_tls_client_auth' }),
      ofApp,
      'another_method',
    ],
    'of a public client': [signing({ tokenEndpointAuthMethod: 'none' }), ofApp, 'another_method'],
    'of a client that is disabled': [signing({ enabled: false }), ofApp, 'client_disabled'],
  };
  let text: string | undefined;
  for (const [what, [client, make, reason]] of Object.entries(refusals)) {
    test(what, async () => {
      const endpoint = client === undefined ? open() : open(client);
      const answer = await send(endpoint, make(endpoint.clock.now()));
      assert.equal(answer.status, 401, answer.text);
      assert.equal(answer.json()['error'], 'invalid_client');
      text ??= answer.text;
      assert.equal(answer.text, text);
      assert.deepEqual(endpoint.waits, [100], 'no sooner than any other refusal');
      assert.deepEqual(endpoint.throttle.failures, ['app']);
      assert.deepEqual(
        endpoint.trail.events.map((event) => [event.outcome, event.reason]),
        [['failure', reason]],
      );
      if (reason !== 'client_disabled') assert.deepEqual(used.used, [], 'no jti is used up');
    });
  }

  test('that has been used before', async () => {
    const endpoint = open(signing());
    const assertion = ofApp(endpoint.clock.now());
    assert.equal((await send(endpoint, assertion)).status, 200);
    const answer = await send(endpoint, assertion);
    assert.deepEqual([answer.status, answer.text], [401, text]);
    assert.equal(endpoint.trail.events.at(-1)?.reason, 'assertion_used');
  });

  test('that comes from an address that is slowed is refused before it is verified', async () => {
    const endpoint = open(signing());
    endpoint.throttle.closed = new Fault(429, 'Too many.', { reason: 'throttled' });
    const answer = await send(endpoint, ofApp(endpoint.clock.now()));
    assert.equal(answer.status, 429);
    assert.deepEqual([endpoint.clients.lookups, used.used], [[], []]);
  });
});

test('the jti of one client is not used up by another’s', async () => {
  const endpoint = open(signing(), signing({ clientId: 'other' }));
  const claims = claimsAt(endpoint.clock.now());
  assert.equal((await send(endpoint, key.sign(claims))).status, 200);
  const other = key.sign({ ...claims, iss: 'other', sub: 'other' });
  assert.equal((await send(endpoint, other)).status, 200);
});

test('an assertion counts once although the client that an instance remembers is disabled', async () => {
  const endpoint = open(signing({ updatedAt: 2 }));
  endpoint.clients.remembered.set('app', signing({ enabled: false }));
  const answer = await send(endpoint, key.sign(claimsAt(endpoint.clock.now())));
  assert.equal(answer.status, 200, answer.text);
  assert.equal(used.used.length, 1);
});

test('a key that was added on another instance works at once', async () => {
  const endpoint = open(signing({ updatedAt: 2 }));
  endpoint.clients.remembered.set('app', signing({ jwks: { keys: [stranger.jwk] } }));
  const answer = await send(endpoint, key.sign(claimsAt(endpoint.clock.now())));
  assert.equal(answer.status, 200, answer.text);
});

test('a client with two keys names one by kid; without it there is no telling which', async () => {
  const second = makeIssuerKey('k2');
  const endpoint = open(signing({ jwks: { keys: [key.jwk, second.jwk] } }));
  const claims = claimsAt(endpoint.clock.now());
  assert.equal((await send(endpoint, second.sign(claims))).status, 200);
  const unnamed = second.sign({ ...claims, jti: 'j2' }, { kid: undefined });
  assert.equal((await send(endpoint, unnamed)).status, 401);
});

test('a key is good for the algorithm that its JWK names alone (RFC 8725 section 3.1)', async () => {
  const rsa = makeIssuerKey('k', 'PS256');
  const rs256 = { ...rsa.jwk, alg: 'RS256' as ForeignAlgorithm };
  const endpoint = open(signing({ jwks: { keys: [rs256] } }));
  assert.equal((await send(endpoint, rsa.sign(claimsAt(endpoint.clock.now())))).status, 401);
});

test('while the keys behind a jwks_uri cannot be had the answer is 503, which counts as a failure, and 429 after too many', async () => {
  const endpoint = open(signing({ jwks: undefined, jwksUri: 'https://keys.example/' }));
  const assertion = key.sign(claimsAt(endpoint.clock.now()));
  const answer = await send(endpoint, assertion);
  assert.equal(answer.status, 503);
  assert.equal(answer.json()['error'], 'temporarily_unavailable');
  assert.deepEqual([endpoint.throttle.failures, sought], [['app'], ['app']]);
  endpoint.throttle.refusal = new Fault(429, 'Too many.', { reason: 'throttled' });
  assert.equal((await send(endpoint, assertion)).status, 429);
  assert.deepEqual(endpoint.throttle.failures, ['app', 'app']);
  assert.deepEqual(used.used, [], 'no jti is used up');
});

test('what else is away is 503 and no failure of the client', async () => {
  const endpoint = open(signing({ jwks: undefined, jwksUri: 'https://keys.example/' }));
  problem = Fault.unavailable('Storage does not answer.', 5);
  const answer = await send(endpoint, key.sign(claimsAt(endpoint.clock.now())));
  assert.equal(answer.status, 503);
  assert.deepEqual(endpoint.throttle.failures, []);
});

test('where the keys are looked for depends on the client; those of its registration are looked for nowhere', async () => {
  const published = signing({ clientId: 'far', jwks: undefined, jwksUri: 'https://keys.example/' });
  const endpoint = open(signing(), published);
  const claims = claimsAt(endpoint.clock.now());
  assert.equal((await send(endpoint, key.sign(claims))).status, 200);
  assert.deepEqual(sought, []);
  await send(endpoint, key.sign({ ...claims, iss: 'far', sub: 'far' }));
  assert.deepEqual(sought, ['far']);
});

test('another client_id beside the assertion, a secret or Basic is a contradiction (RFC 6749 section 2.3)', async () => {
  const endpoint = open(signing());
  const assertion = key.sign(claimsAt(endpoint.clock.now()));
  const other = await send(endpoint, assertion, { client_id: 'other' });
  assert.equal(other.json()['error'], 'invalid_request');
  assert.match(other.text, /names another client/);
  const secret = await send(endpoint, assertion, { client_id: 'app', client_secret: SECRET });
  assert.equal(secret.json()['error'], 'invalid_request');
  assert.match(secret.text, /two ways/);
  assert.deepEqual([endpoint.clients.lookups, used.used], [[], []]);
});

test('a client with keys is not let in by client_id alone, nor by a secret', async () => {
  const endpoint = open(signing());
  const alone = await endpoint.send({
    type: FORM,
    body: 'grant_type=client_credentials&client_id=app',
  });
  assert.equal(alone.status, 401);
  assert.match(alone.text, /only client_id came/);
  const secret = await endpoint.send({
    type: FORM,
    body: `grant_type=client_credentials&client_id=app&client_secret=${encodeURIComponent(SECRET)}`,
  });
  assert.equal(secret.status, 401);
  assert.equal(endpoint.trail.events.at(-1)?.reason, 'another_method');
});
