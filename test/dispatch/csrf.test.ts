import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCsrfTokens } from '../../shared/iflow/dispatch/csrf.ts';

const HOUR = 3_600_000;

function setUp(key = Buffer.alloc(32, 1)) {
  const time = { ms: 100 * HOUR };
  return { time, csrf: createCsrfTokens(key, { now: () => time.ms }) };
}

test('a CSRF token is good for its user and address, in its hour and the next', () => {
  const { csrf, time } = setUp();
  const token = csrf.make('u', '/A');
  assert.ok(csrf.isGood(token, 'u', '/a'));
  time.ms += HOUR;
  assert.ok(csrf.isGood(token, 'u', '/A'));
  time.ms += HOUR;
  assert.ok(!csrf.isGood(token, 'u', '/A'));
});

test('another user, address or key, or a changed token, is refused', () => {
  const { csrf } = setUp();
  const token = csrf.make('u', '/A');
  assert.ok(!csrf.isGood(token, 'v', '/A'));
  assert.ok(!csrf.isGood(token, 'u', '/B'));
  assert.ok(!setUp(Buffer.alloc(32, 2)).csrf.isGood(token, 'u', '/A'));
  for (const changed of ['', 'fetch', token.slice(1), `${token}x`, 'é'.repeat(43)]) {
    assert.ok(!csrf.isGood(changed, 'u', '/A'));
  }
});

test('user and address cannot be shifted into each other', () => {
  const { csrf } = setUp();
  assert.notEqual(csrf.make('a', '/b/c'), csrf.make('a/b', '/c'));
});
