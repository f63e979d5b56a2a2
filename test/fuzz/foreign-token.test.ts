import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readForeignToken, verifyForeignToken } from '../../shared/jwt/foreign-token.ts';
import { issuerOf } from '../../shared/jwt/issuer-of.ts';
import { FOREIGN_ALGORITHMS, readPublicKey } from '../../shared/jwt/public-keys.ts';
import { TokenFault } from '../../shared/jwt/types.ts';
import { faultOfOutboundUrl } from '../../shared/net/outbound-url.ts';
import { isPublicAddress } from '../../shared/net/public-address.ts';
import {
  identify,
  isForeignUser,
  rolesGivenBy,
} from '../../shared/registry/issuers/claim-rules.ts';
import { makeIssuerKey, someIssuer } from '../support/other-issuer.ts';
import { check, textOf } from './check.ts';

const key = makeIssuerKey('k1');
const good = key.sign({ iss: 'https://idp.example', aud: 'us', exp: 2_000_000_000 });
const [header = '', payload = '', signature = ''] = good.split('.');

test('a token that was made up is refused with a token fault, whatever it is made of', async () => {
  const text = textOf(header, payload, signature, '.', '=', 'eyJhbGciOiJub25lIn0', '-', '_', ' ');
  await check(
    fc.property(text, (token) => {
      issuerOf(token);
      try {
        const rules = { issuer: 'https://idp.example', audience: ['us'], now: 1_900_000_000 };
        const typ = ['jwt', undefined];
        verifyForeignToken(readForeignToken(token), { ...rules, typ, key: key.publicKey });
      } catch (error) {
        assert.ok(error instanceof TokenFault, String(error));
        return;
      }
      assert.equal(token, good, 'nothing but the token itself is good');
    }),
  );
});

test('claims of any form make a user that the rules allow, or nobody; never a client’s user', async () => {
  const claim = fc.constantFrom('sub', '/a/b', '/', '__proto__', 'scope', '/~0/~1');
  const prefix = fc.constantFrom('', 'idp:', 'o', 'oauth_', 'OAUTH_CLIENT');
  const value = fc.oneof(
    textOf('oauth_client_', 'client_', '_', 'a', 'OAuth_Client_x', '/', ' '),
    fc.jsonValue({ maxDepth: 3 }),
  );
  const claims = fc.dictionary(fc.constantFrom('sub', 'a', 'scope', '__proto__', '~'), value);
  await check(
    fc.property(claim, prefix, claims, (userClaim, userPrefix, found) => {
      const issuer = someIssuer({ userClaim, userPrefix, roleClaim: userClaim, roleRules: [] });
      const identity = identify(issuer, found);
      assert.notEqual(identity.kind, 'client');
      if (identity.kind === 'user') {
        assert.ok(isForeignUser(identity.user));
        assert.doesNotMatch(identity.user, /^oauth_client_/i);
      }
      assert.deepEqual(rolesGivenBy(issuer, found), []);
    }),
  );
});

test('a JWK of any form is a key of a kind that is taken, or told to be none', async () => {
  const members = fc.dictionary(
    fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'use', 'key_ops', 'kid', 'alg', 'x5c'),
    fc.oneof(
      fc.constantFrom(...Object.values(key.jwk), 'RSA', 'OKP', 'Ed25519', 'AQAB', 'sig', [
        'verify',
      ]),
      fc.jsonValue({ maxDepth: 2 }),
    ),
  );
  await check(
    fc.property(members, (jwk) => {
      const read = readPublicKey({ ...key.jwk, ...jwk });
      if (typeof read === 'string') return;
      assert.ok(['ec', 'rsa', 'ed25519'].includes(read.key.asymmetricKeyType ?? ''));
    }),
  );
});

test('an address that is let through is https, without user, and no private address in any spelling', async () => {
  const text = textOf(
    'https://',
    'http://',
    '127.0.0.1',
    '0x7f',
    '017',
    '1',
    '.',
    '[::1]',
    '@',
    '/',
    ':',
    '2130706433',
    'idp.example',
    '[::ffff:10.0.0.1]',
    '%31',
    '\\',
    '\t',
    '#',
  );
  await check(
    fc.property(text, (address) => {
      if (faultOfOutboundUrl(address, new Set()) !== undefined) return;
      const { protocol, hostname, username, password } = new URL(address);
      assert.deepEqual([protocol, username, password], ['https:', '', '']);
      const literal = hostname.replace(/^\[|\]$/g, '');
      const isLiteral = /^[\d.]+$/.test(literal) || literal.includes(':');
      if (isLiteral) assert.ok(isPublicAddress(literal), address);
    }),
  );
});

test('no algorithm that shares a secret is ever taken', () => {
  assert.ok(FOREIGN_ALGORITHMS.every((alg) => !/^HS|^none$/i.test(alg)));
});
