import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { suite, test } from 'node:test';
import { type ProofContext, ProofFault, readProof } from '../../shared/oauth/dpop/proof.ts';
import { isTarget } from '../../shared/oauth/dpop/target-uri.ts';
import { makeProver, type ProofRequest } from '../support/dpop.ts';
import { es256, forgeToken } from '../support/forge-token.ts';

const NOW = Date.UTC(2027, 0, 1);
const BASES = ['https://flowgate.example', 'https://func.azurewebsites.net'];
const TOKEN = 'an.access.token';
const prover = makeProver();

const context: ProofContext = {
  method: 'POST',
  bases: BASES,
  pathname: '/http/v1/orders',
  now: NOW,
  accessToken: TOKEN,
};
const request: ProofRequest = {
  method: 'POST',
  url: 'https://flowgate.example/http/v1/orders',
  now: NOW,
  accessToken: TOKEN,
};

/** The check that a proof fails; '' for a good one. */
function checkOf(proof: string, changes: Partial<ProofContext> = {}): string {
  try {
    readProof(proof, { ...context, ...changes });
    return '';
  } catch (error) {
    assert.ok(error instanceof ProofFault, String(error));
    assert.match(error.message, /^[A-Z].*DPoP.*\.$/s);
    return error.check;
  }
}

void suite('a DPoP proof (RFC 9449 section 4.3)', () => {
  for (const alg of ['ES256', 'ES384', 'ES512', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const) {
    test(`signed with ${alg} is good, and tells the thumbprint of its key (RFC 7638)`, () => {
      const holder = makeProver(alg);
      const proof = readProof(holder.prove(request, { jti: 'one' }), context);
      assert.deepEqual(proof, { jkt: holder.jkt, jti: 'one', iat: NOW / 1000 });
    });
  }

  test('needs no ath at the token endpoint, where there is no access token yet', () => {
    const proof = prover.prove(request, { ath: undefined });
    assert.equal(checkOf(proof, { accessToken: undefined }), '');
    assert.equal(checkOf(proof), 'ath');
  });

  test('is within 60 s of our time, either way (section 11.1)', () => {
    for (const [seconds, check] of [
      [-60, ''],
      [60, ''],
      [-61, 'iat'],
      [61, 'iat'],
    ] as const) {
      assert.equal(checkOf(prover.prove({ ...request, now: NOW + seconds * 1000 })), check);
    }
  });

  const faults: Readonly<Record<string, readonly [check: string, proof: string]>> = {
    'that is no JWT': ['form', 'abc'],
    'that is empty': ['form', ''],
    'of 7000 characters': ['form', prover.prove(request, { more: 'x'.repeat(5000) })],
    'two in one header': ['repeated', `${prover.prove(request)}, ${prover.prove(request)}`],
    'without typ': ['typ', prover.prove(request, {}, { typ: undefined })],
    'with the typ of a JWT': ['typ', prover.prove(request, {}, { typ: 'JWT' })],
    'with a critical extension': ['form', prover.prove(request, {}, { crit: ['b64'] })],
    'for another method': ['htm', prover.prove({ ...request, method: 'GET' })],
    'for the method in lower case': ['htm', prover.prove({ ...request, method: 'post' })],
    'without htm': ['htm', prover.prove(request, { htm: undefined })],
    'for another address': ['htu', prover.prove({ ...request, url: `${BASES[0] ?? ''}/http/v1` })],
    'for another host': ['htu', prover.prove(request, { htu: 'https://x.example/http/v1/orders' })],
    'without htu': ['htu', prover.prove(request, { htu: undefined })],
    'with htu in an array': ['htu', prover.prove(request, { htu: [request.url] })],
    'without iat': ['iat', prover.prove(request, { iat: undefined })],
    'with iat as text': ['iat', prover.prove(request, { iat: String(NOW / 1000) })],
    'without jti': ['jti', prover.prove(request, { jti: undefined })],
    'with a jti of 257 characters': ['jti', prover.prove(request, { jti: 'j'.repeat(257) })],
    'for another access token (section 7.1)': [
      'ath',
      prover.prove({ ...request, accessToken: 'another' }),
    ],
    'without jwk': ['jwk', prover.prove(request, {}, { jwk: undefined })],
    'with its private key (section 4.2)': [
      'jwk',
      prover.prove(request, {}, { jwk: prover.key.privateKey.export({ format: 'jwk' }) }),
    ],
    'with a shared key': ['jwk', prover.prove(request, {}, { jwk: { kty: 'oct', k: 'c2VjcmV0' } })],
    'with a key of another curve than its alg': [
      'jwk',
      prover.prove(
        request,
        {},
        { jwk: makeProver('ES384').key.publicKey.export({ format: 'jwk' }) },
      ),
    ],
    'with a point off the curve': [
      'jwk',
      prover.prove(request, {}, { jwk: { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' } }),
    ],
    'with the key of somebody else': [
      'signature',
      prover.prove(request, {}, { jwk: makeProver().key.publicKey.export({ format: 'jwk' }) }),
    ],
  };
  for (const [what, [check, proof]] of Object.entries(faults)) {
    test(`${what} is refused`, () => assert.equal(checkOf(proof), check));
  }

  test('signed with none, HMAC, DER or a weak RSA key is refused (RFC 8725 section 3.1)', () => {
    const jwk = prover.key.publicKey.export({ format: 'jwk' });
    const [, claims = ''] = prover.prove(request).split('.');
    const payload = Buffer.from(claims, 'base64url').toString();
    const header = { typ: 'dpop+jwt', jwk };
    const hmac = (input: string) => createHmac('sha256', 'x').update(input).digest();
    assert.equal(checkOf(forgeToken({ ...header, alg: 'HS256' }, payload, hmac)), 'form');
    assert.equal(checkOf(forgeToken({ ...header, alg: 'none' }, payload, hmac)), 'form');
    const der = es256(prover.key.privateKey, 'der');
    assert.equal(checkOf(forgeToken({ ...header, alg: 'ES256' }, payload, der)), 'signature');
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const rsa = { typ: 'dpop+jwt', alg: 'RS256', jwk: weak.export({ format: 'jwk' }) };
    assert.equal(checkOf(forgeToken(rsa, payload, hmac)), 'jwk');
  });
});

void suite(
  'the address of a proof (RFC 9449 section 4.3, RFC 3986 sections 6.2.2 and 6.2.3)',
  () => {
    const cases: readonly (readonly [htu: string, pathname: string, is: boolean])[] = [
      ['https://flowgate.example/http/a', '/http/a', true],
      ['https://func.azurewebsites.net/http/a', '/http/a', true],
      ['HTTPS://Flowgate.Example:443/http/a', '/http/a', true],
      ['https://flowgate.example/http/x/../a', '/http/a', true],
      ['https://flowgate.example/http/%61', '/http/a', true],
      ['https://flowgate.example/http/%c3%a9', '/http/%C3%A9', true],
      ['https://flowgate.example/http/a?x=1', '/http/a', true],
      ['https://flowgate.example/http/a#x', '/http/a', true],
      ['http://flowgate.example/http/a', '/http/a', false],
      ['https://flowgate.example:8443/http/a', '/http/a', false],
      ['https://flowgate.example/http/a/', '/http/a', false],
      ['https://flowgate.example/http/A', '/http/a', false],
      ['https://flowgate.example/http/a%2Fb', '/http/a/b', false],
      ['https://user@flowgate.example/http/a', '/http/a', false],
      ['https://flowgate.example.evil.example/http/a', '/http/a', false],
      ['https://evil.example/https://flowgate.example/http/a', '/http/a', false],
      ['//flowgate.example/http/a', '/http/a', false],
      ['/http/a', '/http/a', false],
      [`https://flowgate.example/http/${'a'.repeat(5000)}`, `/http/${'a'.repeat(5000)}`, false],
    ];
    for (const [htu, pathname, is] of cases) {
      test(`${htu.slice(0, 60)} is ${is ? '' : 'not '}${pathname.slice(0, 20)}`, () => {
        assert.equal(isTarget(htu, BASES, pathname), is);
      });
    }

    test('has the path of the issuer before it where a proxy takes that away', () => {
      assert.ok(isTarget('https://x.example/gate/http/a', ['https://x.example/gate'], '/http/a'));
      assert.ok(!isTarget('https://x.example/http/a', ['https://x.example/gate'], '/http/a'));
    });
  },
);
