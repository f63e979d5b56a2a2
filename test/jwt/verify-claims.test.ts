import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { es256, forgeToken } from '../support/forge-token.ts';
import { claims, ISSUER, now, openVerifier } from './forged-tokens.ts';

const { verifier, header, signOurs, good, refused } = await openVerifier();

test('accepts a token with our key, all claims and no more', async () => {
  assert.deepEqual(await verifier.verify(good()), claims);
});

test('accepts a token without scope and roles', async () => {
  const { iss, sub, client_id, aud, exp, iat, jti } = claims;
  const required = { iss, sub, client_id, aud, exp, iat, jti };
  assert.deepEqual(await verifier.verify(forgeToken(header, required, signOurs)), required);
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
