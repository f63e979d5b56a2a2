import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import {
  FOREIGN_ALGORITHMS,
  type PublicKey,
  readPublicKey,
  selectKey,
} from '../../shared/jwt/public-keys.ts';
import { makeIssuerKey } from '../support/other-issuer.ts';

const ec = makeIssuerKey('ec', 'ES256');
const rsa = makeIssuerKey('rsa', 'RS256');

function read(jwk: Readonly<Record<string, unknown>>): PublicKey {
  const key = readPublicKey(jwk);
  assert.ok(typeof key !== 'string');
  return key;
}

test('a key is taken for the algorithms of its kind, or for the one that its JWK names', () => {
  const takes = (jwk: Readonly<Record<string, unknown>>) =>
    FOREIGN_ALGORITHMS.filter((alg) => selectKey([read(jwk)], undefined, alg) !== undefined);
  assert.deepEqual(takes({ ...rsa.jwk, alg: undefined }), FOREIGN_ALGORITHMS.slice(0, 6));
  assert.deepEqual(takes(rsa.jwk), ['RS256']);
  for (const alg of ['ES256', 'ES384', 'ES512'] as const) {
    assert.deepEqual(takes({ ...makeIssuerKey('k', alg).jwk, alg: undefined }), [alg]);
  }
  const edwards = makeIssuerKey('k', 'EdDSA').jwk;
  assert.deepEqual(takes({ ...edwards, alg: undefined }), ['EdDSA', 'Ed25519']);
});

test('a key is found by its kid; without one only if a single key fits (RFC 7515 section 4.1.4)', () => {
  const other = read({ ...makeIssuerKey('ec2').jwk, alg: undefined });
  const keys = [read(ec.jwk), other, read(rsa.jwk)];
  assert.ok(selectKey(keys, 'ec', 'ES256')?.equals(ec.publicKey));
  assert.ok(selectKey(keys, undefined, 'RS256')?.equals(rsa.publicKey));
  assert.equal(selectKey(keys, undefined, 'ES256'), undefined);
  assert.equal(selectKey(keys, 'rsa', 'ES256'), undefined);
  assert.equal(selectKey(keys, '../rsa', 'RS256'), undefined);
  assert.equal(selectKey([...keys, other], 'ec2', 'ES256'), undefined);
});

test('keys that are weak, private, shared or for something else are refused, with a reason', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const secret = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey;
  const refusals: readonly [RegExp, Readonly<Record<string, unknown>>][] = [
    [/2048 to 8192 bits/, weak.export({ format: 'jwk' })],
    [/exponent/, { ...rsa.jwk, e: 'AQ' }],
    [/private or shared/, secret.export({ format: 'jwk' })],
    [/private or shared/, { kty: 'oct', k: 'c2VjcmV0' }],
    [/P-256, P-384 or P-521/, curve.export({ format: 'jwk' })],
    [/use of a key is sig/, { ...ec.jwk, use: 'enc' }],
    [/hold verify/, { ...ec.jwk, key_ops: ['sign'] }],
    [/hold verify/, { ...ec.jwk, key_ops: 'verify' }],
    [/at most 200 characters/, { ...ec.jwk, kid: 'k'.repeat(201) }],
    [/alg of a key is text/, { ...ec.jwk, alg: 1 }],
    [/no public key/, { kty: 'RSA' }],
    [/no public key/, {}],
    [/RSA, EC or Ed25519/, generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })],
  ];
  for (const [reason, jwk] of refusals) {
    const fault = readPublicKey(jwk);
    assert.ok(typeof fault === 'string');
    assert.match(fault, reason);
  }
});
