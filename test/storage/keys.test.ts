import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeKey, joinKey } from '../../shared/storage/keys.ts';

const texts = [
  '',
  'a',
  'A',
  'a|b',
  'a!b',
  '%0061',
  '/',
  '\\',
  '#',
  '?',
  '\0',
  '\u007f',
  'ä',
  '\u{1F600}',
  '\ud800',
  '\ud801',
  'x'.repeat(10_000),
  'x'.repeat(10_001),
  `${'x'.repeat(300)}\ud800`,
  `${'x'.repeat(300)}\ud801`,
  `${'x'.repeat(300)}\ufffd`,
];

test('distinct texts have distinct keys, and every key is one that Table storage takes', () => {
  const keys = texts.map(encodeKey);
  assert.equal(new Set(keys).size, texts.length);
  for (const key of keys) {
    assert.match(key, /^[A-Za-z0-9._~@ +=,:;()$&*%!-]*$/);
    assert.ok(key.length <= 200);
  }
});

test('parts that are joined cannot be taken for others', () => {
  assert.notEqual(joinKey('a', 'b|c'), joinKey('a|b', 'c'));
  assert.notEqual(joinKey('a', ''), joinKey('a'));
});
