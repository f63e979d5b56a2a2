import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OAuthError } from '../../shared/oauth/errors.ts';
import { grantScope } from '../../shared/oauth/scope.ts';

const scopes = ['read', 'write', 'it!b106.Role'];
const registered = { scopes, defaultScopes: undefined };
const refusal = (asked: string): OAuthError => {
  try {
    grantScope(asked, registered);
  } catch (error) {
    assert.ok(error instanceof OAuthError);
    return error;
  }
  return assert.fail(`${JSON.stringify(asked)} was granted`);
};

test('no scope and a blank one mean all scopes of the client', () => {
  for (const asked of [undefined, '', ' ', '    ']) {
    assert.equal(grantScope(asked, registered), 'read write it!b106.Role');
    assert.equal(grantScope(asked, { scopes: [], defaultScopes: undefined }), '');
  }
});

test('no scope means the default scopes of a client that has some, others only when asked for', () => {
  const client = { scopes, defaultScopes: ['read'] };
  assert.equal(grantScope(undefined, client), 'read');
  assert.equal(grantScope('write', client), 'write');
  assert.equal(grantScope('', { scopes, defaultScopes: [] }), '');
});

test('a registered scope is granted as asked, in the order asked, once', () => {
  assert.equal(grantScope('write read', registered), 'write read');
  assert.equal(grantScope(' it!b106.Role  read read ', registered), 'it!b106.Role read');
});

test('scopes are case-sensitive (RFC 6749 section 3.3)', () => {
  assert.match(refusal('Read').message, /not registered for: Read\./);
});

test('every excess scope is named, cut where the list is long', () => {
  assert.match(refusal('read a write b').message, /not registered for: a b\./);
  const long = Array.from({ length: 1000 }, (_, i) => `scope${i}`).join(' ');
  assert.ok(refusal(long).message.length < 500);
});

for (const asked of ['"', '\\', 'a\tb', 'a\nb', 'é', '\u0000', 'a\u00a0b', '🔑']) {
  test(`${JSON.stringify(asked)} is outside the grammar of RFC 6749 section 3.3`, () => {
    const error = refusal(asked);
    assert.deepEqual([error.code, error.reason], ['invalid_scope', 'scope_grammar']);
    assert.equal(error.message.includes(asked), false);
  });
}
