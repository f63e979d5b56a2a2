import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identify, rolesGivenBy } from '../../../shared/registry/issuers/claim-rules.ts';
import type { TrustedIssuer } from '../../../shared/registry/issuers/issuer.ts';
import { someIssuer } from '../../support/other-issuer.ts';

const identityOf = (changes: Partial<TrustedIssuer>, claims: Readonly<Record<string, unknown>>) => {
  const identity = identify(someIssuer(changes), claims);
  if (identity.kind === 'client') return `client ${identity.clientId}`;
  return identity.kind === 'user' ? `user ${identity.user}` : 'nobody';
};

test('a token is of the client whose rule fits first, else of the user that its claim names', () => {
  const rules: Partial<TrustedIssuer> = {
    clientRules: [
      { claim: 'azp', value: 'app-1', clientId: 'partner-1' },
      { claim: 'appid', value: 'app-2', clientId: 'partner-2' },
      { claim: 'scope', value: 'orders', clientId: 'partner-3' },
      { claim: '/ext/robot', value: undefined, clientId: 'robots' },
    ],
    userClaim: 'oid',
    userPrefix: 'entra:',
  };
  assert.equal(identityOf(rules, { azp: 'app-1', appid: 'app-2' }), 'client partner-1');
  assert.equal(identityOf(rules, { appid: 'app-2', oid: 'x' }), 'client partner-2');
  assert.equal(identityOf(rules, { scope: 'read orders write' }), 'client partner-3');
  assert.equal(identityOf(rules, { scope: ['orders'] }), 'client partner-3');
  assert.equal(identityOf(rules, { ext: { robot: true } }), 'client robots');
  assert.equal(identityOf(rules, { azp: 'APP-1', oid: 'someone' }), 'user entra:someone');
  assert.equal(identityOf(rules, { azp: 'app-1 ' }), 'nobody');
  assert.equal(identityOf(rules, { scope: 'orders.read' }), 'nobody');
  assert.equal(identityOf({ ...rules, userClaim: undefined }, { oid: 'someone' }), 'nobody');
});

test('no claim makes a user that begins with oauth_client_, in any case, or system', () => {
  for (const value of [
    'oauth_client_admin',
    'OAUTH_CLIENT_admin',
    'oAuth_Client_',
    'system',
    'System',
  ]) {
    assert.equal(identityOf({ userPrefix: '' }, { sub: value }), 'nobody', value);
  }
  assert.equal(identityOf({ userPrefix: 'oauth_' }, { sub: 'client_admin' }), 'nobody');
  assert.equal(identityOf({ userPrefix: 'o' }, { sub: 'AUTH_client_admin' }), 'nobody');
  assert.equal(
    identityOf({ userPrefix: 'x:' }, { sub: 'oauth_client_a' }),
    'user x:oauth_client_a',
  );
});

test('a user claim has a single value that makes a user name', () => {
  const values = [
    '',
    'a b',
    'a/b',
    'a\n',
    'ä',
    'ſystem',
    '%',
    'x'.repeat(300),
    ['a', 'b'],
    [],
    {},
    null,
    undefined,
  ];
  for (const value of values) {
    assert.equal(identityOf({ userPrefix: '' }, { sub: value }), 'nobody', JSON.stringify(value));
  }
  assert.equal(identityOf({ userPrefix: '' }, { sub: ['a'] }), 'user a');
  assert.equal(identityOf({ userPrefix: 'p:' }, { sub: 7 }), 'user p:7');
  assert.equal(identityOf({ userPrefix: '' }, { sub: 'auth0|5f7c' }), 'user auth0|5f7c');
});

test('the claim email names a user only where the issuer says that it is verified (OpenID Connect Core section 5.7)', () => {
  const email = 'ann@example.com';
  for (const userClaim of ['email', '/email']) {
    const of = (claims: Readonly<Record<string, unknown>>) =>
      identityOf({ userClaim }, { email, ...claims });
    assert.equal(of({ email_verified: true }), `user idp:${email}`);
    assert.equal(of({ email_verified: 'true' }), `user idp:${email}`);
    for (const email_verified of [undefined, false, 'false', 1, 'yes', [true], null]) {
      assert.equal(of({ email_verified }), 'nobody', JSON.stringify(email_verified));
    }
  }
  assert.equal(identityOf({ userClaim: 'sub' }, { sub: 'a', email }), 'user idp:a');
  const clientRules = [{ claim: 'email', value: email, clientId: 'c' }];
  assert.equal(identityOf({ userClaim: 'email', clientRules }, { email }), 'client c');
});

test('every required claim has to match', () => {
  const requiredClaims = [
    { claim: 'tid', value: 'tenant' },
    { claim: 'azp', value: undefined },
  ];
  const of = (claims: Readonly<Record<string, unknown>>) =>
    identityOf({ requiredClaims }, { sub: 'a', ...claims });
  assert.equal(of({ tid: 'tenant', azp: 'x' }), 'user idp:a');
  assert.equal(of({ tid: 'tenant' }), 'nobody');
  assert.equal(of({ tid: 'tenant2', azp: 'x' }), 'nobody');
  assert.equal(of({ tid: 'tenant', azp: '' }), 'nobody');
  assert.equal(of({ azp: 'x' }), 'nobody');
});

test('names of an object’s own machinery are no claims', () => {
  for (const claim of [
    'constructor',
    '__proto__',
    'toString',
    '/constructor/name',
    '/sub/length',
  ]) {
    const clientRules = [{ claim, value: undefined, clientId: 'c' }];
    assert.equal(identityOf({ clientRules }, { sub: 'a' }), 'user idp:a', claim);
  }
});

test('roles are given by the values of one claim, inside of another too', () => {
  const issuer = someIssuer({
    roleClaim: '/realm_access/roles',
    roleRules: [
      { value: 'sender', role: 'ESBMessaging.send' },
      { value: 'orders', role: 'ESBMessaging.send' },
      { value: 'orders', role: 'Orders.send' },
    ],
  });
  const given = (roles: unknown) =>
    rolesGivenBy(issuer, { realm_access: { roles }, roles: ['sender'] });
  assert.deepEqual(given(['sender', 'orders', 'other']), ['ESBMessaging.send', 'Orders.send']);
  assert.deepEqual(given('sender'), ['ESBMessaging.send']);
  assert.deepEqual(given('sender orders'), []);
  assert.deepEqual(given(undefined), []);
  assert.deepEqual(rolesGivenBy(someIssuer(), { roles: ['sender'] }), []);
});
