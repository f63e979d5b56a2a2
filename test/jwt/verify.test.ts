import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { openTables } from '../../shared/storage/tables.ts';
import { createAccessTokenIssuer } from '../../shared/jwt/sign.ts';
import { type AccessTokenVerifier, TokenFault } from '../../shared/jwt/types.ts';
import { createAccessTokenVerifier } from '../../shared/jwt/verify.ts';
import { testClock } from '../support/clock.ts';
import { es256, forgeToken } from '../support/forge-token.ts';
import { openInstance, type TestInstance, testKeys } from '../support/key-ring.ts';

const ISSUER = 'https://flowgate.example';
const clock = testClock();
const now = Math.floor(clock.now() / 1000);

let instance: TestInstance;
let verifier: AccessTokenVerifier;
let header: { alg: string; typ: string; kid: string };
let signOurs: (input: string) => Buffer;
let privateKey: Parameters<typeof es256>[0];

before(async () => {
  instance = openInstance(await testKeys(), { clock, issuer: ISSUER });
  verifier = createAccessTokenVerifier({ ring: instance.ring, clock });
  const key = await instance.ring.signingKey();
  privateKey = key.privateKey;
  header = { alg: 'ES256', typ: 'at+jwt', kid: key.kid };
  signOurs = es256(privateKey);
});

const claims = {
  iss: ISSUER,
  sub: 'oauth_client_app',
  client_id: 'app',
  aud: 'flowgateiflmap',
  exp: now + 3600,
  iat: now,
  jti: 'jti-1',
  scope: 'a b',
  roles: ['ESBMessaging.send'],
};

const good = (): string => forgeToken(header, claims, signOurs);

/** Refused for that reason by that check, with our text, also when it is presented again. */
async function refused(token: string, check: string, reason = 'invalid_token'): Promise<void> {
  for (let i = 0; i < 2; i += 1) {
    await assert.rejects(verifier.verify(token), (error: unknown) => {
      assert.ok(error instanceof TokenFault);
      assert.deepEqual({ reason: error.reason, check: error.check }, { reason, check });
      assert.match(
        error.message,
        /^The access token .*Request a new one from the token endpoint\.$/,
      );
      assert.doesNotMatch(error.message, /jwt|signature|algorithm/i);
      return true;
    });
  }
}

test('accepts a token with our key, all claims and no more', async () => {
  assert.deepEqual(await verifier.verify(good()), claims);
});

test('accepts a token without scope and roles', async () => {
  const { iss, sub, client_id, aud, exp, iat, jti } = claims;
  const required = { iss, sub, client_id, aud, exp, iat, jti };
  assert.deepEqual(await verifier.verify(forgeToken(header, required, signOurs)), required);
});

for (const typ of ['AT+JWT', 'application/at+jwt', 'Application/At+Jwt']) {
  test(`accepts typ ${typ} (RFC 9068 section 4, RFC 7515 section 4.1.9)`, async () => {
    await verifier.verify(forgeToken({ ...header, typ }, claims, signOurs));
  });
}

for (const typ of ['JWT', 'jwt', 'at+jwt ', 'at+jwtx', '', undefined, null, 1, ['at+jwt']]) {
  test(`refuses typ ${JSON.stringify(typ)} (RFC 9068 section 4)`, async () => {
    await refused(forgeToken({ ...header, typ }, claims, signOurs), 'typ');
  });
}

for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
  test(`refuses alg ${JSON.stringify(alg)} with and without a signature (RFC 8725 section 2.1)`, async () => {
    await refused(forgeToken({ ...header, alg }, claims, signOurs), 'alg');
    await refused(
      forgeToken({ ...header, alg }, claims, () => Buffer.alloc(0)),
      'encoding',
    );
  });
}

test('refuses HS256 under the text of our public key (RFC 8725 section 2.1)', async () => {
  const publicKey = (await instance.ring.view()).byKid.get(header.kid)?.publicKey;
  assert.ok(publicKey !== undefined);
  const texts = [
    publicKey.export({ format: 'pem', type: 'spki' }),
    publicKey.export({ format: 'der', type: 'spki' }),
    JSON.stringify(publicKey.export({ format: 'jwk' })),
  ];
  for (const text of texts) {
    const hmac = (input: string): Buffer => createHmac('sha256', text).update(input).digest();
    await refused(forgeToken({ ...header, alg: 'HS256' }, claims, hmac), 'alg');
    await refused(forgeToken(header, claims, hmac), 'signature length');
  }
});

for (const alg of ['RS256', 'PS256', 'ES384', 'es256', 'EdDSA']) {
  test(`refuses alg ${alg} for a key of ES256 (RFC 8725 section 3.1)`, async () => {
    await refused(forgeToken({ ...header, alg }, claims, signOurs), 'alg');
  });
}

for (const kid of ['', 'unknown', '__proto__', 'constructor', '../keys/1', "' or 1 eq 1"]) {
  test(`refuses the kid ${JSON.stringify(kid)}, which the ring does not have`, async () => {
    await refused(forgeToken({ ...header, kid }, claims, signOurs), 'kid');
  });
}

for (const kid of [undefined, null, 0, {}, ['x']]) {
  test(`refuses the kid ${JSON.stringify(kid)}, which is no text`, async () => {
    await refused(forgeToken({ ...header, kid }, claims, signOurs), 'kid');
  });
}

test('refuses a foreign key under our kid, whatever the header says of it (RFC 8725 section 3.10)', async () => {
  const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extras = [
    {},
    { jwk: foreign.publicKey.export({ format: 'jwk' }) },
    { jku: 'http://127.0.0.1:9/jwks' },
    { x5u: 'http://127.0.0.1:9/cert' },
    { x5c: [foreign.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')] },
  ];
  for (const extra of extras) {
    const token = forgeToken({ ...header, ...extra }, claims, es256(foreign.privateKey));
    await refused(token, 'signature');
  }
});

for (const crit of [['exp'], ['b64'], [], 'exp', null]) {
  test(`refuses crit ${JSON.stringify(crit)} (RFC 7515 section 4.1.11)`, async () => {
    await refused(forgeToken({ ...header, crit, b64: true }, claims, signOurs), 'crit');
  });
}

test('refuses R and S of zero, and of the order of the curve (RFC 7518 section 3.4)', async () => {
  const order = Buffer.from(
    'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
    'hex',
  );
  const zero = Buffer.alloc(32);
  for (const pair of [
    [zero, zero],
    [order, order],
    [zero, order],
    [order, zero],
  ]) {
    await refused(
      forgeToken(header, claims, () => Buffer.concat(pair)),
      'signature',
    );
  }
});

test('refuses a DER signature, and one byte more or less (RFC 7518 section 3.4)', async () => {
  await refused(forgeToken(header, claims, es256(privateKey, 'der')), 'signature length');
  await refused(
    forgeToken(header, claims, (input) => signOurs(input).subarray(1)),
    'signature length',
  );
  await refused(
    forgeToken(header, claims, (input) => Buffer.concat([signOurs(input), Buffer.alloc(1)])),
    'signature length',
  );
});

test('refuses another spelling of a good token: last character, padding, other alphabet (RFC 4648 section 3.5)', async () => {
  const token = good();
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.slice(-1));
  for (let bit = 1; bit < 16; bit += 1) {
    await refused(token.slice(0, -1) + (alphabet[last ^ bit] ?? ''), 'encoding');
  }
  for (const end of ['=', '==', ' ', '\n', '%3D', '\0']) await refused(token + end, 'encoding');
  await refused(token.replace('.', '=.'), 'encoding');
  const standard = token.replaceAll('-', '+').replaceAll('_', '/');
  if (standard !== token) await refused(standard, 'encoding');
});

test('refuses an altered payload under a good signature', async () => {
  const [head, , signature] = good().split('.');
  const payload = Buffer.from(JSON.stringify({ ...claims, sub: 'oauth_client_admin' }));
  await refused(`${head ?? ''}.${payload.toString('base64url')}.${signature ?? ''}`, 'signature');
});

test('refuses a good token with any one character replaced by any other', async () => {
  const token = good();
  await fc.assert(
    fc.asyncProperty(
      fc.nat(token.length - 1),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
      async (at, other) => {
        fc.pre(other !== token[at]);
        const altered = token.slice(0, at) + other + token.slice(at + 1);
        await assert.rejects(verifier.verify(altered), TokenFault);
      },
    ),
    { numRuns: 300 },
  );
});

test('refuses a truncated token at every tenth length', async () => {
  const token = good();
  for (let length = 1; length < token.length; length += 10) {
    await assert.rejects(verifier.verify(token.slice(0, length)), TokenFault);
  }
});

test('refuses what is no token: other counts of parts, no JSON, other JSON', async () => {
  await refused('', 'form');
  await refused('a.b', 'form');
  await refused(`${good()}.x`, 'form');
  await refused('....', 'form');
  await refused('..', 'encoding');
  for (const text of ['{', 'null', '[]', '"x"', '1', '']) {
    const check = text === '' ? 'encoding' : 'json';
    await refused(forgeToken(text, claims, signOurs), check);
  }
});

test('refuses a signed payload that is no object', async () => {
  for (const text of ['null', '1', '"x"', 'true', '{', 'plain text']) {
    await refused(forgeToken(header, text, signOurs), 'claims');
  }
  await refused(forgeToken(header, '[]', signOurs), 'iss');
});

test('refuses a token of 100 KB before looking into it', async () => {
  const token = forgeToken(header, { ...claims, pad: 'x'.repeat(75_000) }, signOurs);
  assert.ok(token.length > 100_000);
  await refused(token, 'length');
});

for (const name of ['iss', 'sub', 'client_id', 'aud', 'exp', 'iat', 'jti'] as const) {
  test(`refuses a token without ${name}, or with another type of it (RFC 9068 section 2.2)`, async () => {
    for (const value of [undefined, null, '', [], {}, true, [claims[name]], 1.5, Infinity]) {
      await refused(forgeToken(header, { ...claims, [name]: value }, signOurs), name);
    }
  });
}

test('refuses exp and iat as text, as jsonwebtoken would take them for none', async () => {
  await refused(forgeToken(header, { ...claims, exp: String(claims.exp) }, signOurs), 'exp');
  await refused(forgeToken(header, { ...claims, iat: String(claims.iat) }, signOurs), 'iat');
});

test('refuses nbf, which our tokens do not have', async () => {
  await refused(forgeToken(header, { ...claims, nbf: now }, signOurs), 'nbf');
});

const BOUND: Readonly<Record<string, object>> = {
  'a DPoP key (RFC 9449 section 6.1)': {
    cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
  },
  'a certificate (RFC 8705 section 3.1)': {
    cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' },
  },
  'a grant of a user who signed in (RFC 9068 section 2.2.1)': {
    grant_id: 'g1',
    auth_time: now - 60,
  },
  'an actor, and one before it (RFC 8693 section 4.1)': {
    act: { sub: 'gateway', act: { sub: 'app' } },
  },
};

for (const [what, members] of Object.entries(BOUND)) {
  test(`accepts a token with ${what}, and tells of it`, async () => {
    const token = forgeToken(header, { ...claims, ...members }, signOurs);
    const read = await verifier.verify(token);
    assert.deepEqual(read, { ...claims, ...members });
    assert.equal(Object.isFrozen(read), true);
  });
}

test('refuses a binding that it cannot check, rather than taking the token for a bearer token (RFC 7800 section 3.1)', async () => {
  for (const cnf of [
    null,
    true,
    'jkt',
    [],
    {},
    { jkt: '' },
    { jkt: 1 },
    { jwk: { kty: 'EC' } },
    { kid: 'a' },
    { 'x5t#S256': ['a'] },
    { jkt: 'a', 'x5t#S256': 'b' },
    { jkt: 'a', later: 'b' },
  ]) {
    await refused(forgeToken(header, { ...claims, cnf }, signOurs), 'cnf');
  }
});

test('refuses grant_id, auth_time and act of another type', async () => {
  for (const grant_id of ['', 1, null, {}]) {
    await refused(forgeToken(header, { ...claims, grant_id }, signOurs), 'grant_id');
  }
  for (const auth_time of ['1', null, 1.5, {}]) {
    await refused(forgeToken(header, { ...claims, auth_time }, signOurs), 'auth_time');
  }
  for (const act of ['a', null, {}, [], { sub: '' }, { sub: 'a', act: {} }, { sub: 1 }]) {
    await refused(forgeToken(header, { ...claims, act }, signOurs), 'act');
  }
});

test('refuses scope and roles of another type', async () => {
  await refused(forgeToken(header, { ...claims, scope: ['a'] }, signOurs), 'scope');
  await refused(forgeToken(header, { ...claims, roles: 'ESBMessaging.send' }, signOurs), 'roles');
  await refused(forgeToken(header, { ...claims, roles: [1] }, signOurs), 'roles');
});

for (const iss of [`${ISSUER}/`, 'https://FLOWGATE.example', 'https://other.example']) {
  test(`refuses the issuer ${iss}`, async () => {
    await refused(forgeToken(header, { ...claims, iss }, signOurs), 'iss');
  });
}

test('refuses an expired token as expired, from the second of exp on', async () => {
  await refused(forgeToken(header, { ...claims, exp: now }, signOurs), 'exp', 'expired');
  await refused(forgeToken(header, { ...claims, exp: 0 }, signOurs), 'exp', 'expired');
  await verifier.verify(forgeToken(header, { ...claims, exp: now + 1 }, signOurs));
});

test('a forged expired token is not told that it has expired', async () => {
  const { privateKey: foreign } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await refused(forgeToken(header, { ...claims, exp: 1 }, es256(foreign)), 'signature');
});

test('takes an iat up to 5 seconds ahead, for the clock of another instance, and no more', async () => {
  await verifier.verify(forgeToken(header, { ...claims, iat: now + 5 }, signOurs));
  await refused(forgeToken(header, { ...claims, iat: now + 6 }, signOurs), 'iat');
});

for (const algorithm of ['RS256', 'PS256'] as const) {
  test(`pins ${algorithm} to its key: the other RSA algorithm is refused under it`, async () => {
    const { ring } = openInstance(await testKeys(), { clock, algorithm });
    const own = createAccessTokenVerifier({ ring, clock });
    const issuer = createAccessTokenIssuer({ ring, clock });
    const grant = {
      subject: 's',
      clientId: 'c',
      tokensFrom: 0,
      audience: 'a',
      lifetime: 60,
      scope: '',
      roles: [],
    };
    await own.verify((await issuer.issue(grant)).token);
    const key = await ring.signingKey();
    const other = algorithm === 'RS256' ? 'PS256' : 'RS256';
    const signRsa = (input: string): Buffer => sign('sha256', Buffer.from(input), key.privateKey);
    for (const alg of [other, 'HS256', 'none', 'ES256']) {
      await assert.rejects(
        own.verify(forgeToken({ alg, typ: 'at+jwt', kid: key.kid }, claims, signRsa)),
        (error: unknown) => error instanceof TokenFault && error.check === 'alg',
      );
    }
  });
}

test('a token seen before is answered from memory until the second of exp', async () => {
  const time = testClock();
  const keys = await testKeys();
  const { ring, reads } = openInstance(keys, { clock: time });
  const own = createAccessTokenVerifier({ ring, clock: time });
  const { token } = await createAccessTokenIssuer({ ring, clock: time }).issue({
    subject: 's',
    clientId: 'c',
    tokensFrom: 0,
    audience: 'a',
    lifetime: 60,
    scope: '',
    roles: [],
  });
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
    subject: 's',
    clientId: 'c',
    tokensFrom: 0,
    audience: 'a',
    lifetime: 3600,
    scope: '',
    roles: [],
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
  const { token } = await createAccessTokenIssuer({ ring: fresh.ring, clock: time }).issue({
    subject: 's',
    clientId: 'c',
    tokensFrom: 0,
    audience: 'a',
    lifetime: 60,
    scope: '',
    roles: [],
  });
  assert.equal((await own.verify(token)).iss, 'http://localhost:7072');
});

test('while storage is away, tokens seen before stay good', async () => {
  const time = testClock();
  const keys = await testKeys();
  const { ring } = openInstance(keys, { clock: time });
  const own = createAccessTokenVerifier({ ring, clock: time });
  const { token } = await createAccessTokenIssuer({ ring, clock: time }).issue({
    subject: 's',
    clientId: 'c',
    tokensFrom: 0,
    audience: 'a',
    lifetime: 3600,
    scope: '',
    roles: [],
  });
  await openTables(keys.storage).table('keys').deleteTable();
  time.advance(50_000);
  assert.equal((await own.verify(token)).sub, 's');
});
