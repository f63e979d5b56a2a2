import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOfClaims } from '../../../shared/oauth/upstream/user-of-claims.ts';

const byName = { claim: 'preferred_username', prefix: '' };

test('the claim names the user, after the prefix; name and verified address come along', () => {
  const claims = {
    preferred_username: 'anna@example.com',
    name: ' Anna\u0007 Müller ',
    email: 'anna@example.com',
    email_verified: true,
  };
  assert.deepEqual(nameOfClaims(claims, byName), {
    user: 'anna@example.com',
    displayName: 'Anna  Müller',
    email: 'anna@example.com',
  });
  const prefixed = nameOfClaims({ preferred_username: 'anna' }, { ...byName, prefix: 'corp.' });
  assert.deepEqual(prefixed, { user: 'corp.anna', displayName: 'corp.anna', email: undefined });
});

test('no claim yields the user of a client, the app itself, or what is no user name', () => {
  for (const value of [
    undefined,
    7,
    ['anna'],
    '',
    'oauth_client_app',
    'OAUTH_CLIENT_app',
    'system',
    'anna müller',
    'a/b',
    '#EXT#@tenant',
    'x'.repeat(201),
    'anna\u0000',
  ]) {
    assert.equal(nameOfClaims({ preferred_username: value }, byName), undefined, String(value));
  }
  const split = { claim: 'preferred_username', prefix: 'oauth_' };
  assert.equal(nameOfClaims({ preferred_username: 'client_app' }, split), undefined);
});

test('an address that the provider has not verified names nobody (Core section 5.7)', () => {
  const byEmail = { claim: 'email', prefix: '' };
  const email = 'boss@example.com';
  assert.equal(nameOfClaims({ email }, byEmail), undefined);
  assert.equal(nameOfClaims({ email, email_verified: false }, byEmail), undefined);
  assert.equal(nameOfClaims({ email, email_verified: true }, byEmail)?.user, email);
});
