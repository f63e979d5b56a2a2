import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAccessTokenIssuer } from '../../shared/jwt/sign.ts';
import { TokenFault } from '../../shared/jwt/types.ts';
import { createAccessTokenVerifier } from '../../shared/jwt/verify.ts';
import { es256, forgeToken } from '../support/forge-token.ts';
import { openInstance, testKeys } from '../support/key-ring.ts';
import { claims, clock, grant, openVerifier } from './forged-tokens.ts';

const { ring, verifier, privateKey, header, signOurs, good, refused } = await openVerifier();

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
  const publicKey = (await ring.view()).byKid.get(header.kid)?.publicKey;
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

for (const algorithm of ['RS256', 'PS256'] as const) {
  test(`pins ${algorithm} to its key: the other RSA algorithm is refused under it`, async () => {
    const { ring } = openInstance(await testKeys(), { clock, algorithm });
    const own = createAccessTokenVerifier({ ring, clock });
    const issuer = createAccessTokenIssuer({ ring, clock });
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
