import assert from 'node:assert/strict';
import { createHmac, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import {
  type ForeignTokenRules,
  readForeignToken,
  verifyForeignToken,
} from '../../shared/jwt/foreign-token.ts';
import { FOREIGN_ALGORITHMS } from '../../shared/jwt/public-keys.ts';
import { TokenFault } from '../../shared/jwt/types.ts';
import { es256, forgeToken } from '../support/forge-token.ts';
import { makeIssuerKey } from '../support/other-issuer.ts';

const NOW = 1_800_000_000;
const key = makeIssuerKey('k');
const claims = { iss: 'https://idp.example', aud: 'us', exp: NOW + 300, iat: NOW, sub: 'someone' };

const verify = (token: string, rules: Partial<ForeignTokenRules> = {}) =>
  verifyForeignToken(readForeignToken(token), {
    issuer: 'https://idp.example',
    audience: ['us', 'them'],
    typ: ['jwt', undefined],
    key: key.publicKey,
    now: NOW,
    ...rules,
  });

function faultOf(work: () => unknown): TokenFault {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof TokenFault, String(error));
    return error;
  }
  assert.fail('was accepted');
}

const checkOf = (token: string, rules: Partial<ForeignTokenRules> = {}): string =>
  faultOf(() => verify(token, rules)).check;

for (const alg of FOREIGN_ALGORITHMS) {
  test(`a token signed with ${alg} is verified, and refused with one bit changed`, () => {
    const signer = makeIssuerKey('k', alg);
    const token = signer.sign(claims);
    assert.deepEqual(verify(token, { key: signer.publicKey }).claims, claims);
    const signature = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url');
    signature[0] = (signature[0] ?? 0) ^ 1;
    const altered = `${token.slice(0, token.lastIndexOf('.'))}.${signature.toString('base64url')}`;
    assert.equal(checkOf(altered, { key: signer.publicKey }), 'signature');
  });
}

test('alg none, symmetric and unknown algorithms are refused (RFC 8725 sections 2.1, 3.1)', () => {
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' });
  const hmac = (input: string) => createHmac('sha256', pem).update(input).digest();
  const unsigned = forgeToken({ alg: 'none' }, claims, () => Buffer.alloc(0));
  assert.equal(checkOf(unsigned), 'encoding');
  for (const alg of ['none', 'None', 'HS256', 'HS512', 'ES256K', 'RSA1_5', '', 1, null]) {
    assert.equal(checkOf(forgeToken({ alg, kid: 'k' }, claims, hmac)), 'alg', String(alg));
  }
});

test('the key decides the algorithm: another one in the header is no signature', () => {
  const hmac = (input: string) => createHmac('sha256', 'x').update(input).digest();
  assert.equal(checkOf(forgeToken({ alg: 'EdDSA' }, claims, es256(key.privateKey))), 'signature');
  assert.equal(checkOf(forgeToken({ alg: 'RS256' }, claims, hmac)), 'signature');
  const der = es256(key.privateKey, 'der');
  assert.equal(checkOf(forgeToken({ alg: 'ES256' }, claims, der)), 'signature');
});

test('keys that a token brings along are not looked at (RFC 8725 section 3.10)', () => {
  const attacker = makeIssuerKey('k');
  for (const header of [
    { jwk: attacker.jwk },
    { jku: 'https://attacker.example/jwks' },
    { x5u: 'https://attacker.example/cert' },
    { x5c: ['MIIB'] },
  ]) {
    assert.equal(checkOf(attacker.sign(claims, header)), 'signature');
  }
});

test('critical extensions and an unencoded payload are refused (RFC 7515 section 4.1.11, RFC 7797)', () => {
  assert.equal(checkOf(key.sign(claims, { crit: ['exp'] })), 'crit');
  assert.equal(checkOf(key.sign(claims, { b64: false })), 'b64');
});

test('a token has one spelling (RFC 7515 section 2)', () => {
  const token = key.sign(claims);
  for (const spelled of [
    `${token}=`,
    ` ${token}`,
    `${token}.`,
    token.replace('.', '..'),
    '',
    'a.b.c',
  ]) {
    assert.equal(faultOf(() => verify(spelled)).reason, 'invalid_token', spelled);
  }
  assert.equal(checkOf(`${token}${'A'.repeat(20_000)}`), 'length');
  assert.equal(checkOf(forgeToken({ alg: 'ES256' }, '[]', es256(key.privateKey))), 'json');
  assert.equal(checkOf(forgeToken({ alg: 'ES256' }, '{', es256(key.privateKey))), 'json');
});

test('typ is one that the caller expects, in any case and with application/ before it (RFC 8725 section 3.11)', () => {
  assert.ok(verify(key.sign(claims, { typ: 'application/JWT' })));
  assert.ok(verify(key.sign(claims, { typ: undefined })));
  for (const typ of ['dpop+jwt', 'logout+jwt', 'at+jwt', '']) {
    assert.equal(checkOf(key.sign(claims, { typ })), 'typ');
  }
  assert.equal(checkOf(key.sign(claims), { typ: ['at+jwt'] }), 'typ');
});

test('a kid that the issuer does not have tells nothing else', () => {
  const fault = faultOf(() =>
    verify(key.sign(claims), { key: undefined as KeyObject | undefined }),
  );
  assert.equal(fault.check, 'kid');
  assert.doesNotMatch(fault.message, /kid|key/);
});

test('iss, aud and exp have to be there and right; iat and nbf if they are there (RFC 7519 section 4.1)', () => {
  const refusals: readonly [string, Readonly<Record<string, unknown>>][] = [
    ['iss', { iss: 'https://idp.example/' }],
    ['iss', { iss: undefined }],
    ['iss', { iss: ['https://idp.example'] }],
    ['aud', { aud: 'another' }],
    ['aud', { aud: undefined }],
    ['aud', { aud: { us: true } }],
    ['aud', { aud: [] }],
    ['aud', { aud: [['us']] }],
    ['exp', { exp: undefined }],
    ['exp', { exp: String(NOW + 300) }],
    ['exp', { exp: NOW - 30 }],
    ['nbf', { nbf: NOW + 31 }],
    ['nbf', { nbf: 'now' }],
    ['iat', { iat: NOW + 31 }],
    ['iat', { iat: null }],
  ];
  for (const [check, changes] of refusals) {
    assert.equal(checkOf(key.sign({ ...claims, ...changes })), check, JSON.stringify(changes));
  }
  assert.equal(faultOf(() => verify(key.sign({ ...claims, exp: NOW - 30 }))).reason, 'expired');
  for (const changes of [
    { aud: ['another', 'them'] },
    { exp: NOW - 29 },
    { iat: NOW + 30, nbf: NOW + 30 },
    { iat: undefined },
    { exp: NOW + 0.5 },
  ]) {
    assert.ok(verify(key.sign({ ...claims, ...changes })), JSON.stringify(changes));
  }
});

test('the claims of a token whose signature is not good are not spoken of', () => {
  const attacker = makeIssuerKey('k');
  for (const changes of [{ aud: 'another' }, { exp: 0 }, { iss: 'x' }]) {
    assert.equal(checkOf(attacker.sign({ ...claims, ...changes })), 'signature');
  }
});
