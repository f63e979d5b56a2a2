import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAssertionClaims } from '../../shared/oauth/client-authentication/client-assertion.ts';
import { ProofFault, readProof } from '../../shared/oauth/dpop/proof.ts';
import { OAuthError } from '../../shared/oauth/errors.ts';
import { readCertificate } from '../../shared/x509/certificate.ts';
import { isSameName, nameOf, parseName } from '../../shared/x509/distinguished-name.ts';
import { readForwarded } from '../../shared/x509/forwarded.ts';
import {
  alternativeNames,
  commonName,
  encodeName,
  isAuthority,
  issueCertificate,
} from '../support/certificate.ts';
import { makeProver } from '../support/dpop.ts';
import { check, textOf } from './check.ts';

const NOW = Date.UTC(2027, 0, 1);
const ISSUER = 'https://flowgate.example';
const prover = makeProver();
const request = { method: 'GET', url: `${ISSUER}/http/a`, now: NOW, accessToken: 'a.b.c' };
const context = { ...request, bases: [ISSUER], pathname: '/http/a' };

test('a DPoP proof is good as it was made, and refused with any of its characters changed', async () => {
  const good = prover.prove(request);
  readProof(good, context);
  const change = fc.tuple(
    fc.nat({ max: good.length - 1 }),
    textOf('A', '.', '=', ',', '_', '~', ''),
  );
  await check(
    fc.property(change, ([at, text]) => {
      const altered = good.slice(0, at) + text + good.slice(at + 1);
      fc.pre(altered !== good);
      assert.throws(() => readProof(altered, context), ProofFault);
    }),
  );
});

test('whatever claims and header a proof has, it is good or refused with a reason', async () => {
  const member = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('GET', request.url, NOW / 1000, 'dpop+jwt'),
  );
  const members = (...names: readonly string[]) =>
    fc.dictionary(fc.constantFrom(...names), member, { maxKeys: 3 });
  await check(
    fc.property(
      members('htm', 'htu', 'iat', 'jti', 'ath', 'exp'),
      members('typ', 'alg', 'jwk', 'kid', 'crit', 'b64', 'x5c'),
      (claims, header) => {
        try {
          readProof(prover.prove(request, claims, header), context);
        } catch (error) {
          assert.ok(error instanceof ProofFault, String(error));
        }
      },
    ),
    2,
  );
});

test('whatever claims an assertion has, they are read or refused with a text', async () => {
  const claim = fc.oneof(fc.jsonValue(), fc.constantFrom('app', ISSUER, [ISSUER], NOW / 1000));
  const names = fc.constantFrom('iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti');
  await check(
    fc.property(fc.dictionary(names, claim), (claims) => {
      try {
        const { clientId, jti } = readAssertionClaims(claims, [ISSUER], NOW / 1000);
        assert.ok(clientId !== '' && jti !== '' && claims['aud'] !== undefined);
      } catch (error) {
        assert.ok(error instanceof OAuthError, String(error));
        assert.equal(error.code, 'invalid_client');
      }
    }),
  );
});

test('a certificate with bytes changed, cut or put in is read or is none', async () => {
  const { x509 } = issueCertificate({
    subject: [...commonName('partner'), ['2.5.4.10', 'Example']],
    extensions: [isAuthority(1), alternativeNames({ dns: 'a.example', ip: [127, 0, 0, 1] })],
  });
  const edit = fc.tuple(
    fc.nat({ max: x509.raw.length }),
    fc.nat({ max: 3 }),
    fc.uint8Array({ maxLength: 4 }),
  );
  await check(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      let bytes = x509.raw;
      for (const [at, cut, put] of edits) {
        bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
      }
      const read = readCertificate(bytes);
      if (read !== undefined) assert.match(read.thumbprint, /^[\w-]{43}$/);
    }),
  );
});

test('a name in text is the one in DER for the same texts alone', async () => {
  const value = textOf('a', ',', '+', '=', '\\', '"', ' ', '#', ';', '\0', 'ü').filter(
    (text) => text !== '' && text.isWellFormed(),
  );
  const escape = (text: string): string =>
    [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  await check(
    fc.property(value, value, (one, other) => {
      const parsed = parseName(`CN=${escape(one)},O=${escape(other)}`);
      const made = (cn: string, o: string) =>
        nameOf(
          encodeName([
            ['2.5.4.10', o],
            ['2.5.4.3', cn],
          ]),
        );
      assert.ok(parsed);
      assert.ok(isSameName(parsed, made(one, other) ?? []));
      if (one !== other) assert.ok(!isSameName(parsed, made(other, one) ?? []));
      parseName(one + other);
    }),
  );
});

test('a header for certificates holds at most one, whatever it is', async () => {
  const { cert, x509 } = issueCertificate({
    keys: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  });
  const base64 = x509.raw.toString('base64');
  const escaped = encodeURIComponent(cert);
  const parts = ['Cert=', '"', ';', ',', 'Hash=a', 'Chain="x"', base64, escaped, '%', ' ', ':'];
  await check(
    fc.property(textOf(...parts), (header) => {
      const encoded = readForwarded(header);
      const read = encoded === undefined ? undefined : readCertificate(encoded);
      if (read !== undefined) assert.equal(read.x509.fingerprint256, x509.fingerprint256);
    }),
  );
});
