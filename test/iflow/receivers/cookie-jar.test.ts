import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCookieJar } from '../../../shared/iflow/receivers/http/cookie-jar.ts';

const at = (url: string): URL => new URL(url);

test('cookies go back by path, the longest first, until they expire (RFC 6265 section 5.4)', () => {
  let now = Date.UTC(2026, 0, 1);
  const jar = makeCookieJar(() => now);
  jar.take(at('https://a.example/x/y'), '', [
    'one=1',
    'two=2; Path=/',
    'three=3; Path=/x; Max-Age=60',
    'four=4; Expires=Thu, 01 Jan 2026 00:00:30 GMT; Path=/',
    'five=5; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/',
  ]);
  const cookies = (path: string): string => jar.cookiesFor(at(`https://a.example${path}`), '');
  assert.equal(cookies('/x/y'), 'one=1; three=3; two=2; four=4; five=5');
  assert.equal(cookies('/xy'), 'two=2; four=4; five=5');
  now += 40_000;
  assert.equal(cookies('/x/'), 'one=1; three=3; two=2; five=5');
  now += 40_000;
  assert.equal(cookies('/x'), 'one=1; two=2');
  jar.take(at('https://a.example/x/y'), '', ['one=new', 'two=; Path=/; Max-Age=-1']);
  assert.equal(cookies('/x'), 'one=new');
});

test('a cookie goes back to no other host, port, scheme or user, whatever its Domain says', () => {
  const jar = makeCookieJar(() => 0);
  jar.take(at('https://a.example/'), 'me', ['a=1; Domain=example', 'b=2; Domain=.a.example']);
  assert.equal(jar.cookiesFor(at('https://a.example/'), 'me'), 'a=1; b=2');
  for (const url of [
    'https://b.a.example/',
    'https://example/',
    'http://a.example/',
    'https://a.example:8443/',
  ]) {
    assert.equal(jar.cookiesFor(at(url), 'me'), '', url);
  }
  assert.equal(jar.cookiesFor(at('https://a.example/'), 'you'), '');
});

test('what is no cookie, or too much of it, is not kept', () => {
  const jar = makeCookieJar(() => 0);
  const url = at('https://a.example/');
  jar.take(url, '', ['', '=a', 'a', 'a\r\nb=c', 'ä=1', `long=${'x'.repeat(5000)}`]);
  assert.equal(jar.cookiesFor(url, ''), '');
  jar.take(
    url,
    '',
    Array.from({ length: 200 }, (_, i) => `c${i}=1`),
  );
  assert.equal(jar.cookiesFor(url, '').split('; ').length, 50);
  jar.take(
    url,
    '',
    Array.from({ length: 5 }, (_, i) => `c${i}=${'x'.repeat(4000)}`),
  );
  assert.ok(jar.cookiesFor(url, '').length <= 8192);
  for (let i = 0; i < 100; i++) jar.take(at(`https://h${i}.example/`), '', ['a=1']);
  assert.equal(jar.cookiesFor(at('https://h99.example/'), ''), '');
});

test('cookies that have expired leave their room to others', () => {
  let now = 0;
  const jar = makeCookieJar(() => now);
  const url = at('https://a.example/');
  const shortLived = Array.from({ length: 50 }, (_, i) => `c${i}=1; Max-Age=60`);
  jar.take(url, '', shortLived);
  jar.take(url, '', ['session=1']);
  assert.doesNotMatch(jar.cookiesFor(url, ''), /session/);
  now = 61_000;
  jar.take(url, '', ['session=2']);
  assert.equal(jar.cookiesFor(url, ''), 'session=2');
});
