import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRegistered, redirectTo } from '../../../shared/oauth/authorization/redirect-uri.ts';

const CB = 'https://app.example/cb?at=1';

test('a redirect URI is compared character by character (RFC 9700 section 4.1.3)', () => {
  assert.ok(isRegistered(CB, ['https://other.example/', CB]));
  for (const uri of [
    '',
    'https://app.example/cb',
    `${CB}&x=1`,
    `${CB}#`,
    `${CB}/`,
    'https://app.example/cb/?at=1',
    'https://APP.example/cb?at=1',
    'https://app.example:443/cb?at=1',
    'http://app.example/cb?at=1',
    'https://app.example/cb?at=%31',
    'https://app.example/x/../cb?at=1',
    'https://app.example.evil.example/cb?at=1',
    'https://app.example@evil.example/cb?at=1',
    '//app.example/cb?at=1',
    `${CB}\r\nX: y`,
  ]) {
    assert.ok(!isRegistered(uri, [CB]), uri);
  }
  assert.ok(!isRegistered(CB, []));
});

test('only the port of a loopback address may differ (RFC 8252 section 7.3)', () => {
  const registered = ['http://127.0.0.1/cb', 'http://[::1]:1000/cb', 'http://localhost:1000/cb'];
  for (const uri of [
    'http://127.0.0.1/cb',
    'http://127.0.0.1:1/cb',
    'http://127.0.0.1:65535/cb',
    'http://[::1]/cb',
    'http://[::1]:4711/cb',
    'http://localhost:1000/cb',
  ]) {
    assert.ok(isRegistered(uri, registered), uri);
  }
  for (const uri of [
    'http://127.0.0.1:0/cb',
    'http://127.0.0.1:65536/cb',
    'http://127.0.0.1:/cb',
    'http://127.0.0.1:4711/cb/',
    'http://127.0.0.1:4711/other',
    'http://127.0.0.1:4711/cb?x=1',
    'http://127.0.0.1:4711',
    'https://127.0.0.1:4711/cb',
    'http://127.0.0.2:4711/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://127.0.0.1:80@evil.example/cb',
    'http://127.0.0.1:4711@evil.example/cb',
    'http://localhost:2000/cb',
    'http://[::2]:1000/cb',
  ]) {
    assert.ok(!isRegistered(uri, registered), uri);
  }
  assert.ok(!isRegistered('https://app.example:8443/cb', ['https://app.example/cb']));
});

test('an answer is added to the query of the redirect URI, which stays as it is', () => {
  const locationOf = (uri: string): string | undefined =>
    redirectTo(uri, { code: 'a b&c', state: undefined }).headers?.['Location'];
  assert.equal(locationOf('https://app.example/cb'), 'https://app.example/cb?code=a+b%26c');
  assert.equal(locationOf(CB), `${CB}&code=a+b%26c`);
  assert.equal(locationOf('https://app.example/?'), 'https://app.example/?code=a+b%26c');
  assert.equal(locationOf('com.example.app:/cb'), 'com.example.app:/cb?code=a+b%26c');
  const { status, headers } = redirectTo(CB, {});
  assert.equal(status, 303);
  assert.equal(headers?.['Referrer-Policy'], 'no-referrer');
  assert.equal(headers['Cache-Control'], 'no-store');
});
